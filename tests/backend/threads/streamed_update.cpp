// SPDX-License-Identifier: MIT
#include <cstring>
#include <limits>
#include <vector>

#include <doctest/doctest.h>

#include <ashlar/ashlar.hpp>

using namespace ashlar;

namespace {

// Parameters after steps of at most Batch samples, among them some of fewer; on several
// threads, whose steps are divided, the update is a step of its own.
template <int Batch, bool Streams, class Net, class Optimizer>
std::vector<char> trained(Net const& network, Optimizer const& optimizer, int workers) {
  thread_pool pool(threads{workers});
  pool.set_break_even(0);
  auto net = model(network, input<37>, cpu.with(pool), seed{1});
  auto t = make_trainer(net, mse, optimizer, batch<Batch>);
  static_assert(detail::cpu_executor<typename decltype(t)::program>::streams_update == Streams);
  tensor<float, Batch, 37> x;
  tensor<float, Batch, 3> y;
  tensor<float, 1, 37> one;
  tensor<float, 1, 3> wanted;
  for (int step = 0; step < 5; ++step) {
    random_normal(x, seed{10 + step});
    random_normal(y, seed{20 + step});
    t.step(x, y);
    random_normal(one, seed{30 + step});
    random_normal(wanted, seed{40 + step});
    t.step(one, wanted);
    // it is not finite, so nothing changes
    one(0, 3) = std::numeric_limits<float>::quiet_NaN();
    t.step(one, wanted);
  }
  CHECK(t.steps() == 10);
  CHECK((pool.shares_of(0) > 8) == (workers > 1));
  return {net.parameter_memory(), net.parameter_memory() + net.tables().counts.parameter_bytes};
}
template <int Batch, bool Streams = true, class Net, class Optimizer>
void check_equal_bits(Net const& network, Optimizer const& optimizer) {
  CHECK(trained<Batch, Streams>(network, optimizer, 1) == trained<Batch, Streams>(network, optimizer, 3));
}

// The first weight's gradient is several slices, the second's is one; their rows are no whole vectors.
inline constexpr auto wide = linear<300> | relu | linear<3>;
inline constexpr auto narrow = linear<5> | tanh | linear<3>;

}  // namespace

TEST_CASE("an update that is computed with the last gradient leaves the same bits as a step of its own") {
  check_equal_bits<1>(wide, sgd{.learning_rate = 0.01f});
  check_equal_bits<3>(wide, sgd{.learning_rate = 0.01f, .momentum = 0.9f, .weight_decay = 0.01f});
  check_equal_bits<4>(wide, adam{});
  check_equal_bits<2>(narrow, adamw{});
}
TEST_CASE("it is not where there are many samples, or something stands between the two") {
  check_equal_bits<8, false>(wide, sgd{.learning_rate = 0.01f});
  check_equal_bits<2, false>(wide, accumulate<2> | adam{});
  check_equal_bits<2, false>(wide, clip_by_norm{.max_norm = 0.1f} | sgd{.learning_rate = 0.01f});
}
