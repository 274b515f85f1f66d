-- Whether this database has ever had a schema change of ours.
select to_regclass('lrs.schema_change') is not null as there
