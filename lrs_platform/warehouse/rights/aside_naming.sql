-- Statements set aside that name somebody.
select 'lrs.rejected' as place, rejected_id::text as id, raw
from lrs.rejected
where lrs.names_person(raw, %(plain)s::text[], %(folded)s::text, %(exact)s::text)
union all
select 'lrs.conflict', log_id, raw::text
from lrs.conflict
where lrs.names_person(raw::text, %(plain)s::text[], %(folded)s::text, %(exact)s::text);
