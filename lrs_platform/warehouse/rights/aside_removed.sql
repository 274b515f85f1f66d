-- Remove statements set aside.
with rejected as (
    delete from lrs.rejected
    where rejected_id = any(%(rejected)s::bigint[])
    returning 1
),

conflict as (
    delete from lrs.conflict
    where log_id = any(%(conflicts)s::text[])
    returning 1
)

select
    (select count(*) from rejected) as rejected,
    (select count(*) from conflict) as conflicts;
