-- title: Learners to follow up by lesson and status
select lesson, replace(status, '_', ' ') as status, count(*) as learners
from report.daily_progress
where
    needs_follow_up
    and (%(cohort)s is null or cohort = %(cohort)s)
    and (%(lesson)s is null or lesson = %(lesson)s)
group by lesson, status
order by lesson, status
