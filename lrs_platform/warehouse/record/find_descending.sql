-- A page of statements, descending, between two positions (both exclusive); it ends early where the texts pass max_bytes.
-- `rows` is one more than asked for: `candidates` over the rows returned says that there is a next page.
select
    statement_id,
    position,
    stored,
    version,
    authority,
    raw,
    candidates
from (
    select
        *,
        count(*) over () as candidates,
        sum(octet_length(raw)) over (order by position desc) - octet_length(raw) as bytes_before
    from (
        select
            statement_id,
            position,
            stored,
            version,
            authority::text as authority,
            raw::text as raw
        from lrs.statement
        where position > %(above)s and position < %(below)s
        order by position desc
        limit %(rows)s
    ) as page
) as sized
where bytes_before < %(max_bytes)s
order by position desc;
