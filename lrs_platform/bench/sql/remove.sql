-- The scratch copies are for one measurement.
drop schema if exists bench cascade;
