-- title: Stalled learners by lesson and reason
select lesson, replace(reason, '_', ' ') as reason, count(*) as learners
from report.stalled_learners
where
    (%(lesson)s is null or lesson = %(lesson)s)
    and (%(reason)s is null or reason = %(reason)s)
    and idle_days >= coalesce(%(idle_days)s, 0)
group by lesson, reason
order by lesson, reason
