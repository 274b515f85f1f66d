-- title: Flagged, not reviewed
-- about: Written responses that somebody should read
-- order: 5
-- report: flagged_responses
select count(distinct statement_id) as value
from report.flagged_responses
where reviewed = 'open'
