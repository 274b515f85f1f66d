-- Remove old results of checks, but the newest of each check.
with old as (
    select execution.id
    from asset_check_executions as execution
    where
        execution.create_timestamp < %(before)s::timestamp
        and exists (
            select from asset_check_executions as newer
            where
                newer.asset_key = execution.asset_key
                and newer.check_name = execution.check_name
                and newer.partition is not distinct from execution.partition
                and newer.execution_status <> 'PLANNED'
                and newer.id > execution.id
        )
    order by execution.id
    limit %(rows)s
)

delete from asset_check_executions
using old
where asset_check_executions.id = old.id;
