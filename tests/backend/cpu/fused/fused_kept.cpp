// SPDX-License-Identifier: MIT
#include <ashlar/ashlar.hpp>

#include "support/check_graph.hpp"
#include "support/combinations.hpp"
#include "support/least_set.hpp"
#include "support/run_compiled.hpp"

#include <doctest/doctest.h>

using namespace ashlar;

namespace {

/// How many kernels of a program keep something.
template <class Program>
struct kept_by {
  static constexpr auto const& tables = Program::tables;

  template <int Kernel, int... I>
  static constexpr bool keeps(std::integer_sequence<int, I...>) {
    using code = detail::kernel_code<tables.code[tables.kernel_begin[Kernel] + I]...>;
    if constexpr (code::kind == detail::kernel_kind::row)
      return detail::kept_in<detail::fused_program<code>>.instruction >= 0;
    else
      return false;
  }
  template <int... Kernel>
  static constexpr int count_of(std::integer_sequence<int, Kernel...>) {
    return (0 + ... +
            keeps<Kernel>(
                std::make_integer_sequence<int, tables.kernel_begin[Kernel + 1] - tables.kernel_begin[Kernel]>{}));
  }
  static constexpr int count = count_of(std::make_integer_sequence<int, tables.sizes.kernels - 1>{});
};

/// Proves a function of one value by compiled kernels on every instruction set, and that joining its steps changes no
/// bit; `Kept`: how many of its kernels keep something.
template <int Kept, class F, class X>
void check(F, X, double tolerance) {
  using recorder = detail::function_recorder<F, X>;
  using unfused = decltype(cpu.with(no_fusion, no_reuse));
  static_assert(kept_by<cpu_policy<>::program<recorder>>::count == Kept);
  static_assert(kept_by<typename unfused::template program<recorder>>::count == 0);
  proof::recording r;
  proof::record<recorder>(r);
  for (double high : {1.0, 60.0}) {
    proof::environment const e = proof::draw(r.g, {.low = -high, .high = high});
    CHECK(proof::compiled_difference<cpu_policy<>, recorder>(e, proof::interpret(r, e), tolerance * high) == "");
    for (int set = proof::least_set; set <= static_cast<int>(detail::machine_instruction_set()); ++set) {
      auto const on = detail::instruction_set{set};
      CHECK(proof::difference(proof::run_compiled<cpu_policy<>, recorder>(e, on),
                              proof::run_compiled<unfused, recorder>(e, on), 0) == "");
    }
  }
}
/// In double only where whole vectors and a rest are kept, and several results: elsewhere what is kept does not ask.
template <int Kept, int... D, class F>
void check_both(F f) {
  check<Kept>(f, basic_value<float, D...>{}, 2e-6);
  if constexpr (proof::most_combinations) check<Kept>(f, basic_value<double, D...>{}, 1e-14);
}
template <int Kept, int... D, class F>
void check_float(F f) {
  if constexpr (proof::every_combination)
    check_both<Kept, D...>(f);
  else
    check<Kept>(f, basic_value<float, D...>{}, 2e-6);
}

auto const shares = [](auto x) { return softmax(x); };
auto const over_two_axes = [](auto x) {
  auto const e = exp(x - max_keep(x, axes<1, 2>));
  return e / sum_keep(e, axes<1, 2>);
};
/// Of which two later passes read what is kept.
auto const sharpened = [](auto x) {
  auto const y = softmax(x);
  return y / sqrt(sum_keep(square(y), axes<-1>));
};
auto const with_its_sum = [](auto x) {
  auto const e = exp(x - max_keep(x, axes<-1>));
  auto const total = sum_keep(e, axes<-1>);
  return std::tuple{e / total, total, e * 0.5f};
};
/// A later pass reads x, in whose memory a result may lie.
auto const weighed = [](auto x) {
  auto const y = x * 0.5f;
  return tanh(softmax(tanh(y) + y) * y);
};
/// The result lies where the product was.
auto const in_place = [](auto x) { return softmax(matmul(x, permute<1, 0>(x)) * 0.1f); };
auto const in_columns = [](auto x) { return softmax.with(axes<0>)(x); };

}  // namespace

TEST_CASE("a softmax keeps e to its numbers where the result will be, and has the bits of its steps alone") {
  check_float<1, 5, 3>(shares);
  check_both<1, 4, 16>(shares);
  check_both<1, 3, 33>(shares);
  check_float<1, 2, 3, 130>(shares);
  check_float<1, 3, 5, 17>(over_two_axes);
  check_float<1, 9, 21>(in_place);
}
TEST_CASE("later sums and several results read what is kept") {
  check_float<1, 4, 37>(sharpened);
  check_both<1, 4, 37>(with_its_sum);
}
TEST_CASE("nothing is kept where a later pass reads memory, or the result does not lie in rows") {
  check_float<0, 4, 37>(weighed);
  check_float<0, 37, 4>(in_columns);
}
