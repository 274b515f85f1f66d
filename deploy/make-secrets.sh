#!/bin/sh
# Makes the files of secrets that docker-compose.yml mounts, at random, in deploy/secrets. Keeps those that are there.
# Needs nothing but /dev/urandom. The folder is closed to others (0700); the files in it are readable, because the
# containers read them under accounts of their own.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd -P)
folder=${1:-$here/secrets}
umask 077
mkdir -p "$folder"
chmod 700 "$folder"

random() { # 32 letters and digits: 190 bits, and nothing that a URL would need to escape
    LC_ALL=C tr -dc 'A-Za-z0-9' </dev/urandom | head -c 32
}

keep() { # NAME CONTENT: write the file unless it is there
    [ -s "$folder/$1" ] && return
    printf '%s' "$2" >"$folder/$1.new"
    chmod 444 "$folder/$1.new"
    mv "$folder/$1.new" "$folder/$1"
}

read_back() { cat "$folder/$1"; }

for name in postgres_password lrs_writer_password lrs_reader_password lrs_dagster_password redis_secret xapi_password \
    sqlpad_passphrase superset_secret_key superset_admin_password LRS_ADMIN_TOKEN LRS_MCP_WAREHOUSE_TOKEN LRS_MCP_PYTHON_TOKEN \
    LRS_MCP_DBHUB_TOKEN LRS_MCP_MAIL_TOKEN LRS_MAIL_EVENTS_TOKEN; do
    keep "$name" "$(random)"
done
# The mail relay's, the OpenID provider's and the chat model's; written there by whoever knows them.
[ -e "$folder/LRS_SMTP_PASSWORD" ] || keep LRS_SMTP_PASSWORD ""
[ -e "$folder/LRS_OIDC_CLIENT_SECRET" ] || keep LRS_OIDC_CLIENT_SECRET ""
[ -e "$folder/LRS_LLM_API_KEY" ] || keep LRS_LLM_API_KEY ""
keep redis_password.conf "requirepass $(read_back redis_secret)
"
keep LRS_REDIS_URL "redis://:$(read_back redis_secret)@redis:6379/0"
keep LRS_DATABASE_URL "postgresql://lrs_writer:$(read_back lrs_writer_password)@postgres:5432/lrs"
keep LRS_READER_DATABASE_URL "postgresql://lrs_reader:$(read_back lrs_reader_password)@postgres:5432/lrs"
keep LRS_DAGSTER_DATABASE_URL "postgresql://lrs_dagster:$(read_back lrs_dagster_password)@postgres:5432/dagster"
site=https://${LRS_SITE:-localhost} # as in .env
keep credentials.json "{
  \"port\": 8000,
  \"endpoint\": \"$site/xAPI\",
  \"username\": \"sender\",
  \"password\": \"$(read_back xapi_password)\",
  \"admin_token\": \"$(read_back LRS_ADMIN_TOKEN)\",
  \"urls\": {
    \"gateway\": \"$site\",
    \"ui\": \"$site/ui\",
    \"streaming\": \"$site/ui/test-etl-streaming\",
    \"health\": \"$site/health\",
    \"dagster\": \"$site/dagster\"
  }
}
"
echo "secrets are in $folder; endpoint, username and password for senders: $folder/credentials.json"
