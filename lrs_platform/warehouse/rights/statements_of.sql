-- Statements with one of these keys as actor or object, by the index, in the order of the record; as they were received,
-- with what is kept beside them. Also voided ones, and those that were never mapped.
select
    statement.position,
    statement.statement_id,
    statement.stored,
    statement.version,
    statement.authority::text,
    statement.raw::text
from (
    select distinct unnest(posting.positions) as position
    from lrs.posting
    where posting.key = any(%(keys)s::uuid[])
) as found
inner join lrs.statement using (position)
where found.position > %(after)s
order by found.position
limit %(rows)s;
