-- A full build begins without events. TRUNCATE, as no reader reads this table; and an index made at the end costs a fifth
-- of one that is kept up row by row.
truncate core.learning_event;

alter table core.learning_event drop constraint learning_event_key;

drop index core.learning_event_path;
