-- What the marts have to follow; nothing where nothing changed that they show.
insert into core.change (kind, learner_ids, learner_keys, cohort_ids, activity_ids, marts)
select *
from (
    select
        %(kind)s,
        array_agg(distinct learner_id) filter (where learner_id is not null and what <> 'learners renamed') as learner_ids,
        array_agg(distinct actor_key) filter (where what = 'keys released') as learner_keys,
        array_agg(distinct cohort_id) filter (where cohort_id is not null) as cohort_ids,
        array_agg(distinct iri) filter (where iri is not null) as activity_ids,
        %(marts)s::text[] as marts
    from settled
) as touched
where coalesce(learner_ids, cohort_ids) is not null or learner_keys is not null or activity_ids is not null;
