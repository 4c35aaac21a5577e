#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The program a user writes (tests/user_program.cpp, which is fixed) compiles by one bare line, from a folder outside of
# the repository, with every compiler that is here, and runs. COMPILERS names others.
set -euo pipefail
ROOT="${ROOT:-$(cd "$(dirname "$0")/../.." && pwd)}"
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
cd "$folder"

refuse() {
  echo "bare_lines: $1"
  cat output
  exit 1
}

for compiler in ${COMPILERS:-g++ clang++}; do
  if ! command -v "$compiler" > /dev/null; then
    echo "skipped: bare_lines/$compiler: it is not installed"
    continue
  fi
  rm -f ./program ./digits.safetensors
  line=("$compiler" -std=c++20 -O2 -I "$ROOT/include" -o program "$ROOT/tests/user_program.cpp")
  [ "$compiler" != nvcc ] || line=(nvcc -std=c++20 -O2 -I "$ROOT/include" -o program -x cu "$ROOT/tests/user_program.cpp")
  echo "${line[*]}"
  "${line[@]}"
  if ! ./program "$ROOT/examples/data/digits.csv" > output 2>&1; then refuse "$compiler's program failed:"; fi
  # accuracy is printed as a fraction; 0.9 is far below what the network reaches, far above chance
  grep -qE '^accuracy (0\.9[0-9]*|1)$' output || refuse "$compiler's program does not read digits:"
  grep -qF '[10, 64]' output || refuse "$compiler's program does not print the shape [10, 64]:"
  grep -q '^digraph' output || refuse "$compiler's program prints no graph:"
  [ -s digits.safetensors ] || refuse "$compiler's program wrote no weights:"
  grep '^accuracy' output
done
