-- Begin with empty sets of keys, take every committed change that is not applied, and say which statements they concern.
truncate
    changed.mode,
    changed.touched_change,
    changed.touched_event,
    changed.touched_activity,
    changed.key,
    changed.explicit_learner,
    changed.resized_lesson,
    changed.touched_learner,
    changed.touched_learner_lesson,
    changed.touched_lesson,
    changed.touched_cohort,
    changed.touched_period;

insert into changed.touched_change (change_id)
select change_id
from core.change
where applied_at is null
for update skip locked;

analyze changed.touched_change;
