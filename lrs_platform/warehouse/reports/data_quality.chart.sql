-- title: Shares among all standing events
select replace(replace(measure, '_share', ''), '_', ' ') as measure, value as share
from report.data_quality
where
    right(data_quality.measure, 6) = '_share'
    and (%(measure)s is null or data_quality.measure = %(measure)s)
order by data_quality.measure
