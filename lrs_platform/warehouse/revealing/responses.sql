-- What was written, by the statement that brought it.
select statement_id, response
from report_pii.free_text_responses
where statement_id = any(%(statement_ids)s::uuid[])
