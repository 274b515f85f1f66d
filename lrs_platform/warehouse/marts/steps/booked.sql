-- When a mart was refreshed, and as of which moment.
insert into mart.refreshed as old (mart, as_of, refreshed_at, rebuilt_at, rows, milliseconds)
values (
    %(mart)s, %(as_of)s, clock_timestamp(), case when %(rebuilt)s then clock_timestamp() end, %(rows)s, %(ms)s
)
on conflict (mart) do update
set
    as_of = excluded.as_of,
    refreshed_at = excluded.refreshed_at,
    rebuilt_at = coalesce(excluded.rebuilt_at, old.rebuilt_at),
    rows = excluded.rows,
    milliseconds = excluded.milliseconds;
