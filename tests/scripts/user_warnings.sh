#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# A user's own warnings are not about our headers: a program that trains, predicts and saves, on both policies, under
# -Wshadow, -Wconversion and -Wpedantic with the headers found by -I, as by CMake from a folder of one's own. Flags by
# which the compiler takes numbers to be finite are refused in a sentence.
set -euo pipefail
ROOT="${ROOT:-$(cd "$(dirname "$0")/../.." && pwd)}"
CXX="${CXX:-g++}"
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT

cat > "$folder/program.cpp" << 'PROGRAM'
#include WHERE_HEADER
using namespace ashlar;

int main() {
  constexpr auto network = conv2d<6, 3, padding<1>> | batch_norm | relu | max_pool2d<2> | dropout<0.25> | flatten |
                           linear<24> | gelu | layer_norm | linear<3>;
  auto net = model(network, input<1, 8, 8>, WHERE, seed{1});
  auto trainer = make_trainer(net, cross_entropy, adam{}, batch<8>);
  tensor<float, 8, 1, 8, 8> x;
  tensor<std::int32_t, 8> labels;
  static_cast<void>(static_cast<float>(trainer.step(x, labels)));
  save(net, "net.safetensors");
  return predict(net, x)(0, 0) < 0;
}
PROGRAM
limit=-fconstexpr-ops-limit=1000000000
! "$CXX" --version | grep -q clang || limit=-fconstexpr-steps=1000000000
flags=(-std=c++20 -fsyntax-only -Wall -Wextra -Wshadow -Wconversion -Wpedantic -Werror "$limit" -I "$ROOT/include")
compile() {  # FLAG...
  echo "$*"
  "$CXX" "${flags[@]}" "$@" "$folder/program.cpp"
}
compile -DWHERE=cpu '-DWHERE_HEADER=<ashlar/ashlar.hpp>'
if echo '#include <thrust/for_each.h>' | "$CXX" -x c++ -fsyntax-only -DTHRUST_DEVICE_SYSTEM=4 - 2> /dev/null; then
  compile -DWHERE=device '-DWHERE_HEADER=<ashlar/device.hpp>' -DTHRUST_DEVICE_SYSTEM=THRUST_DEVICE_SYSTEM_CPP
fi
# A warning of this kind is an error here.
echo 'int x; int main() { int x = 0; return x; }' > "$folder/program.cpp"
if compile > /dev/null 2>&1; then echo "a shadow is not seen" && exit 1; fi

echo '#include <ashlar/core/config.hpp>' > "$folder/program.cpp"
refused=(-ffast-math -Ofast -ffinite-math-only)
case "$("$CXX" --version)" in *clang*) ;; *) refused+=(-funsafe-math-optimizations) ;; esac # of which clang tells nothing
for flag in "${refused[@]}"; do
  if compile "$flag" 2> "$folder/said" > /dev/null; then echo "$flag is taken" && exit 1; fi
  grep -q 'error: .*ashlar: -ffast-math breaks NaN handling' "$folder/said"
done
compile -fno-math-errno
