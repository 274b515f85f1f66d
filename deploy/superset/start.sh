#!/bin/sh
# Superset's tables, its admin, the bundle made from the semantic model, then the server: each start, and nothing twice.
set -eu
superset db upgrade
superset fab create-admin --username admin --firstname Learning --lastname Records --email admin@localhost \
    --password "$(cat "${SUPERSET_SECRETS:-/run/secrets}/superset_admin_password")"
superset init
python "$(dirname "$0")/import_bundle.py" "${SUPERSET_BUNDLE:-/bundle/learning.zip}"
exec gunicorn --bind "${SUPERSET_BIND:-0.0.0.0:8088}" --workers 1 --threads 8 --timeout 60 "superset.app:create_app()"
