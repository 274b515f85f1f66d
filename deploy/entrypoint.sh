#!/bin/sh
# Start of every container of ours. The platform reads its secrets from files in /run/secrets by itself (settings.py);
# Dagster knows only the environment (deploy/dagster.yaml), so the one secret it needs is put there.
set -eu
if [ -z "${LRS_DAGSTER_DATABASE_URL:-}" ] && [ -r /run/secrets/LRS_DAGSTER_DATABASE_URL ]; then
    LRS_DAGSTER_DATABASE_URL=$(cat /run/secrets/LRS_DAGSTER_DATABASE_URL)
    export LRS_DAGSTER_DATABASE_URL
fi
exec "$@"
