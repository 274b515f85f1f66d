-- How many keys are touched, by set.
select 'learner' as touched, count(*) as keys from changed.touched_learner
union all
select 'learner_lesson', count(*) from changed.touched_learner_lesson
union all
select 'lesson', count(*) from changed.touched_lesson
union all
select 'cohort', count(*) from changed.touched_cohort
union all
select 'period', count(*) from changed.touched_period;
