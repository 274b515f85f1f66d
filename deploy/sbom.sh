#!/bin/sh
# The bill of materials, made from the lock files without installing anything: sbom/python.cdx.json and sbom/npm.cdx.json
# (CycloneDX), every package with its version, its purl and the checksums that the installer insists on.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd -P)
root=$(dirname -- "$here")
folder=${1:-$root/sbom}
mkdir -p "$folder"
"$root/.venv/bin/cyclonedx-py" requirements "$root/requirements.lock" --pyproject "$root/pyproject.toml" \
    --output-format JSON --no-validate --output-reproducible --output-file "$folder/python.cdx.json" 2>"$folder/.log" ||
    { cat "$folder/.log" >&2; exit 1; }
cd "$here/dbhub"
PATH="$root/.venv/bin:$PATH" npm sbom --package-lock-only --sbom-format cyclonedx --loglevel error \
    >"$folder/npm.cdx.json" 2>"$folder/.log" || { cat "$folder/.log" >&2; exit 1; }
rm -f "$folder/.log"
echo "bills of materials are in $folder"
