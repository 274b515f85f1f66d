-- Add postings of statements that were just inserted: keys, and the positions that each gains, as text of an array.
insert into lrs.posting (key, first_position, positions)
select
    added.key,
    added.positions[1],
    added.positions
from (
    select
        line.key,
        line.positions::bigint[] as positions
    from unnest(%(keys)s::uuid[], %(positions)s::text[]) as line (key, positions)
) as added;
