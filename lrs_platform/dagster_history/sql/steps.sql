-- Remove what runs that succeeded told of their steps and of the engine; what they told of assets and checks stays.
with old as (
    select event.id
    from event_logs as event
    inner join runs on event.run_id = runs.run_id
    where
        event.timestamp < %(steps_before)s::timestamp
        and runs.status = 'SUCCESS'
        and coalesce(event.dagster_event_type, '') not in (
            'ASSET_MATERIALIZATION', 'ASSET_OBSERVATION', 'ASSET_CHECK_EVALUATION', 'PIPELINE_START', 'PIPELINE_SUCCESS'
        )
    order by event.id
    limit %(rows)s
)

delete from event_logs
using old
where event_logs.id = old.id;
