-- Scratch copies of the record, its events and its index with the same columns and keys, for the plain script to fill.
drop schema if exists bench cascade;
create schema bench;
create table bench.statement (like lrs.statement including all);
create table bench.event (like core.event including all);
create table bench.posting (like lrs.posting including all);
