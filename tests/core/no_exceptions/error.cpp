// SPDX-License-Identifier: MIT
// Compiled with -fno-exceptions -fno-rtti, as a program of its own: exits 0 when the handler was called.
#include <ashlar/core/error.hpp>
#include <ashlar/core/random_tensor.hpp>
#include <ashlar/core/tensor.hpp>
#include <cstdlib>
#include <span>

using namespace ashlar;

int main() {
  error_handler const before = set_error_handler([](error const& e) {
    bool const right = e.message == "tensor [2, 3]: 6 elements are needed, 2 were given";
    std::_Exit(right ? 0 : 2);
  });
  if (before == nullptr) return 3;
  float const two[2] = {1, 2};
  tensor<float, 2, 3> const x{std::span<float const>(two)};
  return 1;
}
