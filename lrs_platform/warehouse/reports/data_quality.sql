-- title: Data quality
-- group: Platform
-- description: How far the figures can be trusted, measured at the last refresh of the marts; counts of what came in, shares of what came in wrong.
-- parameters:
--   measure: {type: choice, label: Measure, choices_sql: "select distinct measure from report.data_quality order by measure"}
-- chart: {kind: bars, x: measure, y: share, format: "%"}
select replace(measure, '_', ' ') as measure, subject, value
from report.data_quality
where (%(measure)s is null or measure = %(measure)s)
order by data_quality.measure, value desc, subject
