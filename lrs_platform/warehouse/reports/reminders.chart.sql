-- title: Reminders by day and state
select day, replace(state, '_', ' ') as state, count(*) as reminders
from report.reminder
where
    (%(lesson)s is null or lesson = %(lesson)s)
    and (%(state)s is null or state = %(state)s)
group by day, replace(state, '_', ' ')
order by day, state
