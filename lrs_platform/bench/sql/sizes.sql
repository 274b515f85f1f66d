-- Bytes of each table with its indexes and what is stored beside it.
select
    relname as table_name,
    pg_total_relation_size(relid) as bytes
from pg_stat_user_tables;
