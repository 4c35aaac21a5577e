// SPDX-License-Identifier: MIT
// expect: a value is used outside of the function that made it
// expect: at_line<20>
#include <ashlar/ashlar.hpp>
using namespace ashlar;

tensor<float, 3> x;

auto last_change = [](auto x) {
  auto change = x;
  auto y = repeat<3>([&](auto h) {
    auto next = tanh(h + x);
#ifdef ASHLAR_TWIN
    return next;
#else
    change = next - h;
    return next;
#endif
  })(x);
  return y + change;
};

auto y = evaluate(cpu, last_change, x);
