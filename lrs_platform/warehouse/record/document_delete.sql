-- Remove one document.
delete from lrs.document
where document_key = %(document_key)s;
