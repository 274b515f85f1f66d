-- Who has the keys of a merge now.
select distinct learner_key.learner_id
from core.learner_merge
inner join core.learner_key on learner_key.actor_key = any(learner_merge.keys)
where learner_merge.merge_id = %(merge_id)s and learner_merge.unmerged_at is null;
