-- Statements of the bench by chance.
select
    statement_id::text as statement_id,
    stored,
    raw::text as raw
from lrs.statement tablesample system (5)
where authority ->> 'objectType' = 'Agent' and authority -> 'account' ->> 'name' = 'bench'
order by random()
limit %(rows)s;
