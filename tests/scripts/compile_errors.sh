#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# tests/fail: every mistake is refused by a sentence within the first ten lines under g++ and one of the clangs in turns,
# and its twin compiles under one of all these; with ASHLAR_ALL_COMPILERS=1 both under all of them.
set -euo pipefail
run="${ROOT:-$(cd "$(dirname "$0")/../.." && pwd)}/tests/fail/run.py"
between=/ twins=(--fewer-twins)
if [ "${ASHLAR_ALL_COMPILERS:-0}" = 1 ]; then between=, twins=(); fi
python3 "$run" --self-check ${twins[@]+"${twins[@]}"} --compilers "g++,clang++${between}clang++-16"
