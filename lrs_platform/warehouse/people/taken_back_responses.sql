-- Which of these statements came with a file that was taken back: they are voided, and a voided id cannot come again.
select distinct statement_id
from core.response_row
inner join core.file_import using (import_id)
where statement_id = any(%(ids)s::uuid[]) and undone_at is not null;
