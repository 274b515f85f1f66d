-- Traces of a second life of some statements: kept as another under the same id, or refused by a table's key.
select
    (select count(*) from lrs.conflict where statement_id = any(%(ids)s::uuid[]))
    + (select count(*) from lrs.rejected where statement_id = any(%(ids)s::text[])) as doubled;
