-- Stored statements as statement lines: half of them the newest, half at moments that chance picks.
with span as (
    select min(position) as first_one, max(position) as last_one
    from lrs.statement
),

aimed as (
    select first_one + ((last_one - first_one) * random())::bigint as position
    from span
    cross join generate_series(1, %(rows)s / 2)
),

newest as (
    select statement_id
    from lrs.statement
    order by position desc
    limit (%(rows)s + 1) / 2
),

sampled as (
    select hit.statement_id
    from aimed
    cross join lateral (
        select statement.statement_id
        from lrs.statement
        where statement.position >= aimed.position
        order by statement.position
        limit 1
    ) as hit
    union
    select statement_id
    from newest
)

select
    concat_ws(
        E'\t', (position >> 20)::text || '-' || (position & 1048575)::text, statement_id, version, authority, raw
    ) as line
from sampled
inner join lrs.statement using (statement_id)
order by position;
