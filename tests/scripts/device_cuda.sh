#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The device policy's tests by nvcc: they compile, and run where there is a GPU; elsewhere they start, say that there is
# none, and skip. Environment: CHECK=memcheck (or racecheck, ...): under that tool of compute-sanitizer.
set -euo pipefail
ROOT="${ROOT:-$(cd "$(dirname "$0")/../.." && pwd)}"
PATH="$PATH:/usr/local/cuda/bin"
command -v nvcc > /dev/null || { echo "skipped: nvcc: there is no CUDA toolkit here" && exit 77; }
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
cd "$folder"

level=-O0 # what will not run is not optimised
in_kernels=(-Xcicc -O0 -Xptxas -O0)
! nvidia-smi > /dev/null 2>&1 || { level=-O1 && in_kernels=(-arch=native); }
flags=(-std=c++20 "$level" -I "$ROOT/include" -I "$ROOT/tests")
by_nvcc=("${flags[@]}" "${in_kernels[@]}" -DASHLAR_TEST_DEVICE --expt-relaxed-constexpr -Xcudafe
  --max_cost_constexpr_call=100000000 -Xcompiler -fconstexpr-ops-limit=1000000000 -x cu -c)
sources=()
for source in "$ROOT"/tests/support/*.cpp; do sources+=("$source"); done
compile() {  # SOURCE: the oracle by g++, what has kernels by nvcc
  case "$1" in
    */support/*) "${CXX:-g++}" "${flags[@]}" -c -o "support_$(basename "$1").o" "$1" ;;
    *) nvcc "${by_nvcc[@]}" -o "$(basename "$1").o" "$1" ;;
  esac
}
export -f compile
running=0
for source in "$ROOT"/tests/backend/thrust/{kernels,training,cuda/main}.cpp "${sources[@]}"; do
  compile "$source" &
  running=$((running + 1))
  [ "$running" -lt "$(nproc)" ] || { wait -n && running=$((running - 1)); }
done
while [ "$running" -gt 0 ]; do wait -n && running=$((running - 1)); done
nvcc -o tests ./*.o

run=(./tests)
[ -z "${CHECK:-}" ] || run=(compute-sanitizer --tool "$CHECK" --error-exitcode 1 ./tests)
"${run[@]}"
