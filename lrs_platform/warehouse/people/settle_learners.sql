-- Everybody in the roster is a learner, and every key that the roster claims for somebody is somebody's.
with unknown as (
    select distinct roster.mail_key
    from core.roster
    where
        not exists (select from core.learner_key where learner_key.person_key = roster.mail_key)
        and not exists (select from core.learner_key where learner_key.actor_key = any(roster.claims))
),

added as (
    insert into core.learner (first_key, pseudonym, mail)
    select mail_key, core.pseudonym(mail_key), substring(mail_key from '^mailto:(.*)$')
    from unknown
    order by mail_key
    on conflict (first_key) do update set first_key = excluded.first_key
    returning learner_id, first_key
),

keyed as (
    insert into core.learner_key (actor_key, learner_id, by_file)
    select first_key, learner_id, true
    from added
)

insert into settled (what, learner_id)
select 'learners added', learner_id
from added;

with wanted as (
    select distinct on (claim) claim, holder.learner_id
    from core.roster
    cross join unnest(roster.claims) as claim
    cross join lateral (
        select learner_key.learner_id
        from core.learner_key
        where learner_key.person_key = roster.mail_key or learner_key.actor_key = any(roster.claims)
        order by learner_key.person_key = roster.mail_key desc, learner_key.learner_id
        limit 1
    ) as holder
    where not exists (select from core.learner_key as known where known.actor_key = claim)
    order by claim, roster.import_id desc
),

claimed as (
    insert into core.learner_key (actor_key, learner_id, by_file)
    select claim, learner_id, true
    from wanted
    returning learner_id, actor_key
)

insert into settled (what, learner_id, actor_key)
select 'keys claimed', learner_id, actor_key
from claimed;
