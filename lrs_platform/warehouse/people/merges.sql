-- Merges, the latest first, with names as they are now or were.
select
    learner_merge.merge_id,
    learner_merge.kept_id,
    learner_merge.merged_id,
    coalesce(kept.roster_name, kept.name, kept.mail, kept.first_key) as kept,
    coalesce(merged ->> 'roster_name', merged ->> 'name', merged ->> 'mail', merged ->> 'first_key') as merged,
    learner_merge.keys,
    learner_merge.cause,
    learner_merge.note,
    learner_merge.merged_by,
    learner_merge.merged_at,
    learner_merge.unmerged_by,
    learner_merge.unmerged_at
from core.learner_merge
left join core.learner as kept on learner_merge.kept_id = kept.learner_id
order by learner_merge.merge_id desc
limit %(rows)s;
