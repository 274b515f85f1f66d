-- One statement by its id.
select
    statement_id,
    position,
    stored,
    version,
    authority::text as authority,
    raw::text as raw
from lrs.statement
where statement_id = %(statement_id)s;
