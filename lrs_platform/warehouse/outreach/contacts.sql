-- What is recorded of some addresses, the latest first.
select address_key, choice, source, note, at
from outreach.contact_choice
where address_key = any(%(address_keys)s)
order by choice_id desc
limit 50;
