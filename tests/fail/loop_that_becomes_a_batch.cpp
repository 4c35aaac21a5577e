// SPDX-License-Identifier: MIT
// expect: axis 0 is the batch in what the body returns and not in what it takes
// expect: at_line<12>
#include <ashlar/ashlar.hpp>
using namespace ashlar;

inline constexpr auto network = [](auto x) {
  auto start = parameter<"start", float, 8, 4>(x, initial_constant<0>);
#ifdef ASHLAR_TWIN
  return sum_keep(repeat<2>([=](auto h) { return h * 2.0f; })(start), axes<0>) + x;
#else
  return repeat<2>([=](auto h) { return h + x; })(start);
#endif
};

auto net = model(network, input<4>, cpu, seed{1});
auto loss = mse;
auto t = make_trainer(net, loss, sgd{}, batch<8>);
