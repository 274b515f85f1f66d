-- All keys of these learners, what rosters claim for them, and their names.
select
    array(
        select learner_key.actor_key
        from core.learner_key
        where learner_key.learner_id = any(%(learner_ids)s::bigint[])
        union
        select unnest(roster_row.claims)
        from core.learner_key
        inner join core.roster_row on learner_key.person_key = roster_row.mail_key
        where learner_key.learner_id = any(%(learner_ids)s::bigint[])
    ) as keys,
    array(
        select distinct named.name
        from core.learner
        cross join lateral (values (learner.name), (learner.roster_name)) as named (name)
        where learner.learner_id = any(%(learner_ids)s::bigint[]) and named.name is not null
    ) as names;
