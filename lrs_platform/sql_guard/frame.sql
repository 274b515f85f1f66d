-- One answer of bounded size: names, types and rows of the query, each row a JSON array, as many as fit into the
-- bytes; one row more is looked for, to know whether there is more. Postgres writes the JSON, so numbers, times and
-- columns of the same name arrive as they are. A reply carries the text as JSON within JSON: each quote or backslash
-- takes three bytes more than in the row itself.
-- noqa: disable=AM09,ST11
select *
from (
    with answer as materialized (
        select * from (
%(asked)s
        ) as asked
        limit %(rows)s + 1
    ),

    line as materialized (
        select
            row_number() over () as number,
            json_build_array(%(columns)s)::text as cells
        from answer as answer (%(columns)s)
    ),

    weighed as (
        select
            number,
            cells,
            sum(octet_length(cells) + 3 * (length(cells) - length(translate(cells, '"\', ''))) + 1) over (order by number) as bytes
        from line
    )

    select
        (
            select row_to_json(named)::text
            from (
                select nothing.*
                from (select 1 as one) as one
                left join (select * from answer limit 0) as nothing on true
            ) as named
        ) as names,
        (
            select json_build_array(%(types)s)::text
            from (select 1 as one) as one
            left join (select * from answer limit 0) as nothing (%(columns)s) on true
        ) as types,
        (select count(*)::integer from line) as found,
        (select count(*)::integer from weighed where number <= %(rows)s and bytes <= %(bytes)s) as kept,
        (select string_agg(cells, ',' order by number) from weighed where number <= %(rows)s and bytes <= %(bytes)s) as cells
) as framed
limit 1
