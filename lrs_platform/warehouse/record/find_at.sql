-- The statements at some positions, in the order given; they end early where the texts pass max_bytes.
select
    statement_id,
    position,
    stored,
    version,
    authority,
    raw
from (
    select
        statement.statement_id,
        statement.position,
        statement.stored,
        statement.version,
        statement.authority::text as authority,
        statement.raw::text as raw,
        wanted.place,
        sum(octet_length(statement.raw::text)) over (order by wanted.place)
        - octet_length(statement.raw::text) as bytes_before
    from unnest(%(positions)s::bigint[]) with ordinality as wanted (position, place)
    inner join lrs.statement on wanted.position = statement.position
) as sized
where bytes_before < %(max_bytes)s
order by place;
