#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Training programs of large networks are compiled by every compiler that is here, from a folder outside of the
# repository: a GPT of 24 blocks by one bare line (so is VGG16, where NETWORKS names it); ResNet-50 with the room for constants that the CMake target
# gives. That the compiler evaluates their plans is the point, so it stops before it makes kernels. COMPILERS names others.
set -euo pipefail
ROOT="${ROOT:-$(cd "$(dirname "$0")/../.." && pwd)}"
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
cd "$folder"

# room COMPILER: its flag for larger constants
room() {
  case "$1" in
    *clang*) echo -fconstexpr-steps=100000000 ;;
    *nvcc*) echo -Xcudafe --max_cost_constexpr_call=100000000 -Xcompiler -fconstexpr-ops-limit=1000000000 ;;
    *) echo -fconstexpr-ops-limit=1000000000 ;;
  esac
}

for compiler in ${COMPILERS:-g++ clang++}; do
  if ! command -v "$compiler" > /dev/null; then
    echo "skipped: large_networks/$compiler: it is not installed"
    continue
  fi
  line=("$compiler" -std=c++20 -fsyntax-only -I "$ROOT/include")
  [ "$compiler" != nvcc ] || line=(nvcc -std=c++20 -O1 -I "$ROOT/include" -c -o unit.o -x cu)
  for network in ${NETWORKS:-gpt24 resnet50}; do
    flags=()
    [ "$network" != resnet50 ] || read -ra flags <<< "$(room "$compiler")"
    start=$SECONDS
    "${line[@]}" ${flags[@]+"${flags[@]}"} "$ROOT/bench/compile/$network.cpp"
    echo "$compiler ${flags[*]-} $network.cpp: $((SECONDS - start)) s"
  done
done
