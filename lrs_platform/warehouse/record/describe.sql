-- Size and last statement of the record. Counting is exact while the tables are small, else the planner's estimate.
with estimate as (
    select
        (select reltuples from pg_class where oid = 'lrs.statement'::regclass) as statements,
        (select reltuples from pg_class where oid = 'core.event'::regclass) as events
),

newest as (
    select statement_id, position, stored, version, authority, raw
    from lrs.statement
    order by position desc
    limit 1
)

select
    current_setting('server_version') as postgres_version,
    pg_database_size(current_database()) as database_bytes,
    (select max(version) from lrs.schema_change) as schema_version,
    estimate.statements > %(exact_up_to)s as statements_estimated,
    case
        when estimate.statements > %(exact_up_to)s then estimate.statements::bigint
        else (select count(*) from lrs.statement)
    end as statements,
    estimate.events > %(exact_up_to)s as events_estimated,
    case
        when estimate.events > %(exact_up_to)s then estimate.events::bigint
        else (select count(*) from core.event)
    end as events,
    (select count(*) from lrs.rejected) as rejected,
    (select count(*) from lrs.conflict) as conflicts,
    (
        select
            json_build_object(
                'statement_id', newest.statement_id,
                'position', newest.position,
                'stored', newest.stored,
                'version', newest.version,
                'authority', newest.authority,
                'raw', newest.raw::text,
                'event', to_jsonb(event)
            )
        from newest
        left join core.event as event on newest.statement_id = event.statement_id
    ) as last_statement
from estimate;
