#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# tests/aarch64: a network is trained on an emulated ARM processor, by the vector code that x86 has, with losses that are
# those of this machine.
set -euo pipefail
ROOT="${ROOT:-$(cd "$(dirname "$0")/../.." && pwd)}"
cross=aarch64-linux-gnu-g++
if ! command -v "$cross" > /dev/null || ! command -v qemu-aarch64 > /dev/null; then
  echo "skipped: aarch64: there is no $cross or no qemu-aarch64 (Debian: g++-aarch64-linux-gnu, qemu-user)"
  exit 77
fi
folder="$(mktemp -d)"
trap 'wait; rm -rf "$folder"' EXIT
"${CXX:-g++}" -std=c++20 -O1 -I "$ROOT/include" "$ROOT/tests/aarch64/main.cpp" -o "$folder/here" &
"$cross" -std=c++20 -O2 -Wall -Wextra -Werror -static -I "$ROOT/include" "$ROOT/tests/aarch64/main.cpp" -o "$folder/there"
wait $!
"$folder/here" > "$folder/expected"
qemu-aarch64 "$folder/there" > "$folder/found"
paste "$folder/expected" "$folder/found" | tee "$folder/both"
awk '{ d = $1 - $2; if (d < 0) d = -d; if (!(d <= 2e-4 * (1 + ($1 < 0 ? -$1 : $1)))) bad = 1 }
  END { exit bad || NR != 9 }' "$folder/both"
