-- What became of somebody's morning list of a day.
select state
from outreach.digest
where day = %(day)s and address_key = outreach.address_key(%(mail)s) and cohort_name = %(cohort)s;
