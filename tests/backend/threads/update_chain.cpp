// SPDX-License-Identifier: MIT
#include <cstring>
#include <limits>
#include <vector>

#include <doctest/doctest.h>

#include <ashlar/ashlar.hpp>

#include "support/fewer_problems.hpp"
#include "support/ways_to_run.hpp"

using namespace ashlar;

namespace {

using detail::instruction_set, detail::machine_instruction_set, proof::executor, proof::source, proof::way;

// Parameters after some steps, of Batch samples and of fewer.
template <class Program, int Batch, class Optimizer>
std::vector<char> trained(std::vector<char> parameters, Optimizer const& optimizer, way const& how) {
  detail::host_stepper<Program, executor<Program>, Optimizer::slots, 1 + Optimizer::scalars> steps;
  detail::run_memory m;
  m.parameters = parameters.data();
  auto step = [&](int rows, bool is_finite) {
    for (int k = 0; k < 2; ++k) {
      auto* const x = reinterpret_cast<float*>(steps.input(k));
      std::int64_t const size = Program::tables.inputs[k].extents.size();
      random_stream const numbers(seed{5}, static_cast<std::uint64_t>(k), static_cast<std::uint64_t>(steps.steps()));
      for (std::int64_t i = 0; i < size; ++i) x[i] = numbers.uniform(static_cast<std::uint64_t>(i)) - 0.5f;
      if (!is_finite) x[3] = std::numeric_limits<float>::quiet_NaN();
    }
    m.rows = rows;
    steps.step(m, how, source<Optimizer>{optimizer, rows});
  };
  step(Batch, true);
  step(1, true);
  std::vector<char> const before = parameters;
  step(1, false);  // nothing changes
  CHECK(parameters == before);
  step(Batch, true);
  step(2, true);  // of which accumulating updates are the second one
  CHECK(parameters != before);
  CHECK(steps.steps() == 4);
  return parameters;
}

template <int Batch, int Chained, class Net, class Optimizer>
void check_equal_bits(Net const& network, Optimizer const& optimizer) {
  auto net = model(network, input<1031>, cpu, seed{1});
  using program = typename decltype(make_trainer(net, mse, optimizer, batch<Batch>))::program;
  static_assert(detail::update_chain<program>::found.count == Chained);
  std::vector<char> const begin(net.parameter_memory(), net.parameter_memory() + net.tables().counts.parameter_bytes);
  int const last = static_cast<int>(machine_instruction_set()), first = proof::fewer_problems() ? last : 0;
  for (int set = first; set <= last; ++set) {
    CAPTURE(set);
    way how{false, static_cast<instruction_set>(set)};
    std::vector<char> const wanted = trained<program, Batch>(begin, optimizer, how);
    how.joined = true;
    for (how.parts = 1; how.parts < 4; how.parts += 2) {
      CAPTURE(how.parts);
      CHECK((trained<program, Batch>(begin, optimizer, how) == wanted));
    }
    if (how.set != machine_instruction_set()) continue;
    thread_pool pool(threads{3});
    pool.set_break_even(0);
    how.pool = &pool;
    CHECK((trained<program, Batch>(begin, optimizer, how) == wanted));
    CHECK(pool.shares_of(2) > 4);
  }
}

// The first weight's gradient is several blocks, and its rows are no whole vectors.
inline constexpr auto wide = linear<1019> | relu | linear<3>;
inline constexpr auto narrow = linear<37> | tanh | linear<3>;
inline constexpr auto deep = linear<1031> | relu | residual(linear<1031> | relu) | linear<3>;
constexpr auto twice = [](auto net, auto x, auto y) {
  auto const d = net(x) - y, e = net(x * 2.0f) - y;
  return mean(square(d)) + mean(square(e));
};

// Plans in which what reads a weight stands behind the weight's gradient, or another gradient is made of it.
template <class Program>
struct reads_later {
  static constexpr auto tables = [] {
    auto t = Program::tables;
    auto const& link = detail::update_chain<Program>::found.of[1];
    auto reads = [&](auto const& step) {
      detail::address const weight = t.operands[step.operands + 1];
      return weight.place == detail::parameter_place && weight.offset == 4 * link.first;
    };
    int before = link.step;
    while (!reads(t.steps[before])) --before;
    auto const reader = t.steps[before];
    t.steps[before] = t.steps[link.step];
    t.steps[link.step] = reader;
    return t;
  }();
};
template <class Program>
struct reads_gradient {
  static constexpr auto tables = [] {
    auto t = Program::tables;
    auto const& links = detail::update_chain<Program>::found;
    t.operands[t.steps[links.of[0].step].operands] = t.operands[t.steps[links.of[1].step].operands + 2];
    return t;
  }();
};

}  // namespace

TEST_CASE("an update that takes gradients while they are computed leaves the same bits as a step of its own") {
  check_equal_bits<9, 1>(wide, sgd{.learning_rate = 0.01f});
  check_equal_bits<9, 1>(wide, sgd{.learning_rate = 0.01f, .momentum = 0.9f, .weight_decay = 0.01f});
  check_equal_bits<9, 1>(wide, adamw{});
  check_equal_bits<6, 2>(deep, adam{});
}
TEST_CASE("on few samples it takes smaller gradients, too") {
  check_equal_bits<2, 1>(narrow, sgd{.learning_rate = 0.01f});
  check_equal_bits<4, 1>(narrow, adam{});
  check_equal_bits<3, 1>(wide, nesterov{.learning_rate = 0.01f});
}
TEST_CASE("it does not where gradients are small, or something stands between the two") {
  check_equal_bits<9, 0>(narrow, sgd{.learning_rate = 0.01f});
  check_equal_bits<2, 0>(wide, accumulate<2> | adam{});
  check_equal_bits<2, 0>(wide, clip_by_norm{.max_norm = 0.1f} | sgd{.learning_rate = 0.01f});
}
TEST_CASE("it does not where a gradient is a sum of two") {
  auto net = model(wide, input<1031>, target<float, 3>, cpu, seed{1});
  using program = decltype(make_trainer(net, twice, adam{}, batch<8>))::program;
  CHECK(detail::update_chain<program>::found.count == 0);
}
TEST_CASE("it does not where a later step reads the parameter or the gradient") {
  auto net = model(deep, input<1031>, cpu, seed{1});
  using program = decltype(make_trainer(net, mse, adam{}, batch<8>))::program;
  using detail::update_chain;
  constexpr auto const& links = update_chain<program>::found;
  static_assert(links.count == 2 && links.of[1].first > links.of[0].first);
  static_assert(update_chain<reads_later<program>>::found.count == 1);
  CHECK(update_chain<reads_later<program>>::found.of[0].first == links.of[0].first);
  static_assert(update_chain<reads_gradient<program>>::found.count == 1);
  CHECK(update_chain<reads_gradient<program>>::found.of[0].first == links.of[0].first);
}
TEST_CASE("a share of a gradient may be nothing") {
  constexpr auto network = linear<320> | relu | linear<3>;  // 5 units of columns for 6 workers
  auto trained_by = [&](int workers) {
    thread_pool pool(threads{workers});
    pool.set_break_even(0);
    auto net = model(network, input<64>, target<float, 3>, cpu.with(pool), seed{1});
    auto t = make_trainer(net, mse, sgd{.learning_rate = 0.1f}, batch<4>);
    static_assert(detail::update_chain<typename decltype(t)::program>::found.count == 1);
    tensor<float, 4, 64> x;
    random_normal(x, seed{2});
    tensor<float, 4, 3> y;
    random_normal(y, seed{3});
    for (int step = 0; step < 3; ++step) t.step(x, y);
    return std::vector<char>(net.parameter_memory(), net.parameter_memory() + net.tables().counts.parameter_bytes);
  };
  CHECK(trained_by(6) == trained_by(1));
}
