-- Add postings that may be there already: a statement that refers to another is found by what finds that one.
insert into lrs.posting (key, first_position, positions)
select distinct
    added.key,
    added.position,
    array[added.position]
from unnest(%(keys)s::uuid[], %(positions)s::bigint[]) as added (key, position)
where not exists (
    select from lrs.posting
    where
        posting.key = added.key
        and posting.first_position between (added.position >> 30) << 30 and added.position
        and added.position = any(posting.positions)
);
