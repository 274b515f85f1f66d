-- One document.
select
    content_type,
    contents,
    etag,
    updated_at
from lrs.document
where document_key = %(document_key)s;
