// SPDX-License-Identifier: MIT
#include <cmath>

#include <ashlar/ashlar.hpp>

#include "support/check_graph.hpp"
#include "support/combinations.hpp"
#include "support/run_compiled.hpp"

#include <doctest/doctest.h>

using namespace ashlar;

namespace {

/// Of float sums over numbers in [0, 1), relative to the exact sum: units in the last place are 6e-8 to 1.2e-7, and a
/// number is added to at most some hundred others. One after the other, 100,000 numbers are off by 1e-5.
constexpr double bound = 5e-7;
/// Of double sums.
constexpr double double_bound = 1e-15;

/// Proves a function of one value by compiled kernels on every instruction set, fused and, if `Unfused`, not: a kernel
/// of a sum alone sums in the order of one that computes what it sums.
template <bool Unfused = proof::every_combination, class F, class X>
void check_sums(F, X) {
  using recorder = detail::function_recorder<F, X>;
  proof::recording r;
  proof::record<recorder>(r);
  proof::environment e = proof::draw(r.g, {.low = 0, .high = 1});
  proof::results const wanted = proof::interpret(r, e);
  CHECK(proof::compiled_difference<cpu_policy<>, recorder>(e, wanted, bound) == "");
  if constexpr (Unfused)
    CHECK(proof::compiled_difference<decltype(cpu.with(no_fusion, no_reuse)), recorder>(e, wanted, bound) == "");
}

auto const all = [](auto x) { return std::tuple{sum(x), sum(square(x)), max(x)}; };
auto const rows_of = [](auto x) { return std::tuple{sum(x, axes<-1>), x - mean_keep(x, axes<-1>)}; };
auto const over_first = [](auto x) { return std::tuple{sum(x, axes<0>), max(x, axes<0>), sum(square(x), axes<0>)}; };
auto const over_middle = [](auto x) { return std::tuple{sum(x, axes<1>), max(x, axes<1>)}; };
auto const around_middle = [](auto x) { return std::tuple{sum(x, axes<0, 2>), max(x, axes<0, 2>)}; };

/// Sums over the valid rows of a batch.
struct batch_sums {
  static constexpr int rows = 2'003;
  static constexpr void record(detail::recording& r) {
    r.g.batch = rows;
    auto x = detail::record_input<basic_value<float, rows, 7>>(r, 0, 1);
    r.outputs.push(sum(x, axes<0>).id);
    r.outputs.push(sum(x).id);
  }
};

}  // namespace

TEST_CASE("sums of 100,000 floats are as accurate as short ones, along every axis") {
  check_sums<true>(all, basic_value<float, 100'003>{});
  check_sums<true>(rows_of, basic_value<float, 3, 100'003>{});
  check_sums(rows_of, basic_value<float, 2, 1'001, 101>{});
  check_sums(over_first, basic_value<float, 100'003, 3>{});
  check_sums<true>(over_first, basic_value<float, 5'003, 37>{});
  check_sums(over_middle, basic_value<float, 3, 30'011, 3>{});
  check_sums<true>(over_middle, basic_value<float, 2, 301, 3, 5>{});
  check_sums<true>(around_middle, basic_value<float, 5'003, 3, 17>{});
  check_sums(around_middle, basic_value<float, 11, 3, 10'007>{});
}

TEST_CASE("sums of 100,000 doubles are as accurate as short ones") {
  constexpr int count = 100'002;
  tensor<double, count> x;
  random_stream const stream(seed{4}, 1);
  proof::number exact = 0;
  for (int i = 0; i < count; ++i)
    exact += x[i] = std::sqrt(static_cast<double>(stream.uniform(static_cast<std::uint64_t>(i))));
  auto const [total, columns] = evaluate(
      cpu,
      [](auto v) {
        return std::tuple{sum(v), sum(reshape<count / 3, 3>(v), axes<0>)};
      },
      x);
  CHECK(std::fabs(total[0] - exact) < double_bound * exact);
  CHECK(std::fabs(proof::number(columns[0]) + columns[1] + columns[2] - exact) < double_bound * exact);
}

TEST_CASE("sums of 10,000,000 floats are as accurate as short ones") {
  constexpr int count = 10'000'000;
  tensor<float, count> x;
  random_stream const stream(seed{4}, 1);
  double exact = 0;
  for (int i = 0; i < count; ++i) exact += static_cast<double>(x[i] = stream.uniform(static_cast<std::uint64_t>(i)));
  auto const total = evaluate(
      cpu, [](auto v) { return sum(v); }, x);
  CHECK(std::fabs(static_cast<double>(total[0]) - exact) < bound * exact);
  auto const columns = evaluate(
      cpu, [](auto v) { return sum(reshape<count / 2, 2>(v), axes<0>); }, x);
  CHECK(std::fabs(static_cast<double>(columns[0]) + static_cast<double>(columns[1]) - exact) < bound * exact);
}

TEST_CASE("a sum over the batch is accurate whatever number of rows is valid") {
  for (int rows : {1, 255, 700, batch_sums::rows}) {
    CAPTURE(rows);
    proof::recording r;
    proof::record<batch_sums>(r);
    proof::environment const e = proof::draw(r.g, {.low = 0, .high = 1, .rows = rows});
    CHECK(proof::compiled_difference<cpu_policy<>, batch_sums>(e, proof::interpret(r, e), bound) == "");
  }
}
