-- Schema changes that this database has had.
select
    version,
    sha256
from lrs.schema_change
