-- An erasure that is under way: by its id, or by whom it is about.
select erasure_id, subject, requested_by, started_at, removed
from lrs.erasure
where finished_at is null and (erasure_id = %(erasure_id)s::uuid or subject_hash = %(subject_hash)s)
order by started_at
limit 1;
