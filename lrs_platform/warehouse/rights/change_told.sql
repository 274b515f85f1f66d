-- What the marts have to follow: these learners, those of the statements, and the cohorts they were in.
insert into core.change (kind, learner_ids, cohort_ids, statements)
select
    %(kind)s,
    touched.learner_ids,
    (
        select array_agg(distinct cohort_member.cohort_id)
        from core.cohort_member
        where %(with_cohorts)s::boolean and cohort_member.learner_id = any(touched.learner_ids)
    ),
    0
from (
    select array_agg(distinct concerned.learner_id) as learner_ids
    from (
        select unnest(%(learner_ids)s::bigint[]) as learner_id
        union
        select learner_key.learner_id
        from erased_statement
        inner join core.event using (statement_id)
        inner join core.learner_key using (actor_key)
    ) as concerned
) as touched
where touched.learner_ids is not null;
