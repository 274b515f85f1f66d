-- A new erasure.
insert into lrs.erasure (erasure_id, subject, subject_hash, requested_by)
values (%(erasure_id)s, %(subject)s, %(subject_hash)s, %(by)s);
