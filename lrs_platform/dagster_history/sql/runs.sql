-- Remove old runs of which no event is left; their tags go with them.
with old as (
    select runs.id
    from runs
    where
        runs.update_timestamp < case when runs.status = 'FAILURE' then %(failed_before)s::timestamp else %(before)s::timestamp end
        and runs.status in ('SUCCESS', 'FAILURE', 'CANCELED')
        and not exists (select from event_logs where event_logs.run_id = runs.run_id)
    order by runs.id
    limit %(rows)s
)

delete from runs
using old
where runs.id = old.id;
