# Sourced by SQLPad's entry point (/etc/docker-entrypoint.d), because SQLPad reads passwords from its environment only.
SQLPAD_CONNECTIONS__warehouse__password=$(cat /run/secrets/lrs_reader_password)
SQLPAD_PASSPHRASE=$(cat /run/secrets/sqlpad_passphrase)
