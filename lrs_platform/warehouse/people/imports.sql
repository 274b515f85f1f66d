-- Files that were imported, the latest first.
select
    import_id,
    kind,
    file_name,
    complete,
    row_count,
    effect,
    imported_by,
    imported_at,
    undone_by,
    undone_at
from core.file_import
where %(import_id)s::bigint is null or import_id = %(import_id)s
order by import_id desc
limit %(rows)s;
