-- What an erasure has removed so far, and the statements it is about.
update lrs.erasure
set subject = subject || %(subject)s::jsonb, removed = %(removed)s
where erasure_id = %(erasure_id)s;
