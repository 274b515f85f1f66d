-- What people taught, the most picked first.
select wording, figure
from lrs.question_wording
order by picks desc, taught_at desc
limit 5000
