-- Statements that name somebody and are not to be removed already.
select statement.statement_id, statement.raw::text
from lrs.statement
where
    lrs.names_person(statement.raw::text, %(plain)s::text[], %(folded)s::text, %(exact)s::text)
    and not exists (select from erased_statement where erased_statement.statement_id = statement.statement_id);
