-- Who has the keys of a merge now: the learner who stayed, or whom that one was merged into since.
with recursive holder as (
    select kept_id as learner_id
    from core.learner_merge
    where merge_id = %(merge_id)s and unmerged_at is null
    union
    select later.kept_id
    from holder
    inner join core.learner_merge as later on holder.learner_id = later.merged_id and later.unmerged_at is null
)

select learner.learner_id
from holder
inner join core.learner on holder.learner_id = learner.learner_id;
