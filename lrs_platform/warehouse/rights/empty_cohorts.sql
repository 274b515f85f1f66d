-- Cohorts from files that have no members, deliveries or rows in marts any more.
delete from core.cohort
where
    cohort_id <> 0
    and (group_name is not null or team_name is not null)
    and not exists (select from core.cohort_member as member where member.cohort_id = cohort.cohort_id)
    and not exists (select from core.assignment where assignment.cohort_id = cohort.cohort_id)
    and not exists (select from core.word_list where word_list.cohort_id = cohort.cohort_id)
    and not exists (select from mart.lesson_progress as progress where progress.cohort_id = cohort.cohort_id)
    and not exists (select from mart.active_learners as active where active.cohort_id = cohort.cohort_id)
    and not exists (select from core.change where change.applied_at is null)
    and not exists (select from core.standing_roster_row as row where row.cohort_name = cohort.name)
    and not exists (select from core.standing_course_row as row where row.cohort_name = cohort.name);
