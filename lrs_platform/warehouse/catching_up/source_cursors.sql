-- Where pulling from each source was left.
select
    source,
    since,
    seen::text[] as seen,
    not_before,
    pulled,
    refused,
    complete,
    error,
    pulled_at
from lrs.source_cursor
order by source;
