#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Training programs of large networks are compiled by every compiler that is here, from a folder outside of the
# repository, by one bare line: a GPT of 24 blocks and ResNet-50 (NETWORKS names others, such as vgg16). That the
# compiler evaluates their plans is the point, so it stops before it makes kernels. It warns of nothing: nvcc's warnings
# spell all types, which is pages for each. COMPILERS names others.
set -euo pipefail
ROOT="${ROOT:-$(cd "$(dirname "$0")/../.." && pwd)}"
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
cd "$folder"

for compiler in ${COMPILERS:-g++ clang++}; do
  if ! command -v "$compiler" > /dev/null; then
    echo "skipped: large_networks/$compiler: it is not installed"
    continue
  fi
  line=("$compiler" -std=c++20 -fsyntax-only -I "$ROOT/include")
  [ "$compiler" != nvcc ] || line=(nvcc -std=c++20 -O1 -I "$ROOT/include" -c -o unit.o -x cu)
  for network in ${NETWORKS:-gpt24 resnet50}; do
    start=$SECONDS
    "${line[@]}" "$ROOT/bench/compile/$network.cpp" > output 2>&1 || { cat output && exit 1; }
    ! grep -E 'warning' output || { echo "large_networks: $compiler warns of $network.cpp" && exit 1; }
    echo "$compiler $network.cpp: $((SECONDS - start)) s"
  done
done
