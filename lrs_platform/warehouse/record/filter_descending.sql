-- Positions of standing statements that filters find, newest first. The newest `candidates` that any of `keys` finds are
-- looked at; those that the other filters find too are returned. `further` is where to go on, null where all were seen.
-- A row of a key has at least one position, so as many rows as candidates are enough; all rows of the last span are taken,
-- because within a span rows of two loads may overlap.
with listed_from as (
    select
        wanted.key,
        coalesce(
            (
                select (posting.first_position >> 30) << 30
                from lrs.posting
                where
                    posting.key = wanted.key
                    and posting.first_position < ((%(below)s - 1) >> 30) << 30
                    and posting.first_position >= ((%(above)s + 1) >> 30) << 30
                order by posting.first_position desc
                limit 1 offset %(candidates)s - 1
            ),
            ((%(above)s + 1) >> 30) << 30
        ) as first_position
    from unnest(%(keys)s::uuid[]) as wanted (key)
),

-- `newer`: positions of the key in the spans after this one; those in the span of `below` may lie beyond it.
listed as (
    select
        posting.positions,
        sum(
            case when posting.first_position < ((%(below)s - 1) >> 30) << 30 then cardinality(posting.positions) else 0 end
        ) over (
            partition by posting.key
            order by posting.first_position >> 30 desc
            range between unbounded preceding and 1 preceding
        ) as newer
    from listed_from
    inner join lrs.posting
        on
            posting.key = listed_from.key
            and posting.first_position >= listed_from.first_position
            and posting.first_position < %(below)s
),

candidate as materialized (
    select distinct position
    from listed
    cross join unnest(positions) as position
    where coalesce(newer, 0) < %(candidates)s and position > %(above)s and position < %(below)s
    order by position desc
    limit %(candidates)s
)

select
    (select case when count(*) = %(candidates)s then min(position) end from candidate) as further,
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
        order by candidate.position desc
        limit %(rows)s
    ) as positions;
