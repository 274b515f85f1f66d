-- Remove one's own query.
delete from lrs.saved_query where query_id = %(query_id)s and owner = %(owner)s
