-- Keys that the roster claims for one person and that another has: both are one. Where somebody told them apart by hand,
-- that stands.
select distinct on (holder.learner_id)
    owner.learner_id as kept,
    holder.learner_id as merged,
    holder.actor_key as claim
from core.roster
cross join unnest(roster.claims) as claimed
inner join core.learner_key as holder on claimed = holder.actor_key
cross join lateral (
    select min(learner_key.learner_id) as learner_id
    from core.learner_key
    where learner_key.person_key = roster.mail_key
) as owner
where
    holder.learner_id <> owner.learner_id
    and not exists (
        select from core.learner_merge as told_apart
        where
            told_apart.claim = holder.actor_key
            and told_apart.unmerged_at is not null
            and told_apart.unmerged_by <> 'roster'
    )
order by holder.learner_id, owner.learner_id;
