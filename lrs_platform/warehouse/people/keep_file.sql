-- One row for a file.
insert into core.file_import (kind, file_name, content_sha256, complete, row_count, imported_by)
values (%(kind)s, %(file_name)s, %(sha256)s, %(complete)s, %(row_count)s, %(by)s)
returning import_id;
