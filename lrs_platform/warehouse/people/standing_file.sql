-- The file with this content that stands, and whether a later one of its kind stands too.
select
    same.import_id,
    exists(
        select 1 from core.file_import as later
        where later.kind = same.kind and later.undone_at is null and later.import_id > same.import_id
    ) as overtaken
from core.file_import as same
where same.kind = %(kind)s and same.content_sha256 = %(sha256)s and same.undone_at is null
order by same.import_id desc
limit 1;
