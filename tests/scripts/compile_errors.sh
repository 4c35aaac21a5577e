#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# tests/fail: every mistake is refused by a sentence within the first ten lines, and its twin compiles: under g++ and one
# of the clangs in turns, with ASHLAR_ALL_COMPILERS=1 under all of them.
set -euo pipefail
run="${ROOT:-$(cd "$(dirname "$0")/../.." && pwd)}/tests/fail/run.py"
between=/
[ "${ASHLAR_ALL_COMPILERS:-0}" != 1 ] || between=,
python3 "$run" --self-check --compilers "g++,clang++${between}clang++-16"
