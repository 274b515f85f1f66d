#!/bin/sh
# What the stranger does (run.sh), in an empty home directory, with the default home of the platform.
set -eu
. ./registries.sh
PATH=/usr/local/bin:/usr/bin:/bin:$HOME/v/bin
export PORT=${PORT:-26150}
step() { echo "== $1 ($(($(date +%s) - started)) s)"; }
started=$(date +%s)

if [ -x v/bin/lrs ]; then lrs down || true; fi
rm -rf .local backup
step "install"
[ -x v/bin/pip ] || python3 -m venv v
v/bin/pip install --quiet --disable-pip-version-check "$1[embedded]"
v/bin/pip install --quiet --disable-pip-version-check --force-reinstall --no-deps "$1"
lrs --help >/dev/null
step "up"
lrs up --detach --port "$PORT" >up.txt || { cat up.txt; exit 1; }
lrs doctor
step "send"
python3 statements.py make 1000 >statements.jsonl
lrs send statements.jsonl
python3 statements.py ask >before.txt
step "backup"
lrs backup backup
lrs verify-backup backup
step "destroy"
lrs down
rm -rf .local
step "restore"
lrs restore backup --port "$PORT"
lrs up --detach >up.txt || { cat up.txt; exit 1; }
python3 statements.py ask >after.txt
cmp before.txt after.txt
step "same answers: $(wc -l <after.txt) statements"
lrs doctor >/dev/null
lrs down
