#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# A primitive of one's own that lacks ASHLAR_HD: nvcc refuses it, for a GPU would compute nothing. With ASHLAR_HD it
# compiles, and beside it one that says that it is of the host alone.
set -euo pipefail
ROOT="${ROOT:-$(cd "$(dirname "$0")/../.." && pwd)}"
PATH="$PATH:/usr/local/cuda/bin"
command -v nvcc > /dev/null || { echo "skipped: nvcc: there is no CUDA toolkit here" && exit 77; }
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
cd "$folder"

cat > program.cu << 'PROGRAM'
#include <ashlar/device.hpp>
using namespace ashlar;

template <class Where>
struct seventh {
  static constexpr bool host_only = Where::value;
  template <class X>
  using result = X;
  static constexpr auto gradient = [](auto d, auto, auto) { return d / 7; };
};
struct for_both : seventh<std::false_type> {
  template <class X, class Y>
  WHERE static void element(std::int64_t i, X x, Y y) {
    y.data()[i] = x.data()[i] / 7;
  }
};
struct on_host : seventh<std::true_type> {
  template <class X, class Y>
  static void element(std::int64_t i, X x, Y y) {
    y.data()[i] = x.data()[i] / 7;
  }
};
int main() {
  tensor<float, 8> const x;
  evaluate(device, [](auto v) { return custom<for_both>(v); }, x);
  evaluate(OTHER, [](auto v) { return custom<on_host>(v); }, x);
}
PROGRAM
compile() {  # WHERE OTHER
  nvcc -std=c++20 -O1 -ptx -I "$ROOT/include" -DWHERE="$1" -DOTHER="$2" -o program.ptx program.cu > output 2>&1
}
refuse() {
  echo "host_primitive: $1"
  cat output
  exit 1
}
compile ASHLAR_HD cpu || refuse "nvcc refuses primitives where they are used as they say:"
grep -q 'div\.rn\.f32' program.ptx || refuse "the kernel does not compute it:"
if compile "" cpu; then refuse "nvcc takes a primitive of the host alone for a GPU:"; fi
grep -qE 'calling a __host__ function\(.*for_both' output || refuse "nvcc does not name the primitive:"
if compile ASHLAR_HD device; then refuse "nvcc launches a primitive that says that it is of the host alone:"; fi
grep -q 'P must not be host_only' output || refuse "nvcc does not say why:"
