-- Remove old events, with the tags of materialisations: all but the newest materialisation and observation of each asset
-- and partition, and those of runs that are not over or failed.
with old as (
    select event.id
    from event_logs as event
    left join runs on event.run_id = runs.run_id
    where
        event.timestamp < case when runs.status = 'FAILURE' then %(failed_before)s::timestamp else %(before)s::timestamp end
        and coalesce(runs.status, 'SUCCESS') in ('SUCCESS', 'FAILURE', 'CANCELED')
        and not (
            event.asset_key is not null
            and event.dagster_event_type in ('ASSET_MATERIALIZATION', 'ASSET_OBSERVATION')
            and not exists (
                select from event_logs as newer
                where
                    newer.asset_key = event.asset_key
                    and newer.dagster_event_type = event.dagster_event_type
                    and newer.partition is not distinct from event.partition
                    and newer.id > event.id
            )
        )
    order by event.id
    limit %(rows)s
),

untagged as (
    delete from asset_event_tags
    using old
    where asset_event_tags.event_id = old.id
)

delete from event_logs
using old
where event_logs.id = old.id;
