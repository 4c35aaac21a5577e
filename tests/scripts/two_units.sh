#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# tests/two_units: one program of two units that pass a model between them. One of them is built by -O0 and the other
# optimised, for this machine's instruction set too: whichever definition of a function the linker keeps, the program is
# right. ASHLAR_OPTIMISED=1: also without the instruction set, and both optimised.
set -euo pipefail
ROOT="${ROOT:-$(cd "$(dirname "$0")/../.." && pwd)}"
folder="$(mktemp -d)"
trap 'wait; rm -rf "$folder"' EXIT
cd "$folder"

compile() {  # NAME OBJECT FLAGS...
  "${CXX:-g++}" -std=c++20 -I "$ROOT/include" -c -o "$2" "$ROOT/tests/two_units/$1.cpp" "${@:3}"
}
link_and_run() {  # WHAT OBJECTS...
  echo "$1"
  "${CXX:-g++}" -o program "${@:2}"
  ./program "$ROOT/examples/data/digits.csv"
}

compile main slow.o -O0 &
slow=$!
if [ "${ASHLAR_OPTIMISED:-0}" = 1 ]; then
  compile other other.o -O2
  compile main fast.o -O2
  wait "$slow"
  link_and_run "main by -O0, other by -O2" slow.o other.o
  link_and_run "both by -O2" fast.o other.o
fi

compile other native.o -O2 -march=native
wait "$slow"
link_and_run "main by -O0 first, other by -O2 -march=native" slow.o native.o
link_and_run "the same, the native unit first" native.o slow.o
