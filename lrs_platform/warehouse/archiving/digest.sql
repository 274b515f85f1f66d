-- How many statements stand between two positions, and the sum of the first 60 bits of SHA-256 of each statement line
-- (lrs_platform/archive/digest.py makes the same sum of a file).
select
    count(*) as statements,
    coalesce(sum(('x' || left(encode(sha256(convert_to(line, 'UTF8')), 'hex'), 15))::bit(60)::bigint), 0)::text as checksum
from (
    select
        concat_ws(
            E'\t', (position >> 20)::text || '-' || (position & 1048575)::text, statement_id, version, authority, raw
        ) as line
    from lrs.statement
    where position > %(after)s and position <= %(upto)s
) as stored;
