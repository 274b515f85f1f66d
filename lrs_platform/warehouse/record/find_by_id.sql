-- One statement by its id, and whether it is voided.
select
    statement_id,
    position,
    stored,
    version,
    authority::text as authority,
    raw::text as raw,
    lrs.is_voided(statement_id) as voided
from lrs.statement
where statement_id = %(statement_id)s;
