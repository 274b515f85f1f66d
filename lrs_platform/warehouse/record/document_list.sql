-- Ids of the documents of a context, of one registration where one is given, and when the newest of them was written.
select
    document_id,
    max(updated_at) as updated_at
from lrs.document
where
    context_key = %(context_key)s
    and (%(registration)s::uuid is null or registration = %(registration)s)
    and (%(since)s::timestamptz is null or updated_at > %(since)s)
group by document_id
order by document_id;
