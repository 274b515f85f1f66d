-- Everybody whom an orphan may be: with addresses, names, and whether a roster names them.
select
    learner.learner_id,
    learner.name,
    learner.roster_name,
    array_agg(distinct learner_key.actor_key) as keys,
    coalesce(bool_or(exists (
        select from core.standing_roster_row as standing
        where standing.mail_key = learner_key.person_key
    )), false) as in_roster
from core.learner
inner join core.learner_key using (learner_id)
group by learner.learner_id;
