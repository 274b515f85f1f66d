-- Take a file back; no row where there is none or where it was taken back already.
update core.file_import
set undone_at = now(), undone_by = %(by)s
where import_id = %(import_id)s and undone_at is null
returning kind, complete;
