#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# tests/programs/real_time.cpp under clang's RealtimeSanitizer, which knows many more calls that may wait: it stops the
# program at the first that a prediction makes. Exits 77 where no clang has it (clang 20 and newer with its runtime:
# Debian's clang-22 and libclang-rt-22-dev).
set -euo pipefail
ROOT="${ROOT:-$(cd "$(dirname "$0")/../.." && pwd)}"
folder="$(mktemp -d "${TMPDIR:-/tmp}/real_time.XXXXXX")"
trap 'rm -rf "$folder"' EXIT

echo 'int main() {}' > "$folder/empty.cpp"
for compiler in ${REAL_TIME_CXX:-} clang++-{29..20} clang++; do
  if "$compiler" -fsanitize=realtime "$folder/empty.cpp" -o "$folder/empty" 2> /dev/null; then
    echo "$("$compiler" --version | head -n 1)"
    "$compiler" -std=c++20 -O1 -g -Wall -Wextra -fsanitize=realtime -fconstexpr-steps=1000000000 -I "$ROOT/include" \
      -pthread "$ROOT/tests/programs/real_time.cpp" -o "$folder/real_time"
    "$folder/real_time"
    exit
  fi
done
echo "skipped: real_time_sanitizer: no clang here has RealtimeSanitizer (clang-22 and libclang-rt-22-dev on Debian)"
exit 77
