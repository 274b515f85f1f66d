-- Stored statements after a position, in the order of the record, as statement lines.
select
    position,
    concat_ws(
        E'\t', (position >> 20)::text || '-' || (position & 1048575)::text, statement_id, version, authority, raw
    ) as line
from lrs.statement
where position > %(after)s and position <= %(upto)s
order by position
limit %(rows)s;
