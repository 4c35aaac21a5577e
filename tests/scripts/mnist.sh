#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# LeNet reaches 99 % on MNIST's 10,000 test images within ten epochs. It trains for minutes, so only where ASHLAR_MNIST=1
# asks for it, as .ci/run does; and it skips where the data are not.
set -euo pipefail
ROOT="${ROOT:-$(cd "$(dirname "$0")/../.." && pwd)}"
if [ "${ASHLAR_MNIST:-0}" != 1 ]; then
  echo "skipped: mnist: it trains for minutes; .ci/run does, or ASHLAR_MNIST=1 tests/scripts/mnist.sh"
  exit 77
fi
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
cd "$folder"
export ASHLAR_NO_INSTALL=1 ASHLAR_OUTPUT="$folder/output"

status=0
"$ROOT/examples/run" mnist > log 2>&1 || status=$?
cat log
[ "$status" = 0 ] || exit "$status"
[ "$(grep -cE '^epoch [0-9]+/10 ' log)" = 10 ] || { echo "mnist: it did not train for ten epochs" && exit 1; }
grep -qE '^time per epoch [0-9.]+ s$' log || { echo "mnist: it does not print the time per epoch" && exit 1; }
tail -n 1 log | grep -qE '^accuracy (99\.[0-9]{2}|100\.00) %$' || { echo "mnist: less than 99 %" && exit 1; }
python3 "$ROOT/tests/scripts/pictures/decode.py" output/mnist.png output/mnist.svg
