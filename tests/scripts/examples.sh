#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Every example by examples/run, which builds it by one bare line, from another directory; and what the main one
# promises: its last line, its weights, its curve, its gallery.
set -euo pipefail
ROOT="${ROOT:-$(cd "$(dirname "$0")/../.." && pwd)}"
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
cd "$folder"
export ASHLAR_NO_INSTALL=1 CXX="${CXX:-g++}"

names="$("$ROOT/examples/run" --list | awk '{ print $1 }')"
[ -n "$names" ] || { echo "examples: examples/run --list names none" && exit 1; }
for name in $names; do
  echo "== $name"
  export ASHLAR_OUTPUT="$folder/output/$name"
  "$ROOT/examples/run" --time "$name" > "$name.log" || { cat "$name.log" && echo "examples: $name failed" && exit 1; }
  tail -n 1 "$name.log"
  find "$ASHLAR_OUTPUT" \( -name '*.png' -o -name '*.svg' \) -exec python3 "$ROOT/tests/scripts/pictures/decode.py" {} +
done
[ "$(ls "$folder" | grep -cvE '\.log$|^output$')" = 0 ] || { echo "examples: the working directory is littered:" && ls && exit 1; }

for wanted in svg png safetensors; do
  ls "$folder/output/digits/"*."$wanted" > /dev/null || { echo "examples: digits wrote no .$wanted" && exit 1; }
done
if ! tail -n 1 digits.log | grep -qE '^accuracy (9[89]\.[0-9]{2}|100\.00) %$'; then
  echo "examples: the last line of digits is not 'accuracy 98.61 %' or better"
  exit 1
fi
