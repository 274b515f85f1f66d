-- Add a posting to keys that may have it already: what a statement is found by may be told again by the one it refers to.
insert into lrs.posting (key, first_position, positions)
select distinct
    added.key,
    added.position,
    array[added.position]
from unnest(%(keys)s::uuid[], %(positions)s::bigint[]) as added (key, position)
where
    not lrs.is_voided(%(no_one)s)
    and not exists (
        select from lrs.posting
        where
            posting.key = added.key
            and posting.first_position between (added.position >> 30) << 30 and added.position
            and added.position = any(posting.positions)
    );
