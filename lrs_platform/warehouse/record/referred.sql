-- One row if any of these statements refers to another, or another to it; else none.
with loaded as (
    select unnest(%(statement_ids)s::uuid[]) as statement_id
)

select loaded.statement_id
from loaded
inner join lrs.reference on loaded.statement_id = reference.target_id
union all
select loaded.statement_id
from loaded
inner join lrs.reference on loaded.statement_id = reference.statement_id
limit 1;
