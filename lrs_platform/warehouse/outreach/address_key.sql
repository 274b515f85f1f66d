-- Keyed hashes of the addresses of a learner: one that is given, or those of whom a text finds.
select distinct outreach.address_key(mail) as address_key
from unnest(
    array(select mail from core.learner where learner_id = any(%(learner_ids)s)) || array[%(mail)s]
) as mail
where outreach.address_key(mail) is not null;
