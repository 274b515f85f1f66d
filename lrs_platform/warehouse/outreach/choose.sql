-- Write down what somebody said or what came back; the same report once.
insert into outreach.contact_choice (address_key, choice, source, mark, note, at)
values (%(address_key)s, %(choice)s, %(source)s, %(mark)s, left(%(note)s, 300), coalesce(%(at)s::timestamptz, now()))
on conflict (address_key, mark) where mark is not null do nothing
returning choice_id;
