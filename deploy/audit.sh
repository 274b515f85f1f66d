#!/bin/sh
# Known vulnerabilities of the locked packages, one line a registry: none, how many, or skipped where the advisories
# cannot be reached from here. Prints and never fails: a new advisory must not stop an unrelated change.
set -u
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd -P)
root=$(dirname -- "$here")
report=$(mktemp) || exit 0
trap 'rm -f "$report"' EXIT

if ! timeout 120 "$root/.venv/bin/pip-audit" --requirement "$root/requirements.lock" --require-hashes --disable-pip \
    --progress-spinner off >"$report" 2>&1 && ! grep -q "^Found" "$report"; then
    echo "audit   Python packages: skipped, the advisories cannot be reached"
elif grep -q "could not be audited" "$report"; then
    echo "audit   Python packages: skipped for $(grep -c "could not be audited" "$report"), which have no advisories here"
    grep "^Found" "$report"
elif grep "^Found" "$report"; then
    sed -n '/^Name/,$p' "$report"
else
    echo "audit   Python packages: no known vulnerability"
fi

cd "$here/dbhub" || exit 0
if PATH="$root/.venv/bin:$PATH" timeout 60 npm audit --package-lock-only --loglevel error >"$report" 2>&1; then
    echo "audit   npm packages: no known vulnerability"
elif grep -q "vulnerabilit" "$report"; then
    echo "audit   npm packages: $(grep "vulnerabilit" "$report" | tail -n 1)"
else
    echo "audit   npm packages: skipped, the advisories cannot be reached"
fi
exit 0
