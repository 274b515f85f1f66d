-- Write a document, whether it exists or not; when it was written.
insert into lrs.document (
    document_key, context_key, resource, activity_id, agent_key, registration, document_id, content_type, contents, etag,
    updated_at
)
values (
    %(document_key)s, %(context_key)s, %(resource)s, %(activity_id)s, %(agent_key)s, %(registration)s, %(document_id)s,
    %(content_type)s, %(contents)s, %(etag)s, clock_timestamp()
)
on conflict (document_key) do update
    set
        content_type = excluded.content_type,
        contents = excluded.contents,
        etag = excluded.etag,
        updated_at = excluded.updated_at;
