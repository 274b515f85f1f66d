-- Whether Postgres answers, and which one it is.
select current_setting('server_version') as postgres_version;
