-- How far the marts are behind, and when each was last brought up to date.
select json_build_object(
    'pending', (select count(*) from core.change where applied_at is null),
    'oldest_pending_seconds', (
        select extract(epoch from clock_timestamp() - min(changed_at)) from core.change
        where applied_at is null
    ),
    'tables', json_build_object(
        'learners', (select count(*) from core.learner),
        'activities', (select count(*) from core.activity),
        'lessons', (select count(*) from core.lesson),
        'cards', (select count(*) from core.card),
        'cohorts', (select count(*) from core.cohort),
        'cohort_members', (select count(*) from core.cohort_member),
        'assignments', (select count(*) from core.assignment),
        'events', (select greatest(reltuples, 0)::bigint from pg_class where oid = 'core.learning_event'::regclass)
    ),
    'last_refresh', (
        select to_json(refresh) from core.refresh
        order by refresh_id desc
        limit 1
    ),
    'marts', (
        select json_object_agg(refreshed.mart, to_jsonb(refreshed) - 'mart') from mart.refreshed
    )
);
