-- One statement by its id, and whether it is voided.
select
    statement_id,
    position,
    stored,
    version,
    authority::text as authority,
    raw::text as raw,
    statement_id in (select voided.statement_id from lrs.voided where voided.statement_id = %(statement_id)s) as voided
from lrs.statement
where statement_id = %(statement_id)s;
