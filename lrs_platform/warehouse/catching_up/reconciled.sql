-- How far a log was compared with the record.
select upto, audited
from lrs.reconciled
where log = %(log)s;
