#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# tests/fail: every mistake is refused by a sentence within the first ten lines, and its twin compiles; under clang every
# third and under the newer one every twelfth, or under each all with ASHLAR_ALL_MISTAKES=1.
set -euo pipefail
run="${ROOT:-$(cd "$(dirname "$0")/../.." && pwd)}/tests/fail/run.py"
share() { [ "${ASHLAR_ALL_MISTAKES:-0}" = 1 ] && echo 1 || echo "$1"; }
python3 "$run" --self-check --compilers g++
python3 "$run" --self-check --compilers clang++ --every "$(share 3)"
python3 "$run" --compilers clang++-16 --every "$(share 12)" || [ $? = 77 ]
