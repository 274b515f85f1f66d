-- Keep a query under its name: a new row, or what the owner has under that name already.
insert into lrs.saved_query (owner, name, sql, chart, shared)
values (%(owner)s, %(name)s, %(sql)s, %(chart)s::jsonb, %(shared)s)
on conflict (owner, name) do update
    set sql = excluded.sql, chart = excluded.chart, shared = excluded.shared, updated_at = now()
returning query_id::text, owner, name, sql, chart, shared, true as mine, updated_at
