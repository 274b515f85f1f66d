-- These learners are changed.
insert into settled (what, learner_id)
select %(what)s, learner_id
from unnest(%(learner_ids)s::bigint[]) as learner_id;
