-- title: Learners by due day and status
select due_on, replace(status, '_', ' ') as status, count(*) as learners
from report.daily_progress
where
    (%(cohort)s is null or cohort = %(cohort)s)
    and due_on >= coalesce(%(due_from)s, due_on)
    and due_on <= coalesce(%(due_until)s, due_on)
group by due_on, status
order by due_on, status
