#!/bin/sh
# First start of the postgres service of docker-compose.yml: the same files that `sh lrs up` runs (local/bootstrap.py).
# Passwords are read from files of secrets and never stand on a command line.
set -eu
here=/etc/lrs-postgres
psql --no-psqlrc --quiet --set=ON_ERROR_STOP=1 --username="$POSTGRES_USER" --dbname=postgres <<SQL
\set writer \`cat /run/secrets/lrs_writer_password\`
\set reader \`cat /run/secrets/lrs_reader_password\`
\set dagster \`cat /run/secrets/lrs_dagster_password\`
SELECT set_config('lrs.writer_password', :'writer', false),
       set_config('lrs.reader_password', :'reader', false),
       set_config('lrs.dagster_password', :'dagster', false) \g /dev/null
\i $here/roles.sql
\i $here/databases.sql
\i $here/access.sql
\connect lrs
\i $here/reader_limits.sql
\i $here/pii_reader.sql
SQL
