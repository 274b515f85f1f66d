-- From events to the keys of marts. Keys that events had before are in changed.key already. Without fresh statistics an empty
-- set would be planned as a large one.
analyze changed.resized_lesson;

insert into changed.key (learner_id, lesson_id, day)
select distinct learning_event.learner_id, learning_event.lesson_id, learning_event.day
from changed.touched_event
inner join core.learning_event using (position, statement_id);

analyze changed.key;

insert into changed.touched_learner (learner_id)
select learner_id from changed.key
union
select learner_id from changed.explicit_learner;

insert into changed.touched_learner_lesson (learner_id, lesson_id)
select learner_id, lesson_id from changed.key
where lesson_id is not null
union
select progress.learner_id, progress.lesson_id
from changed.explicit_learner
inner join mart.lesson_progress as progress using (learner_id)
union
-- A lesson that gained a card or lost one is half done at another place.
select progress.learner_id, progress.lesson_id
from changed.resized_lesson
inner join mart.lesson_progress as progress using (lesson_id)
union
select member.learner_id, assignment.lesson_id
from changed.explicit_learner
inner join core.cohort_member as member using (learner_id)
inner join core.assignment using (cohort_id)
union
-- Members who are no longer, lessons that are no longer assigned.
select progress.learner_id, progress.lesson_id
from changed.touched_change
inner join core.change using (change_id)
inner join mart.lesson_progress as progress on progress.cohort_id = any(change.cohort_ids);

insert into changed.touched_lesson (lesson_id)
select lesson_id from changed.touched_learner_lesson
union
select lesson_id from changed.resized_lesson
union
-- Numbers and names of cards that the catalogue has changed.
select lesson_id from changed.touched_activity
inner join core.activity using (activity_id)
where lesson_id is not null;

insert into changed.touched_cohort (cohort_id)
select 0 where exists (select from changed.touched_learner)
union
select member.cohort_id
from changed.touched_learner
inner join core.cohort_member as member using (learner_id)
union
select cohort.cohort_id
from changed.touched_change
inner join core.change using (change_id)
inner join core.cohort on cohort.cohort_id = any(change.cohort_ids);

insert into changed.touched_period (grain, period)
select distinct grain, date_trunc(grain, day)::date
from changed.key
cross join unnest(array['day', 'week', 'month']) as grain;

analyze
    changed.touched_learner,
    changed.touched_learner_lesson,
    changed.touched_lesson,
    changed.touched_cohort,
    changed.touched_period;
