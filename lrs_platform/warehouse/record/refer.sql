-- Remember which statements of a load refer to others.
insert into lrs.reference (statement_id, position, target_id, voids)
select *
from unnest(%(statement_ids)s::uuid[], %(positions)s::bigint[], %(target_ids)s::uuid[], %(voids)s::boolean[])
on conflict do nothing;
