-- About how many statements each key finds: exact where its postings have no more than 1,000 rows.
select
    wanted.key::text as key,
    (
        select coalesce(sum(cardinality(newest.positions)), 0)
        from (
            select posting.positions
            from lrs.posting
            where posting.key = wanted.key
            order by posting.first_position desc
            limit 1000
        ) as newest
    )::bigint as statements
from unnest(%(keys)s::uuid[]) as wanted (key);
