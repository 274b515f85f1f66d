-- The effect of a file, beside it.
update core.file_import
set effect = %(effect)s
where import_id = %(import_id)s;
