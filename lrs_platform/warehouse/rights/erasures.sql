-- Erasures, the latest first.
select erasure_id, subject_hash, requested_by, started_at, finished_at, removed, verified, proof_sha256
from lrs.erasure
order by started_at desc
limit %(rows)s;
