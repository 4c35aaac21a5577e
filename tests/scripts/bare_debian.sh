#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The two commands of the README on a bare Debian root: debootstrap's smallest system, a copy of this tree, nothing else.
#   ASHLAR_BARE_DEBIAN=1 tests/scripts/bare_debian.sh            examples/run, then tests/run
#   ASHLAR_BARE_DEBIAN=1 tests/scripts/bare_debian.sh COMMAND    another command, in the copy
# It uses the mirror and the proxy that this machine's apt uses. Exits 77 where it may not or cannot run.
set -euo pipefail
ROOT="${ROOT:-$(cd "$(dirname "$0")/../.." && pwd)}"
skip() { echo "skipped: bare_debian: $1" && exit 77; }
[ "${ASHLAR_BARE_DEBIAN:-0}" = 1 ] || skip "ASHLAR_BARE_DEBIAN=1 is not set; it takes minutes and a gigabyte"
[ "$(id -u)" = 0 ] || skip "it needs root"
command -v debootstrap > /dev/null || skip "debootstrap is not installed"

# The mirror: the first Debian archive in apt's own lists, in either of their formats.
suite="${SUITE:-bookworm}"
mirror="$(cat /etc/apt/sources.list /etc/apt/sources.list.d/*.list /etc/apt/sources.list.d/*.sources 2> /dev/null |
  sed -nE 's/^deb (\[[^]]*\] )?([^ ]+) .*/\2/p; s/^URIs: *([^ ]+).*/\1/p' | grep -E '/debian/?$' | head -n 1 || true)"
[ -n "$mirror" ] || skip "apt's lists name no Debian archive"

folder="$(mktemp -d "${TMPDIR:-/tmp}/bare_debian.XXXXXX")"
system="$folder/system"
finish() {
  umount "$system/proc" 2> /dev/null || true
  if grep -q " $system" /proc/mounts; then
    echo "bare_debian: something is still mounted below $system; it is left there" >&2
  else
    rm -rf --one-file-system "$folder"
  fi
}
trap finish EXIT
trap 'exit 1' INT TERM

# apt's proxy, for debootstrap and for apt inside
eval "$(apt-config shell proxy Acquire::http::Proxy)"
[ -z "${proxy:-}" ] || [ "$proxy" = DIRECT ] || export http_proxy="$proxy"

echo "debootstrap: $suite, the smallest variant"
if ! debootstrap --variant=minbase "$suite" "$system" "$mirror" > "$folder/log" 2>&1; then
  tail -n 20 "$folder/log"
  exit 1
fi
cp /etc/resolv.conf /etc/hosts "$system/etc/"
apt-config dump Acquire | grep -E '^Acquire::(https?::Proxy[: ]|Retries|ForceIPv)' > "$system/etc/apt/apt.conf.d/90host" || true
mkdir -p "$system/ashlar"
tar -C "$ROOT" --exclude=./build --exclude='./build-*' --exclude=./.git -c . | tar -C "$system/ashlar" -x --no-same-owner
mountpoint -q "$system/proc" || mount -t proc proc "$system/proc"

inside() {  # from a directory that is not the tree's
  echo "in the bare system: $*"
  chroot "$system" /usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root TERM=dumb ${http_proxy:+http_proxy="$http_proxy"} \
    /bin/bash -c 'cd /tmp && "$@"' bash "$@"
}
if [ $# -gt 0 ]; then
  inside "$@"
else
  inside /ashlar/examples/run
  inside /ashlar/tests/run
fi
