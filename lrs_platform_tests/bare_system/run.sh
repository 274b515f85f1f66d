#!/bin/sh
# The whole way of a stranger, on a bare Debian with an account of its own: install from a wheel, up, send, ask, back up,
# destroy, restore, the same answers. Run by hand as root; takes some minutes and 3 GB:
#
#   sh lrs_platform_tests/bare_system/run.sh WHEEL [DIRECTORY]
#
# Needs debootstrap. DIRECTORY is kept and used again. What the environment says to pip and npm is passed on, and BIND may
# name directories of this machine that pip's configuration speaks of.
set -eu
wheel=$(realpath "$1")
root=${2:-$(mktemp -d)}
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd -P)

if [ ! -x "$root/bin/sh" ]; then
    debootstrap --variant=minbase --include=python3,python3-venv,ca-certificates bookworm "$root"
fi
mounted=
unmount() { for place in $mounted; do umount "$place" || true; done; }
trap unmount EXIT
mount_at() { # OPTIONS SOURCE PLACE
    mkdir -p "$3"
    mountpoint -q "$3" && return
    mount $1 "$2" "$3"
    mounted="$3 $mounted"
}
mount_at "-t proc" proc "$root/proc"
mount_at "--bind" /dev "$root/dev"
for directory in ${BIND:-}; do mount_at "--bind -o ro" "$directory" "$root$directory"; done
cp /etc/resolv.conf "$root/etc/resolv.conf"
cp /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/ca-certificates.crt"
for file in /etc/pip.conf /etc/npmrc; do [ ! -e "$file" ] || cp "$file" "$root$file"; done
chroot "$root" id stranger >/dev/null 2>&1 || chroot "$root" useradd --create-home stranger
cp "$wheel" "$here/journey.sh" "$here/statements.py" "$root/home/stranger/"
env | grep -E '^(PIP_|npm_config_|NODE_EXTRA_CA_CERTS=|SSL_CERT_FILE=)' | sed "s/=\(.*\)/='\1'/; s/^/export /" >"$root/home/stranger/registries.sh" || true
chroot "$root" su - stranger -c "sh ./journey.sh $(basename "$wheel")"
