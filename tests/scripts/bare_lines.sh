#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The program a user writes (tests/user_program.cpp, which is fixed) compiles by one bare line, from a folder outside of
# the repository, with every compiler that is here, and runs: on the cpu policy, and by g++ on the device policy's
# OpenMP. COMPILERS names others, SYSTEMS what each of them builds for: cpu, omp, tbb, cpp; nvcc
# always builds for CUDA, and where there is no GPU its program has to say that. Of several lines the first is optimised:
# what else they prove does not ask for it (ASHLAR_OPTIMISED=1: all of them).
set -euo pipefail
ROOT="${ROOT:-$(cd "$(dirname "$0")/../.." && pwd)}"
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
cd "$folder"
export OMP_WAIT_POLICY=passive # other tests run meanwhile

refuse() {
  echo "bare_lines: $1"
  cat output
  exit 1
}

systems_of() {  # COMPILER
  case "$1" in
    nvcc) echo cuda ;;
    g++) echo "${SYSTEMS:-cpu omp}" ;;
    *) echo "${SYSTEMS:-cpu}" ;;
  esac
}

level=-O2
for compiler in ${COMPILERS:-g++ clang++}; do
  if ! command -v "$compiler" > /dev/null; then
    echo "skipped: bare_lines/$compiler: it is not installed"
    continue
  fi
  for system in $(systems_of "$compiler"); do
    rm -f ./program ./digits.safetensors
    line=("$compiler" -std=c++20 "$level")
    [ "${ASHLAR_OPTIMISED:-0}" = 1 ] || level=-O0
    case "$system" in
      cpu) ;;
      omp) line+=(-DTHRUST_DEVICE_SYSTEM=THRUST_DEVICE_SYSTEM_OMP -fopenmp) ;;
      tbb) line+=(-DTHRUST_DEVICE_SYSTEM=THRUST_DEVICE_SYSTEM_TBB) ;;
      cpp) line+=(-DTHRUST_DEVICE_SYSTEM=THRUST_DEVICE_SYSTEM_CPP) ;;
      cuda) line+=(-x cu) ;;
      *) echo "bare_lines: there is no system '$system'; there are cpu, omp, tbb and cpp" && exit 1 ;;
    esac
    line+=(-I "$ROOT/include" -o program "$ROOT/tests/user_program.cpp")
    [ "$system" != tbb ] || line+=(-ltbb)
    echo "${line[*]}"
    "${line[@]}"
    found="$(nm program | sed -nE 's/.*[0-9]on_(cuda|omp|tbb|cpp).*/\1/p' | sort -u | paste -sd ' ')"
    [ "${found:-cpu}" = "$system" ] || { : > output && refuse "$compiler's program is built for ${found:-cpu}"; }

    status=0
    ./program "$ROOT/examples/data/digits.csv" > output 2>&1 || status=$?
    if [ "$system" = cuda ] && ! nvidia-smi -L > /dev/null 2>&1 && [ ! -e /dev/nvidia0 ]; then
      [ "$status" != 0 ] || refuse "nvcc's program runs without a GPU:"
      grep -E 'device: there is no (NVIDIA driver|GPU) on this machine' output || refuse "nvcc's program does not say what is missing:"
      continue
    fi
    [ "$status" = 0 ] || refuse "$compiler's program failed:"
    # accuracy is printed as a fraction; 0.9 is far below what the network reaches, far above chance
    grep -qE '^accuracy (0\.9[0-9]*|1)$' output || refuse "$compiler's program does not read digits:"
    grep -qF '[10, 64]' output || refuse "$compiler's program does not print the shape [10, 64]:"
    grep -q '^digraph' output || refuse "$compiler's program prints no graph:"
    [ -s digits.safetensors ] || refuse "$compiler's program wrote no weights:"
    grep '^accuracy' output
  done
done
