-- Learners in events whom no roster names, those with most events first; `total` counts all of them.
with orphan as (
    select learner_id
    from core.learner
    where
        not exists (
            select from core.learner_key
            inner join core.standing_roster_row as standing on learner_key.person_key = standing.mail_key
            where learner_key.learner_id = learner.learner_id
        )
)

select
    learner.learner_id,
    array(
        select learner_key.actor_key
        from core.learner_key
        where learner_key.learner_id = learner.learner_id
        order by learner_key.actor_key
    ) as keys,
    learner.name,
    learner.mail,
    coalesce(activity.events, 0) as events,
    activity.first_at,
    activity.last_at,
    count(*) over () as total
from orphan
inner join core.learner using (learner_id)
left join mart.learner_activity as activity using (learner_id)
order by events desc, learner.learner_id
limit %(rows)s offset %(skip)s;
