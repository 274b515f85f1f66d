-- An erasure is finished: nothing of the person stays in its row.
update lrs.erasure
set
    subject = null,
    finished_at = now(),
    removed = %(removed)s,
    verified = %(verified)s,
    proof_sha256 = %(proof_sha256)s
where erasure_id = %(erasure_id)s and finished_at is null;
