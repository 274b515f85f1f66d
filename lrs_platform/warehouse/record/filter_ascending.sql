-- Positions of standing statements that filters find, oldest first; filter_descending.sql the other way round.
with listed_upto as (
    select
        wanted.key,
        coalesce(
            (
                select ((posting.first_position >> 30) + 1) << 30
                from lrs.posting
                where
                    posting.key = wanted.key
                    and posting.first_position >= (((%(above)s + 1) >> 30) + 1) << 30
                    and posting.first_position < %(below)s
                order by posting.first_position
                limit 1 offset %(candidates)s - 1
            ),
            %(below)s
        ) as first_position
    from unnest(%(keys)s::uuid[]) as wanted (key)
),

-- `older`: positions of the key in the spans before this one; those in the span of `above` may lie before it.
listed as (
    select
        posting.positions,
        sum(
            case when posting.first_position >= (((%(above)s + 1) >> 30) + 1) << 30 then cardinality(posting.positions) else 0 end
        ) over (
            partition by posting.key
            order by posting.first_position >> 30
            range between unbounded preceding and 1 preceding
        ) as older
    from listed_upto
    inner join lrs.posting
        on
            posting.key = listed_upto.key
            and posting.first_position >= ((%(above)s + 1) >> 30) << 30
            and posting.first_position < listed_upto.first_position
            and posting.first_position < %(below)s
),

candidate as materialized (
    select distinct position
    from listed
    cross join unnest(positions) as position
    where coalesce(older, 0) < %(candidates)s and position > %(above)s and position < %(below)s
    order by position
    limit %(candidates)s
)

select
    (select case when count(*) = %(candidates)s then max(position) end from candidate) as further,
    array(
        select candidate.position
        from candidate
        inner join lrs.statement on candidate.position = statement.position
        where
            not exists (select from lrs.voided where voided.statement_id = statement.statement_id)
            and (
                select count(distinct other.filter)
                from unnest(%(other_keys)s::uuid[], %(other_filters)s::integer[]) as other (key, filter)
                where exists (
                    select from lrs.posting
                    where
                        posting.key = other.key
                        and posting.first_position between (candidate.position >> 30) << 30 and candidate.position
                        and candidate.position = any(posting.positions)
                )
            ) = %(others)s
        order by candidate.position
        limit %(rows)s
    ) as positions;
