-- About how many statements each key finds: exact where its postings have fewer than 100 rows, else what the newest 100
-- let expect of the whole record. (Counting 1,000 rows of a common key costs ten times the rest of a query.)
with record as (
    select
        min(position) as oldest,
        max(position) as newest
    from lrs.statement
)

select
    wanted.key::text as key,
    coalesce(
        case
            when recent.rows < 100 then recent.statements
            else
                recent.statements * (record.newest - record.oldest)::double precision
                / greatest(record.newest - recent.oldest, 1)
        end,
        0
    )::bigint as statements
from unnest(%(keys)s::uuid[]) as wanted (key)
cross join record
cross join lateral (
    select
        count(*) as rows,
        sum(cardinality(newest.positions)) as statements,
        min(newest.first_position) as oldest
    from (
        select
            posting.first_position,
            posting.positions
        from lrs.posting
        where posting.key = wanted.key
        order by posting.first_position desc
        limit 100
    ) as newest
) as recent;
