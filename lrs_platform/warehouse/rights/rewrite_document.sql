-- A document with other contents, and the ETag that belongs to them.
update lrs.document
set contents = %(value)s, etag = %(etag)s
where ctid = %(place)s::tid;
