-- The learners that a text may mean: an id, a pseudonym, an actor key, a mail address or the hash of one.
select distinct learner.learner_id
from core.learner
left join core.learner_key using (learner_id)
where
    learner.learner_id = case when %(text)s ~ '^\d{1,18}$' then %(text)s::bigint end
    or learner.pseudonym = lower(%(text)s)
    or learner_key.actor_key in (%(text)s, core.key(%(text)s))
    or learner_key.person_key in (core.person_key(%(text)s), core.person_key('mailto:' || %(text)s))
    or learner_key.actor_key = lower(%(text)s)
order by learner.learner_id;
