// SPDX-License-Identifier: MIT
// A GPU gives a unit of a kernel to a block of threads: here threads of the CPU share it.
#include <doctest/doctest.h>

#include "support/check.hpp"
#include "support/combinations.hpp"
#include "support/kernel_sample.hpp"
#include "support/networks.hpp"

using namespace ashlar;

namespace {

using proof::environment;
using proof::results;

/// Proves a program by teams of seven threads and, if `Four`, of four, which divide evenly what seven do not: they
/// agree with the oracle, with units of one thread within rounding, and bit for bit with themselves.
template <class Recorder, bool Four = proof::every_combination>
void check_teams(environment const& e, results const& wanted, double tolerance) {
  results const alone = proof::run_filled<cpu_policy<>, Recorder>(e, 0xff);
  results const seven = proof::run_program<proof::team_policy<7>, Recorder>(e, 0xff);
  if constexpr (Four)
    CHECK(proof::difference(proof::run_program<proof::team_policy<4>, Recorder>(e, 0xff), wanted, tolerance) == "");
  CHECK(proof::difference(seven, wanted, tolerance) == "");
  CHECK(proof::difference(seven, alone, tolerance) == "");
  CHECK(proof::difference(proof::run_program<proof::team_policy<7>, Recorder>(e, 0xff), seven, 0) == "");
}

/// Rows of two axes, whose reductions feed each other.
struct along_rows {
  constexpr auto operator()(auto x) const {
    auto centred = x - mean_keep(x, axes<-1>);
    auto scaled = centred * rsqrt(mean_keep(square(centred), axes<-1>) + 0.01);
    return scaled * max_keep(x, axes<-2, -1>) + sum_keep(exp(scaled), axes<-2, -1>) * random_uniform(x);
  }
};
/// Sums and maxima with and without the innermost axis.
struct along_columns {
  constexpr auto operator()(auto x) const {
    auto first = tanh(sum(x, axes<0>)) + max(x, axes<0>);
    return sum_keep(first, axes<1>) + max_keep(x, axes<0, 2>) * sum_keep(square(x), axes<0, 2>);
  }
};

/// Of many numbers: sums and maxima over outer axes, and over all but one.
struct along_long_columns {
  constexpr auto operator()(auto x) const {
    return sum(max(x, axes<0>) * sum(tanh(x), axes<0>)) + sum(sum(x * x, axes<0, 2>) + max(x, axes<0, 2>));
  }
};
/// A row's sum and maximum, and what is made of its elements by them.
struct along_long_rows {
  constexpr auto operator()(auto x) const { return x / sum_keep(x * x, axes<0>) + max_keep(x, axes<0>); }
};

template <bool Four = proof::every_combination, class F, class X>
void check_function(F, X) {
  using recorder = typename proof::proof_of<F, X>::recorder;
  proof::recording r;
  proof::record<recorder>(r);
  environment const e = proof::draw(r.g, {});
  check_teams<recorder, Four>(e, proof::interpret(r, e), proof::double_tolerance);
}

template <class T>
void check_weights(std::vector<std::int64_t> const& numbers, std::int64_t made, std::int64_t image, std::int64_t weight,
                   int rows, double tolerance) {
  constexpr int kind = static_cast<int>(detail::kernel_kind::conv_weight), wide = std::is_same_v<T, double>;
  using functor = detail::conv_functor<kind, wide>;
  proof::kernel_sample sample({kind, wide}, numbers, rows);
  sample.random(dtype_of<T>, made).random(dtype_of<T>, image).result(dtype_of<T>, weight);
  proof::numbers const wanted = sample.reference(), alone = sample.run(detail::launch<functor>);
  for (auto const& launch : {proof::launch_team<functor, 2>, proof::launch_team<functor, 7>}) {
    proof::numbers const shared = sample.run(launch);
    CHECK(proof::difference({shared}, {wanted}, tolerance) == "");
    CHECK(proof::difference({shared}, {alone}, tolerance) == "");
    CHECK(proof::difference({sample.run(launch)}, {shared}, 0) == "");
  }
}

}  // namespace

TEST_CASE("a team's reductions along rows are those of one thread, within rounding, and its own bit for bit") {
  check_function<true>(along_rows{}, basic_value<double, 3, 4, 35>{});
  check_function(along_rows{}, basic_value<double, 2, 1, 3>{});  // fewer packets than members
}

TEST_CASE("a team's reductions along columns are those of one thread, within rounding, and its own bit for bit") {
  check_function<true>(along_columns{}, basic_value<double, 9, 3, 18>{});
}

TEST_CASE("teams' reductions of parts of what has many elements are those of one thread, within rounding") {
  check_function(along_long_columns{}, basic_value<double, 4567, 2, 3>{});
  check_function(along_long_rows{}, basic_value<double, 9001>{});
}

TEST_CASE("a team's gradients of convolution weights are those of one thread, of partial batches too") {
  // In double sums of at most 150 products are within 150 * 2^-53 of the largest, in float within its root * 2^-24.
  check_weights<double>({3, 4, 5, 6, 6, 3, 6, 3, 2, 2, 1, 1, 0, 1, 1, 2, 1, 1}, 324, 360, 72, 2, 2e-14);
  check_weights<float>({3, 2, 5, 5, 3, 5, 5, 3, 3, 1, 1, 1, 1, 1, 1, 1, 0, 1}, 225, 150, 54, 0, 2e-6);
}

TEST_CASE("a team's tiles of products and convolutions are those of one thread, bit for bit") {
  auto check = [](proof::kernel_sample& sample, auto functor) {
    using kernel = decltype(functor);
    proof::numbers const wanted = sample.reference(), alone = sample.run(detail::launch<kernel>);
    CHECK(proof::difference({alone}, {wanted}, 2e-5) == "");
    CHECK(proof::difference({sample.run(proof::launch_team<kernel, 4>)}, {alone}, 0) == "");
    CHECK(proof::difference({sample.run(proof::launch_team<kernel, 7>)}, {alone}, 0) == "");
  };
  constexpr int product = static_cast<int>(detail::kernel_kind::matmul),
                conv = static_cast<int>(detail::kernel_kind::conv),
                data = static_cast<int>(detail::kernel_kind::conv_data);
  proof::kernel_sample by_rows({product, 0, 0, 1}, {2, 70, 67, 35, 0, 0}, 0);
  by_rows.random(dtype::float32, 2 * 70 * 35).random(dtype::float32, 2 * 35 * 67).result(dtype::float32, 2 * 70 * 67);
  check(by_rows, detail::tiled_matmul_functor<product, 0, 0, 1>{});
  std::vector<std::int64_t> const numbers{2, 4, 9, 8, 70, 9, 8, 3, 3, 1, 1, 1, 1, 1, 1, 2, 0, 1};
  proof::kernel_sample forward({conv, 0}, numbers, 0), backward({data, 0}, numbers, 0);
  forward.random(dtype::float32, 576).random(dtype::float32, 1260).result(dtype::float32, 10080);
  backward.random(dtype::float32, 10080).random(dtype::float32, 1260).result(dtype::float32, 576);
  check(forward, detail::tiled_conv_functor<conv, 0>{});
  check(backward, detail::tiled_conv_functor<data, 0>{});
}

TEST_CASE("a team's tiles of convolution weights are those of one thread, and parts are added in their order") {
  constexpr int kind = static_cast<int>(detail::kernel_kind::conv_weight);
  using tiles = detail::tiled_weight_functor<kind, 0>;
  using sums = detail::sum_of_weight_parts<kind, 0>;
  for (int rows : {3, 2}) {
    std::vector<std::int64_t> const numbers{3, 4, 17, 16, 70, 17, 16, 3, 3, 1, 1, 1, 1, 1, 1, 2, 1, 1};
    CHECK(detail::weight_parts(numbers.data()).count == 4);  // of 816 pixels
    std::vector<float> workspace(4 * 1260);
    auto by = [&](auto launch_tiles, auto launch_sums) {
      return [&, launch_tiles, launch_sums](detail::launch_arguments const& a) {
        char* operands[] = {a.operands[0], a.operands[1], a.operands[2], reinterpret_cast<char*>(workspace.data())};
        detail::launch_arguments own = a;
        own.operands = operands;
        own.operand_count = 4;
        launch_tiles(own);
        launch_sums(own);
      };
    };
    proof::kernel_sample sample({kind, 0}, numbers, rows);
    sample.random(dtype::float32, 3 * 70 * 272).random(dtype::float32, 3 * 4 * 272).result(dtype::float32, 1260);
    proof::numbers const alone = sample.run(by(detail::launch<tiles>, detail::launch<sums>));
    CHECK(proof::difference({alone}, {sample.reference()}, 1e-5) == "");
    auto const four = by(proof::launch_team<tiles, 4>, proof::launch_team<sums, 4>);
    auto const seven = by(proof::launch_team<tiles, 7>, proof::launch_team<sums, 7>);
    CHECK(proof::difference({sample.run(four)}, {alone}, 0) == "");
    CHECK(proof::difference({sample.run(seven)}, {alone}, 0) == "");
  }
}

TEST_CASE("a team's sums of slices by their indices are those of one thread, bit for bit, in the indices' order") {
  auto check = [](auto of_type, dtype type, std::vector<std::int64_t> const& numbers, int rows = 0) {
    constexpr int kind = static_cast<int>(detail::kernel_kind::scatter), held = of_type.value;
    using by_elements = detail::gather_functor<kind, held>;
    using by_teams = detail::scatter_functor<kind, held>;
    proof::kernel_sample sample({kind, held}, numbers, rows);
    sample.random(type, numbers[0] * numbers[2] * numbers[3]);
    sample.indices(numbers[0] * numbers[2], -1, static_cast<int>(numbers[1]) + 1);  // two are out of range
    sample.result(type, numbers[0] * numbers[1] * numbers[3]);
    proof::numbers const wanted = sample.reference(), alone = sample.run(detail::launch<by_elements>);
    CHECK(proof::difference({alone}, {wanted}, 2e-5) == "");
    CHECK(proof::difference({sample.run(detail::launch<by_teams>)}, {alone}, 0) == "");
    CHECK(proof::difference({sample.run(detail::launch_scatter<kind, held>)}, {alone}, 0) == "");
    CHECK(proof::difference({sample.run(proof::launch_team<by_teams, 4>)}, {alone}, 0) == "");
    CHECK(proof::difference({sample.run(proof::launch_team<by_teams, 7>)}, {alone}, 0) == "");
  };
  std::integral_constant<int, static_cast<int>(dtype::float32)> const single;
  std::integral_constant<int, static_cast<int>(dtype::int64)> const whole;
  std::integral_constant<int, static_cast<int>(dtype::boolean)> const truth;
  check(single, dtype::float32, {1, 5, 9000, 9, 0, 0});        // more than are looked at together
  check(single, dtype::float32, {2, 3, 70, 1030, 0, 0});       // longer than a team's columns
  check(single, dtype::float32, {3, 4, 65, 8, 1, 0}, 2);       // the last row is not valid
  check(single, dtype::float32, {1, 4, 8 * 33, 8, 0, 33}, 5);  // nor the last indices
  check(whole, dtype::int64, {1, 7, 100, 9, 0, 0});
  check(truth, dtype::boolean, {1, 200, 100, 9, 0, 0});
}

TEST_CASE("a training step by teams, with batch statistics, dropout and a partial batch, is that of one thread") {
  proof::recording r;
  proof::record<proof::image_step<double, 8>>(r);
  environment const e = proof::first_step(r, adam{}, {.classes = 5, .rows = 5});
  // Adam's first step is rate * g / (|g| + epsilon): gradients near 0 in float lose their digits there.
  check_teams<proof::image_step<float, 8>>(e, proof::interpret(r, e), 2e-3);
}
