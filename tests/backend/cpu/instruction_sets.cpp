// SPDX-License-Identifier: MIT
#include <cmath>
#include <vector>

#include <doctest/doctest.h>

#include <ashlar/ashlar.hpp>

using namespace ashlar;

namespace {

constexpr auto network = conv2d<5, 3, padding<1>> | batch_norm | relu | max_pool2d<2> | dropout<0.25> | flatten |
                         linear<9> | tanh | layer_norm | linear<7>;
using recorder = detail::training_recorder<std::remove_const_t<decltype(network)>, input_type<float, 2, 9, 9>, void,
                                           detail::cross_entropy_loss, sgd, 6>;
using program = detail::program<recorder>;

/// Parameters after three steps on an instruction set.
std::vector<float> trained(detail::instruction_set set) {
  auto net = model(network, input<2, 9, 9>, cpu, seed{5});
  auto const& t = program::tables;
  detail::buffer arena(t.counts.arena_bytes), slots(detail::aligned(t.counts.trained_bytes));
  double scalars[sgd::scalars + 1]{};
  sgd const optimizer{.learning_rate = 0.1f, .momentum = 0.9f};
  for (int step = 1; step <= 3; ++step) {
    random_stream const stream(seed{9}, 4, static_cast<std::uint64_t>(step));
    float* x = reinterpret_cast<float*>(arena.data() + t.inputs[0].at.offset);
    std::int32_t* label = reinterpret_cast<std::int32_t*>(arena.data() + t.inputs[1].at.offset);
    for (int i = 0; i < 6 * 162; ++i) x[i] = stream.uniform(static_cast<std::uint64_t>(i));
    for (int i = 0; i < 6; ++i) label[i] = i;
    scalars[0] = 5;
    optimizer.write_scalars(step, scalars + 1);
    detail::run_memory m;
    m.arena = arena.data();
    m.scalars = scalars;
    m.parameters = net.parameter_memory();
    m.states = net.state_memory();
    m.slots = slots.data();
    m.rows = 5;
    m.step = static_cast<std::uint64_t>(step);
    m.variant = optimizer.variant() + 1;
    detail::cpu_executor<program>::run(m, set);
  }
  float const* p = reinterpret_cast<float const*>(net.parameter_memory());
  return {p, p + net.parameters()};
}

}  // namespace

TEST_CASE("training on every instruction set of this machine agrees within rounding") {
  std::vector<float> const expected = trained(detail::instruction_set::baseline);
  for (int set = 1; set <= static_cast<int>(detail::machine_instruction_set()); ++set) {
    std::vector<float> const got = trained(static_cast<detail::instruction_set>(set));
    double worst = 0;
    for (std::size_t i = 0; i < got.size(); ++i) {
      REQUIRE(std::isfinite(got[i]));
      worst = std::fmax(worst, std::fabs(static_cast<double>(got[i]) - static_cast<double>(expected[i])));
    }
    CHECK(worst <
          2e-5);  // three steps of sums in another order; Adam would blow up gradients that are 0 but for rounding
  }
}
TEST_CASE("the same seed gives the same bits run after run") {
  CHECK(trained(detail::machine_instruction_set()) == trained(detail::machine_instruction_set()));
}
#if defined(__x86_64__) && !defined(ASHLAR_BASELINE_ONLY)
TEST_CASE("the machine's instruction set is the one that the compiler's library finds") {
  __builtin_cpu_init();
  bool const has_avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
  bool const has_avx512 = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                          __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
  using detail::instruction_set;
  bool const takes_avx512 = detail::may_use_avx512 && (has_avx512 || (has_avx2 && detail::avx512_is_emulated));
  CHECK(detail::machine_instruction_set() == (takes_avx512 ? instruction_set::avx512
                                              : has_avx2   ? instruction_set::avx2
                                                           : instruction_set::baseline));
}
TEST_CASE("kernels for AVX-512 are left out where a program does not want them") {
  using detail::instruction_set;
  auto const kernel_of = []([[maybe_unused]] instruction_set set) { return ASHLAR_BY_SET(set, 0, 1, 2); };
  CHECK(kernel_of(instruction_set::avx512) == (detail::may_use_avx512 ? 2 : 1));
}
#endif
