-- The record and Dagster's own database, each owned by the role that writes it. Run once, by the superuser, outside a
-- transaction.
CREATE DATABASE lrs OWNER lrs_writer;
CREATE DATABASE dagster OWNER lrs_dagster;
