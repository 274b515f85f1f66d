-- Voided statements as a view, for queries about many: Postgres puts a view into the query that asks; lrs.is_voided, a
-- function with a subquery, it calls for each row, at ten times the cost.
create view lrs.voided as
select voiding.target_id as statement_id
from lrs.reference as voiding
where
    voiding.voids
    and not exists (
        select from lrs.reference as own
        where own.statement_id = voiding.target_id and own.voids
    );

comment on view lrs.voided is 'Statements that are voided, also before they arrive; one that voids another cannot be (xAPI 1.0.3, Data 2.3.2).';
comment on column lrs.voided.statement_id is 'The voided statement.';
