-- Keys that only a roster claimed, and that none claims any more. One that statements use by now stays with the learner
-- whose own address it is; another is let go, and the next refresh makes a learner of it.
create temp table if not exists stale_key (
    actor_key text primary key,
    learner_id bigint not null,
    used boolean not null,
    own boolean not null
) on commit drop;

truncate stale_key;

insert into stale_key (actor_key, learner_id, used, own)
select
    learner_key.actor_key,
    learner_key.learner_id,
    exists(select 1 from core.event where event.actor_key = learner_key.actor_key),
    learner_key.person_key = core.person_key(learner.first_key)
from core.learner_key
inner join core.learner using (learner_id)
where
    learner_key.by_file
    and not exists (
        select 1 from core.standing_roster_row as standing
        where standing.mail_key = learner_key.person_key
    )
    and learner_key.actor_key not in (select unnest(standing.claims) from core.standing_roster_row as standing);

update core.learner_key
set by_file = false
from stale_key
where learner_key.actor_key = stale_key.actor_key and stale_key.used and stale_key.own;

delete from stale_key
where used and own;

delete from core.learner_key
using stale_key
where learner_key.actor_key = stale_key.actor_key;

insert into settled (what, learner_id, actor_key)
select 'keys released', learner_id, actor_key
from stale_key;

with gone as (
    delete from core.learner
    where
        learner_id in (select stale_key.learner_id from stale_key)
        and not exists (select 1 from core.learner_key where learner_key.learner_id = learner.learner_id)
    returning learner_id
)

insert into settled (what, learner_id)
select 'learners removed', learner_id
from gone;
