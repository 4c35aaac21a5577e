// SPDX-License-Identifier: MIT
#include <cstring>
#include <limits>
#include <vector>

#include <doctest/doctest.h>

#include <ashlar/ashlar.hpp>

#include "support/combinations.hpp"
#include "support/least_set.hpp"
#include "support/ways_to_run.hpp"

using namespace ashlar;

namespace {

using detail::instruction_set, detail::machine_instruction_set, proof::way;

template <class Net, int Batch = 1>
using predictor_of = predictor<std::remove_cv_t<std::remove_reference_t<Net>>, Batch>;

// The bits of a prediction. What the arena held before is not read.
template <class Program, class Net>
std::vector<char> outputs(Net const& net, std::vector<float> const& x, way const& how, char before) {
  constexpr auto const& tables = Program::tables;
  detail::buffer arena(tables.counts.arena_bytes);
  std::memset(arena.data(), before, static_cast<std::size_t>(tables.counts.arena_bytes));
  std::memcpy(arena.data() + tables.inputs[0].at.offset, x.data(), x.size() * sizeof(float));
  double scalars[1] = {1};
  detail::run_memory m;
  m.arena = arena.data();
  m.scalars = scalars;
  m.parameters = net.parameter_memory();
  m.states = net.state_memory();
  m.rows = 1;
  proof::executor<Program>::run(m, how);
  char const* const y = arena.data() + tables.outputs[0].at.offset;
  return {y, y + tables.outputs[0].elements() * static_cast<std::int64_t>(sizeof(float))};
}
// One function has the bits of all kernels, one by one, in parts, and under a watch.
template <int Products, class Network, class Input>
void check(Network const& network, Input const& sample) {
  auto net = model(network, sample, cpu, seed{3});
  using program = typename predictor_of<decltype(net)>::program;
  static_assert(detail::row_chain<program>::is_used == (Products > 0));
  random_stream const random(seed{5}, 1);
  for (std::int64_t i = 0; i < net.parameters(); ++i)
    reinterpret_cast<float*>(net.parameter_memory())[i] = random.uniform(static_cast<std::uint64_t>(i)) - 0.5f;
  std::vector<float> x(static_cast<std::size_t>(predictor_of<decltype(net)>::input_sample::size));
  for (std::size_t i = 0; i < x.size(); ++i) x[i] = random.uniform(100000 + i) - 0.5f;
  for (float first : {x[0], std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity(), -0.0f}) {
    x[0] = first;
    for (int set = proof::least_set; set <= static_cast<int>(machine_instruction_set()); ++set) {
      CAPTURE(set);
      auto const which = static_cast<instruction_set>(set);
      auto const wanted = outputs<program>(net, x, way{false, which}, 1);
      for (int parts : {1, 2, 5}) CHECK(outputs<program>(net, x, way{true, which, parts}, -1) == wanted);
    }
  }
}
// Where others alike are checked, too.
template <int Products, class Network, class Input>
void check_more(Network const& network, Input const& sample) {
  if constexpr (proof::most_combinations) check<Products>(network, sample);
}

}  // namespace

TEST_CASE("a prediction of small products of one row is one function with the bits of their kernels") {
  check<3>(linear<64> | relu | linear<64> | relu | linear<4>, input<16>);
  check<3>(linear<37> | relu | linear<19> | linear<1, no_bias>, input<1>);
  check_more<1>(linear<5>, input<17>);
  check_more<3>(linear<64> | relu | linear<33> | linear<1>, input<16>);
  check_more<2>(linear<1> | relu | linear<1>, input<5>);
  check_more<2>(linear<200, no_bias> | linear<33> | relu, input<5>);
  check<2>(linear<2> | relu | linear<130>, input<117>);
  check<3>(linear<128> | relu | linear<64> | linear<4>, input<16>);  // in panels
  check_more<2>(linear<192, no_bias> | linear<33> | relu, input<5>);
  check<6>(linear<3> | relu | linear<17> | relu | linear<16> | relu | linear<31> | relu | linear<32> | linear<2> | relu,
           input<7>);
}
TEST_CASE("other predictions are not") {
  check<0>(linear<4, no_bias>, input<16>);  // a step alone, which may read the caller's memory
  check<0>(linear<8> | tanh | linear<4>, input<16>);
  check<0>(linear<128> | relu | linear<120>, input<16>);  // more weights than time between them
  check<0>(linear<2> | linear<2> | linear<2> | linear<2> | linear<2> | linear<2> | linear<2>, input<2>);
  check<0>(linear<4> | repeat<2>(linear<4> | relu) | linear<3>, input<4>);
  auto const pair = model(linear<8> | relu | linear<4>, input<16>, cpu, seed{1});
  static_assert(!detail::row_chain<typename predictor_of<decltype(pair), 2>::program>::is_used);
  auto const unfused = model(linear<8> | relu | linear<4>, input<16>, cpu.with(no_fusion), seed{1});
  static_assert(!detail::row_chain<typename predictor_of<decltype(unfused)>::program>::is_used);
  auto learner = model(linear<8> | relu | linear<4>, input<16>, cpu, seed{1});
  using training = typename decltype(make_trainer(learner, mse, sgd{}, batch<1>))::program;
  static_assert(!detail::row_chain<training>::is_used);
}
