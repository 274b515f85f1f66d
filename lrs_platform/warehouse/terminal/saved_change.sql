-- Change one's own query.
update lrs.saved_query
set name = %(name)s, sql = %(sql)s, chart = %(chart)s::jsonb, shared = %(shared)s, updated_at = now()
where query_id = %(query_id)s and owner = %(owner)s
returning query_id::text, owner, name, sql, chart, shared, true as mine, updated_at
