-- Make a learner of every actor key that is new, or add the key to the learner who has another spelling of it.
with seen as (
    select distinct event.actor_key
    from touched_standing_event as event
    where event.actor_key <> ''
),

unknown as materialized (
    select actor_key, core.person_key(actor_key) as person_key
    from seen
    where not exists (select from core.learner_key where learner_key.actor_key = seen.actor_key)
),

created as (
    insert into core.learner (first_key, pseudonym, mail)
    select first_key, core.pseudonym(first_key), substring(person_key from '^mailto:(.*)$')
    from (
        select min(actor_key) as first_key, person_key
        from unknown
        where not exists (select from core.learner_key where learner_key.person_key = unknown.person_key)
        group by person_key
    ) as person
    order by first_key
    on conflict (first_key) do update set first_key = excluded.first_key
    returning learner_id, core.person_key(first_key) as person_key
)

insert into core.learner_key (actor_key, learner_id)
select actor_key, coalesce(known.learner_id, created.learner_id)
from unknown
left join lateral (
    select min(learner_id) as learner_id
    from core.learner_key
    where learner_key.person_key = unknown.person_key
) as known on true
left join created using (person_key)
order by actor_key
on conflict do nothing;
