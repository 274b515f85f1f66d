-- First against last score in the touched lessons, of learners who were scored twice or more.
with scored as (
    select
        lesson_id,
        cohort_id,
        count(*) as learners,
        avg(first_score) as mean_first,
        avg(last_score) as mean_last,
        avg(last_score - first_score) as gain,
        1.959963984540054 * stddev_samp(last_score - first_score) / sqrt(count(*)) as half_width
    from mart.lesson_progress
    inner join touched_lesson using (lesson_id)
    where scored_attempts >= 2
    group by lesson_id, cohort_id
)

select
    lesson_id,
    cohort_id,
    learners,
    mean_first,
    mean_last,
    gain,
    gain - half_width as gain_low,
    gain + half_width as gain_high,
    gain / nullif(1 - mean_first, 0) as normalised_gain
from scored
