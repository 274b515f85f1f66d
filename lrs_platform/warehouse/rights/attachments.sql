-- Attachments that only statements to be removed have. The others are read once, and only where there are any.
with mine as materialized (
    select distinct lower(found.sha2[1]) as sha2
    from erased_statement
    inner join lrs.statement using (statement_id)
    cross join lateral regexp_matches(statement.raw::text, '"sha2"\s*:\s*"([0-9a-fA-F]{56,128})"', 'g') as found (sha2)
)

select mine.sha2
from mine
where
    mine.sha2 not in (
        select lower(found.sha2[1])
        from lrs.statement as other
        cross join lateral regexp_matches(other.raw::text, '"sha2"\s*:\s*"([0-9a-fA-F]{56,128})"', 'g') as found (sha2)
        where
            other.raw::text like '%"sha2"%'
            and not exists (select from erased_statement as gone where gone.statement_id = other.statement_id)
    );
