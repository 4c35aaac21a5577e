#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The device policy's tests by nvcc: they compile, and run where there is a GPU; elsewhere they start, say that there is
# none, and skip. Environment: CHECK=memcheck (or racecheck, ...): under that tool of compute-sanitizer. BUILT=folder: of
# the program, which is run as it is where one lies there already. CUDA_ARCH=sm_90: built for that GPU, wherever it is.
# ASHLAR_OPTIMISED=1: optimised though there is no GPU. BUILD: a folder of cmake's, whose oracle is linked if it is there.
set -euo pipefail
ROOT="${ROOT:-$(cd "$(dirname "$0")/../.." && pwd)}"
PATH="$PATH:/usr/local/cuda/bin"
command -v nvcc > /dev/null || { echo "skipped: nvcc: there is no CUDA toolkit here" && exit 77; }
{ read -r headers && read -r libraries; } < <(python3 "$ROOT/bench/cuda_libraries.py") || headers="" libraries=""
[ -z "$libraries" ] || export LD_LIBRARY_PATH="${LD_LIBRARY_PATH:+$LD_LIBRARY_PATH:}$libraries"
if [ -n "${BUILT:-}" ]; then
  mkdir -p "$BUILT"
  cd "$BUILT"
else
  folder="$(mktemp -d)"
  trap 'rm -rf "$folder"' EXIT
  cd "$folder"
fi

await() { # one of the compilers
  wait -n || failed=yes
  running=$((running - 1))
}
build() {
  local level=-O1 for_gpu=() objects=() source object running=0 failed="" oracle="${BUILD:-}/tests/libashlar_test_support.a"
  local sources=("$ROOT"/tests/backend/thrust/{kernels,training,cuda/main,cuda/libraries}.cpp)
  [ -e "$oracle" ] || { sources+=("$ROOT"/tests/support/*.cpp) && oracle=""; }
  if [ -n "${CUDA_ARCH:-}" ]; then
    for_gpu=("-arch=$CUDA_ARCH")
  elif nvidia-smi > /dev/null 2>&1; then
    for_gpu=(-arch=native)
  elif [ "${ASHLAR_OPTIMISED:-0}" != 1 ]; then
    level=-O0 && for_gpu=(-Xcicc -O0 -Xptxas -O0) # what will not run is not optimised
  fi
  local flags=(-std=c++20 "$level" -I "$ROOT/include" -I "$ROOT/tests")
  # shellcheck disable=SC2206
  local by_nvcc=("${flags[@]}" "${for_gpu[@]}" -DASHLAR_TEST_DEVICE --expt-relaxed-constexpr -Xcudafe
    --max_cost_constexpr_call=100000000 -Xcompiler -fconstexpr-ops-limit=1000000000 $headers -x cu -c)
  for source in "${sources[@]}"; do
    object="${source#"$ROOT"/tests/}"
    object="${object//\//_}.o"
    objects+=("$object")
    case "$source" in # the oracle by g++, what has kernels by nvcc
      */support/*) "${CXX:-g++}" "${flags[@]}" -c -o "$object" "$source" & ;;
      *) nvcc "${by_nvcc[@]}" -o "$object" "$source" & ;;
    esac
    running=$((running + 1))
    [ "$running" -lt "$(nproc)" ] || await
  done
  while [ "$running" -gt 0 ]; do await; done
  [ -z "$failed" ]
  nvcc -o tests "${objects[@]}" ${oracle:+"$oracle"}
}
[ -x tests ] || build

run=(./tests)
[ -z "${CHECK:-}" ] || run=(compute-sanitizer --tool "$CHECK" --error-exitcode 1 ./tests)
"${run[@]}"
