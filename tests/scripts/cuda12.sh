#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# CUDA 12: the digits example compiles with the headers of CUDA 12.9, its Thrust and CUB (CCCL 2.8) and its assembler, for
# sm_50 (the oldest that CUDA 12 knows) and, on the host's side, links with its runtime and starts: where there is no
# driver it says so in one sentence. NVIDIA's packages on PyPI (47 MB) hold all of that but not nvcc itself: its front end
# (cudafe++, cicc) is in none of CUDA 12's packages there, so clang (16 or newer) is the front end here. COMPILERS names
# others; NVCC=1: an nvcc that is here compiles the example with CCCL 2.8 too; ASHLAR_CUDA12: a folder of the packages;
# ASHLAR_OPTIMISED=1: the host's code, which only starts, is optimised.
set -euo pipefail
ROOT="${ROOT:-$(cd "$(dirname "$0")/../.." && pwd)}"
packages=(nvidia-cuda-nvcc-cu12==12.9.86 nvidia-cuda-runtime-cu12==12.9.79 nvidia-cuda-cccl-cu12==12.9.27)
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
cd "$folder"

skip() { echo "skipped: cuda12: $1" && exit 77; }
refuse() {
  echo "cuda12: $1"
  grep -E 'error|fatal' output || tail -n 20 output
  exit 1
}
run() {
  echo "$*"
  "$@" > output 2>&1
}

[ "$(uname -m)" = x86_64 ] || skip "its packages are asked for x86-64 only"
compiler=""
for name in ${COMPILERS:-clang++ clang++-19 clang++-18 clang++-17 clang++-16}; do
  command -v "$name" > /dev/null || continue
  version="$("$name" -dumpversion)"
  [ "${version%%.*}" -lt 16 ] || { compiler="$name" && break; }
done
[ -n "$compiler" ] || skip "there is no clang 16 or newer"
[ "${ASHLAR_NO_INSTALL:-0}" != 1 ] || [ -n "${ASHLAR_CUDA12:-}" ] || skip "ASHLAR_NO_INSTALL=1 allows no download"
if [ -n "${ASHLAR_CUDA12:-}" ]; then # a folder of wheels that are there already
  cp "$ASHLAR_CUDA12"/*.whl .
else
  python3 -m pip download --quiet --no-deps --dest . "${packages[@]}" > output 2>&1 ||
    skip "pip does not get ${packages[0]}: $(tail -n 1 output)"
fi
for wheel in ./*.whl; do python3 -m zipfile -e "$wheel" unpacked; done
mkdir toolkit
cp -rn unpacked/nvidia/*/{include,bin,lib,nvvm} toolkit 2> /dev/null || true
chmod +x toolkit/bin/ptxas

source="$ROOT/examples/04_digits.cpp"
line=("$compiler" -x cuda -std=c++20 -O2 -Wno-unknown-cuda-version --cuda-path="$folder/toolkit" -I "$ROOT/include" -c "$source")
run "${line[@]}" --cuda-gpu-arch=sm_50 --cuda-device-only -o device.cubin || refuse "its kernels do not compile:"
[ -s device.cubin ] || refuse "its kernels are empty:"
[ "${ASHLAR_OPTIMISED:-0}" = 1 ] || line+=(-O0)
run "${line[@]}" --cuda-host-only -o host.o || refuse "its host code does not compile:"
# The object registers no kernels (that takes NVIDIA's fatbinary), so it can start but not train.
run "$compiler" -pthread -o program host.o toolkit/lib/libcudart_static.a -ldl -lrt || refuse "it does not link:"
if [ ! -e /proc/driver/nvidia ]; then
  if ASHLAR_OUTPUT="$folder" ./program "$ROOT/examples/data/digits.csv" > output 2>&1; then refuse "it trained without a driver:"; fi
  grep -E '^device: there is no NVIDIA driver' output || refuse "it does not say that there is no driver:"
fi
PATH="$PATH:/usr/local/cuda/bin"
if [ "${NVCC:-0}" = 1 ] && command -v nvcc > /dev/null; then
  run nvcc -std=c++20 -O1 -I unpacked/nvidia/cuda_cccl/include -I "$ROOT/include" -c -o nvcc.o -x cu "$source" ||
    refuse "nvcc does not compile it with CCCL 2.8:"
fi
