-- Of the events behind an id, bytes of those that outlive the hourly purge, with their share of indexes.
select
    max(event.id) as newest,
    coalesce(
        pg_total_relation_size('event_logs') * (
            coalesce(sum(pg_column_size(event)) filter (
                where event.id > %(after)s
                and (
                    runs.status is distinct from 'SUCCESS'
                    or event.dagster_event_type in (
                        'ASSET_MATERIALIZATION', 'ASSET_OBSERVATION', 'ASSET_CHECK_EVALUATION', 'PIPELINE_START',
                        'PIPELINE_SUCCESS'
                    )
                )
            ), 0) / sum(pg_column_size(event))::double precision
        ),
        0
    ) as bytes
from event_logs as event
left join runs on event.run_id = runs.run_id;
