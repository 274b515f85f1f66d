-- Where the touched learners stand in the touched lessons, in each cohort.
with assigned as (
    select
        member.cohort_id,
        member.learner_id,
        assignment.lesson_id,
        assignment.delivered_at,
        assignment.due_on
    from touched_learner_lesson
    inner join core.assignment using (lesson_id)
    inner join core.cohort_member as member
        on assignment.cohort_id = member.cohort_id
        and touched_learner_lesson.learner_id = member.learner_id
        and assignment.due_on >= member.member_from
        and assignment.due_on < member.member_to
),

tried as (
    select
        learner_id,
        lesson_id,
        min(first_at) as opened_at,
        min(started_at) as started_at,
        min(completed_at) as completed_at,
        min(passed_at) as passed_at,
        max(last_at) as last_at,
        count(*) as attempts,
        count(*) filter (where failed_at is not null and passed_at is null) as failed_attempts,
        count(score) as scored_attempts,
        (array_agg(score order by attempt_no) filter (where score is not null))[1] as first_score,
        (array_agg(score order by attempt_no desc) filter (where score is not null))[1] as last_score,
        (array_agg(last_card_id order by attempt_no desc))[1] as last_card_id,
        (array_agg(failed_at is not null and passed_at is null order by attempt_no desc))[1] as last_attempt_failed,
        max(cards_seen) as cards_seen,
        max(furthest_card) as furthest_card,
        max(progress) as progress
    from mart.lesson_attempts
    inner join touched_learner_lesson using (learner_id, lesson_id)
    group by learner_id, lesson_id
),

-- Assigned in the cohort, or opened while in it; everybody is in cohort 0.
pair as (
    select
        cohort_id,
        learner_id,
        lesson_id,
        min(delivered_at) as delivered_at,
        min(due_on) as due_on
    from (
        select cohort_id, learner_id, lesson_id, delivered_at, due_on from assigned
        union all
        select 0, learner_id, lesson_id, delivered_at, due_on from assigned
        union all
        select member.cohort_id, tried.learner_id, tried.lesson_id, null, null
        from tried
        inner join core.membership as member
            on tried.learner_id = member.learner_id
            and (tried.opened_at at time zone 'UTC')::date >= member.member_from
            and (tried.opened_at at time zone 'UTC')::date < member.member_to
    ) as cause
    group by cohort_id, learner_id, lesson_id
),

size as (
    select lesson_id, count(*) as cards
    from core.card
    group by lesson_id
)

select
    pair.cohort_id,
    learner_id,
    lesson_id,
    pair.delivered_at,
    pair.due_on,
    tried.opened_at,
    tried.started_at,
    tried.completed_at,
    tried.passed_at,
    tried.last_at,
    case
        when tried.passed_at is not null then 5
        when tried.completed_at is not null then 4
        when tried.progress >= 0.5 or greatest(tried.cards_seen, tried.furthest_card) >= 0.5 * size.cards then 3
        when tried.started_at is not null then 2
        when tried.opened_at is not null then 1
        else 0
    end as stage,
    coalesce(tried.attempts, 0) as attempts,
    coalesce(tried.failed_attempts, 0) as failed_attempts,
    coalesce(tried.scored_attempts, 0) as scored_attempts,
    tried.first_score,
    tried.last_score,
    tried.last_card_id,
    coalesce(tried.last_attempt_failed, false) as last_attempt_failed
from pair
left join tried using (learner_id, lesson_id)
left join size using (lesson_id)
