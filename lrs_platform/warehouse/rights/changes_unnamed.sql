-- Changes that name the person by key do so by id from now on.
update core.change
set
    learner_keys = array(select key from unnest(learner_keys) as key where key <> all(%(keys)s::text[])),
    learner_ids = case
        when applied_at is null then coalesce(learner_ids, '{}') || %(learner_ids)s::bigint[]
        else learner_ids
    end
where learner_keys && %(keys)s::text[];
