-- What is known of learners.
select
    learner.learner_id,
    learner.pseudonym,
    coalesce(learner.roster_name, learner.name) as name,
    learner.mail,
    learner.time_zone,
    array(
        select learner_key.actor_key
        from core.learner_key
        where learner_key.learner_id = learner.learner_id
        order by learner_key.actor_key
    ) as keys,
    array(
        select distinct cohort.name
        from core.cohort_member
        inner join core.cohort using (cohort_id)
        where cohort_member.learner_id = learner.learner_id and current_date between member_from and member_to
        order by cohort.name
    ) as cohorts,
    exists(
        select 1 from core.learner_key
        inner join core.roster on learner_key.person_key = roster.mail_key
        where learner_key.learner_id = learner.learner_id
    ) as in_roster,
    coalesce(activity.events, 0) as events,
    activity.last_at
from core.learner
left join mart.learner_activity as activity using (learner_id)
where learner.learner_id = any(%(learner_ids)s::bigint[])
order by learner.learner_id;
