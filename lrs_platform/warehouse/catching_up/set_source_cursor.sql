-- Remember where pulling from a source was left, and add what came.
insert into lrs.source_cursor as known (source, since, seen, not_before, pulled, refused, complete, error, pulled_at)
values (
    %(source)s, %(since)s::timestamptz, %(seen)s::uuid[], %(not_before)s::timestamptz, %(pulled)s, %(refused)s,
    %(complete)s, %(error)s, now()
)
on conflict (source) do update
set
    since = excluded.since,
    seen = excluded.seen,
    not_before = excluded.not_before,
    pulled = known.pulled + excluded.pulled,
    refused = known.refused + excluded.refused,
    complete = excluded.complete,
    error = excluded.error,
    pulled_at = excluded.pulled_at;
