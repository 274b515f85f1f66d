-- Every measure of trust, computed anew.
with total as (
    select
        coalesce(sum(events), 0)::double precision as events,
        coalesce(sum(out_of_order), 0)::double precision as out_of_order,
        coalesce(sum(late), 0)::double precision as late,
        coalesce(sum(skewed), 0)::double precision as skewed,
        coalesce(sum(unknown_lesson), 0)::double precision as unknown_lesson,
        coalesce(sum(unknown_verb), 0)::double precision as unknown_verb
    from mart.learner_activity
),

received as (
    select
        coalesce(sum(statements), 0)::double precision as statements,
        coalesce(sum(duplicates), 0)::double precision as duplicates
    from core.loaded_day
),

stranger as (
    select count(*)::double precision as learners
    from mart.learner_activity
    where
        exists (select from core.cohort_member)
        and not exists (
            select from core.cohort_member
            where cohort_member.learner_id = learner_activity.learner_id
        )
),

unknown as (
    select
        event.verb_id,
        event.object_id,
        learning_event.lesson_id is null as lesson,
        learning_event.action = 'other' as verb,
        coalesce(event.activity_type, 'no type') as activity_type
    from core.learning_event
    inner join core.event using (position, statement_id)
    where learning_event.lesson_id is null or learning_event.action = 'other'
),

named as (
    select 'unknown_lesson_by_activity' as measure, object_id as subject, count(*)::double precision as value
    from unknown
    where lesson
    group by object_id
    union all
    select 'unknown_lesson_by_type', activity_type, count(*)
    from unknown
    where lesson
    group by activity_type
    union all
    select 'unknown_verb_by_verb', verb_id, count(*)
    from unknown
    where verb
    group by verb_id
),

-- The most frequent hundred of each: a source with a random IRI a statement must not fill the table.
ranked as (
    select *, row_number() over (partition by measure order by value desc, subject) as rank
    from named
)

select measure, '' as subject, value
from total
cross join received
cross join stranger
cross join lateral (
    values
    ('received', received.statements),
    ('duplicates', received.duplicates),
    ('conflicts', (select count(*) from lrs.conflict)::double precision),
    ('rejected', (select count(*) from lrs.rejected)::double precision),
    ('standing_events', total.events),
    ('without_learner', (select count(*) from core.event where actor_key = '')::double precision),
    ('out_of_order_share', total.out_of_order / greatest(total.events, 1)),
    ('late_share', total.late / greatest(total.events, 1)),
    ('skewed_share', total.skewed / greatest(total.events, 1)),
    ('unknown_lesson', total.unknown_lesson),
    ('unknown_verb', total.unknown_verb),
    ('learners_without_roster', stranger.learners),
    ('voided', (
        select count(*) from core.event
        where verb_id = 'http://adlnet.gov/expapi/verbs/voided'
    )::double precision)
) as figure (measure, value)
union all
select measure, subject, value
from ranked
where rank <= 100
