-- Writers of one document go one after the other, also where it does not exist yet and there is no row to lock.
select pg_advisory_xact_lock(hashtext(%(document_key)s), hashtext(reverse(%(document_key)s)));
