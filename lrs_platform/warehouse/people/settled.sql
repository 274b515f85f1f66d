-- What the steps below change, for the effect that is told and for core.change. For one transaction.
create temp table if not exists settled (
    what text not null,
    learner_id bigint,
    cohort_id bigint,
    actor_key text,
    iri text
) on commit drop;

truncate settled;
