-- A statement of somebody else that no longer names the person.
update lrs.statement
set raw = %(raw)s::json
where statement_id = %(statement_id)s;
