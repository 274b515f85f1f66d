-- What no mapping made an event of a learning path, by reason, verb and type: how many, and one of them.
with unmapped as (
    select
        'unknown verb' as reason,
        event.verb_id,
        event.activity_type,
        event.statement_id::text as statement_id,
        event.stored
    from core.learning_event
    inner join core.event using (position, statement_id)
    where learning_event.action = 'other'
    union all
    select 'unknown lesson', event.verb_id, event.activity_type, event.statement_id::text, event.stored
    from core.learning_event
    inner join core.event using (position, statement_id)
    where learning_event.lesson_id is null
    union all
    select 'object is no activity', verb_id, object_type, statement_id::text, stored
    from core.standing_event
    where object_type <> 'Activity'
    union all
    select 'no learner', verb_id, activity_type, statement_id::text, stored
    from core.standing_event
    where actor_key = ''
    union all
    select
        'rejected: ' || rejected.reason,
        rejected.raw::json #>> '{verb, id}',
        rejected.raw::json #>> '{object, definition, type}',
        rejected.statement_id,
        rejected.rejected_at
    from lrs.rejected
    where rejected.stage in ('map', 'load') and pg_input_is_valid(rejected.raw, 'json')
)

select
    reason,
    verb_id as verb,
    activity_type as type,
    count(*) as statements,
    (array_agg(statement_id order by stored desc))[1] as latest,
    max(stored) as latest_at
from unmapped
group by reason, verb_id, activity_type
order by statements desc, reason, verb, type
limit %(rows)s;
