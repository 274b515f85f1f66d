-- title: Flagged responses by term and severity
select term, severity, count(*) as responses
from report.flagged_responses
where
    (%(lesson)s is null or lesson = %(lesson)s)
    and (%(severity)s is null or severity = %(severity)s)
    and (%(reviewed)s is null or reviewed = %(reviewed)s)
group by term, severity
order by responses desc, term
