-- Events of stored statements that have none, as the mapping would make the most of them; for filling a database only.
insert into core.event (
    statement_id, position, stored, occurred_at, actor_key, actor_name, verb_id, object_type, object_id, object_name,
    activity_type, registration, parent_id
)
select
    statement.statement_id,
    statement.position,
    statement.stored,
    coalesce((statement.raw ->> 'timestamp')::timestamptz, statement.stored),
    concat_ws('|', statement.raw #>> '{actor,account,homePage}', statement.raw #>> '{actor,account,name}'),
    statement.raw #>> '{actor,name}',
    statement.raw #>> '{verb,id}',
    'Activity',
    statement.raw #>> '{object,id}',
    statement.raw #>> '{object,definition,name,en-US}',
    statement.raw #>> '{object,definition,type}',
    (statement.raw #>> '{context,registration}')::uuid,
    statement.raw #>> '{context,contextActivities,parent,0,id}'
from lrs.statement
where
    statement.position between %(first)s and %(last)s
    and not exists (select from core.event where event.statement_id = statement.statement_id)
on conflict do nothing;
