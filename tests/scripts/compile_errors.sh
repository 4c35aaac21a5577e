#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# tests/fail: every mistake is refused by a sentence within the first ten lines, and its twin compiles.
set -euo pipefail
run="${ROOT:-$(cd "$(dirname "$0")/../.." && pwd)}/tests/fail/run.py"
python3 "$run" --self-check --compilers g++,clang++
python3 "$run" --compilers clang++-16 || [ $? = 77 ]
