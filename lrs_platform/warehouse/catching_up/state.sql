-- What the catch-up left behind, for people: rejected statements by stage, changes that wait for the marts, the last refresh.
select
    (
        select coalesce(jsonb_object_agg(stage, statements), '{}')
        from (select stage, count(*) as statements from lrs.rejected group by stage) as by_stage
    ) as rejected,
    (select count(*) from core.change where applied_at is null) as changes_waiting,
    (
        select jsonb_build_object('mode', mode, 'started_at', started_at, 'changes', changes, 'events', events, 'ms', milliseconds)
        from core.refresh
        order by refresh_id desc
        limit 1
    ) as last_refresh,
    (
        select coalesce(jsonb_object_agg(log, jsonb_build_object('upto', upto, 'audited', audited, 'changed_at', changed_at)), '{}')
        from lrs.reconciled
    ) as reconciled;
