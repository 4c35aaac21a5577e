#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# tests/fail: every mistake is refused by a sentence within the first ten lines, and its twin compiles.
set -euo pipefail
exec python3 "${ROOT:-$(cd "$(dirname "$0")/../.." && pwd)}/tests/fail/run.py" --self-check
