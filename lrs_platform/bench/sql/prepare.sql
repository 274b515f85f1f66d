-- Scratch copies of the record and its events with the same columns, keys and indexes, for the plain script to fill.
drop schema if exists bench cascade;
create schema bench;
create table bench.statement (like lrs.statement including all);
create table bench.event (like core.event including all);
