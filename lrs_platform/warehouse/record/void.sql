-- Take the events of statements that are voided by, or came in, this load out of core.event, and tell the marts.
with loaded as materialized (
    select unnest(%(statement_ids)s::uuid[]) as statement_id
),

voided as materialized (
    select voided.statement_id
    from loaded
    inner join lrs.reference on loaded.statement_id = reference.statement_id
    inner join lrs.voided on reference.target_id = voided.statement_id
    union
    select voided.statement_id
    from loaded
    inner join lrs.voided on loaded.statement_id = voided.statement_id
),

gone as (
    delete from core.event
    using voided
    where event.statement_id = voided.statement_id
    returning event.actor_key, event.object_id
)

insert into core.change (kind, learner_keys, activity_ids)
select
    'void',
    array_agg(distinct actor_key),
    array_agg(distinct object_id)
from gone
having count(*) > 0;
