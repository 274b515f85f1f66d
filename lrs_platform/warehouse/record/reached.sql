-- Which statements became findable by what, through references, because of the statements of this load: the position of
-- one that refers, and the text of one that it now reaches, over any number of references.
with recursive loaded as materialized (
    select unnest(%(statement_ids)s::uuid[]) as statement_id
),

-- Whatever refers to something new, or is new itself, and whatever refers to that.
referring as (
    select reference.* from loaded inner join lrs.reference on loaded.statement_id = reference.statement_id
    union
    select reference.* from loaded inner join lrs.reference on loaded.statement_id = reference.target_id
    union
    select reference.*
    from referring
    inner join lrs.reference on reference.target_id = referring.statement_id
),

-- From each of those down. A chain that was whole before this load is known already. Statements can refer to each other
-- in a ring; after 16 steps nobody expects to be found.
chain as (
    select
        position,
        target_id,
        statement_id in (select loaded.statement_id from loaded)
        or target_id in (select loaded.statement_id from loaded) as is_new,
        1 as steps
    from referring
    union all
    select
        chain.position,
        reference.target_id,
        chain.is_new or reference.target_id in (select loaded.statement_id from loaded),
        chain.steps + 1
    from chain
    inner join lrs.reference on reference.statement_id = chain.target_id
    where chain.steps < 16
)

select distinct
    chain.position,
    target.raw::text as raw,
    target.authority::text as authority
from chain
inner join lrs.statement as target on target.statement_id = chain.target_id
where chain.is_new and target.position <> chain.position;
