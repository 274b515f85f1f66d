-- Whom a report is about: by the Message-ID of the mail that came back, else by its address.
select coalesce(
    (select min(address_key) from outreach.reminder where message_id = %(message_id)s),
    outreach.address_key(%(recipient)s)
) as address_key;
