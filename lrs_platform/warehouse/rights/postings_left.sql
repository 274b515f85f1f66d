-- Take the statements out of the index, and with them the rows that become empty.
with touched as (
    select
        posting.key,
        posting.first_position,
        array(
            select kept
            from unnest(posting.positions) as kept
            where not exists (select from erased_statement where erased_statement.position = kept)
            order by kept
        ) as positions
    from lrs.posting
    where
        posting.first_position >> 30 in (select position >> 30 from erased_statement)
        and exists (
            select from unnest(posting.positions) as gone
            inner join erased_statement on gone = erased_statement.position
        )
),

removed as (
    delete from lrs.posting
    using touched
    where
        (posting.key, posting.first_position) = (touched.key, touched.first_position)
        and touched.positions = '{}'
),

shortened as (
    update lrs.posting
    set positions = touched.positions, first_position = touched.positions[1]
    from touched
    where
        (posting.key, posting.first_position) = (touched.key, touched.first_position)
        and touched.positions <> '{}'
)

select count(*)
from touched;
