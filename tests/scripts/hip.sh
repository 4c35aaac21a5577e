#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The digits example compiles by hipcc with Ashlar's own kernels for an AMD card (gfx90a; TARGET names another), links and
# starts: where there is no such card it says so in one sentence. Debian's hipcc and libamdhip64-dev are enough.
# -ffp-contract=on: hipcc alone would fuse products and sums across statements, in the host's code too. That code only
# starts, so it is not optimised but with ASHLAR_OPTIMISED=1.
set -euo pipefail
ROOT="${ROOT:-$(cd "$(dirname "$0")/../.." && pwd)}"
target="${TARGET:-gfx90a}"
command -v hipcc > /dev/null || { echo "skipped: hip: there is no hipcc here" && exit 77; }
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
cd "$folder"

refuse() {
  echo "hip: $1"
  cat output
  exit 1
}

host=(-Xarch_host -O0)
[ "${ASHLAR_OPTIMISED:-0}" != 1 ] || host=()
line=(hipcc -x hip -std=c++20 -O2 ${host[@]+"${host[@]}"} -ffp-contract=on "--offload-arch=$target" -I "$ROOT/include"
  -o program "$ROOT/examples/04_digits.cpp")
echo "${line[*]}"
"${line[@]}" > output 2>&1 || refuse "it does not compile:"
! grep -q "$ROOT/include.*warning:" output || refuse "it compiles with warnings:"
grep -qa "hipv4-amdgcn-amd-amdhsa--$target" program || refuse "the program holds no code for $target:"
status=0
ASHLAR_OUTPUT="$folder" ./program "$ROOT/examples/data/digits.csv" > output 2>&1 || status=$?
if [ "$status" != 0 ] && ! grep -qE '^device: .*(GPU|driver)' output; then refuse "the program fails without a reason:"; fi
tail -n 1 output
