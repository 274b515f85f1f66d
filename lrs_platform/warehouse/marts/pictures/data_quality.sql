-- Shares of events whose times are not to be trusted.
select replace(measure, '_share', '') as x, value as y
from mart.data_quality
where measure like '%_share'
order by measure
