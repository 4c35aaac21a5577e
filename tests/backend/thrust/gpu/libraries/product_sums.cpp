// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include "backend/thrust/gpu/libraries/trained.hpp"

using namespace ashlar;
using namespace gpu_libraries;

namespace {

inline constexpr auto residuals = residual(linear<16>) | residual(linear<24> | relu | linear<16>) | linear<3>;
inline constexpr auto looped = repeat<3>(residual(linear<24> | tanh | linear<16>)) | linear<3>;
// The sum's ReLU stays with the product.
constexpr auto activated = [](auto x) {
  auto const y = relu(x + linear<16>(x));
  return linear<3>(relu(linear<16>(y) + y));
};
// The gradient of what all read is a sum of products.
constexpr auto two = [](auto x) {
  auto const y = linear<16>(x);
  return linear<3>(linear<8>(y) * tanh(linear<8>(y)));
};
constexpr auto three = [](auto x) {
  auto const y = linear<16>(x);
  return linear<3>(linear<8>(y) * tanh(linear<8>(y)) * sigmoid(linear<8>(y)));
};
struct three_factors {
  template <class V>
  constexpr V operator()(V x) const {
    auto const y = linear<16>(x);
    return linear<16>(linear<8>(y) * tanh(linear<8>(y)) * sigmoid(linear<8>(y)));
  }
};
inline constexpr auto three_in_loops = repeat<2>(three_factors{}) | linear<3>;
// In the first iteration the first factor's weights lie at a multiple of 16 bytes, in the second one the others' do.
struct crooked_factors {
  template <class V>
  constexpr V operator()(V x) const {
    auto const y = linear<16>(x);
    auto const first = linear<8>(y);
    auto const one = linear<1>(x);  // 17 numbers
    auto const second = tanh(linear<8>(y));
    auto const third = sigmoid(linear<8>(y));
    auto const result = linear<16>(first * second * third) * one;
    auto const other = linear<1>(x);
    return result * other * linear<1>(x);
  }
};
inline constexpr auto crooked_in_loops = repeat<2>(crooked_factors{}) | linear<3>;

constexpr auto sample = input<16>;

template <class T>
std::vector<double> doubles(T const& t) {
  return {t.data(), t.data() + t.size()};
}
template <int... D>
tensor<float, D...> filled(std::uint64_t s) {
  tensor<float, D...> t;
  random_normal(t, seed{s});
  return t;
}

}  // namespace

TEST_CASE("gpu libraries: a product begins from what is added to it, with a bias") {
  calls() = {};
  std::int64_t const before = detail::emulated_gpu().launches;
  auto const gpu = trained(residuals, sample, device, 8), wanted = trained(residuals, sample, cpu, 8);
  std::int64_t const launches = detail::emulated_gpu().launches - before;
  CHECK(calls().sums ==
        2 * 3 + 2);  // twice, before steps are replayed; the inputs need no gradient; once each it is asked
  CHECK(largest_difference(gpu, wanted) < rounding);

  SUBCASE("each spares a kernel") {
    calls() = {};
    calls().refuses_sums = true;
    std::int64_t const begin = detail::emulated_gpu().launches;
    CHECK(largest_difference(trained(residuals, sample, device, 8), wanted) < rounding);
    CHECK(detail::emulated_gpu().launches - begin == launches + 2 * 3);
    CHECK(calls().sums == 0);
  }
  SUBCASE("an addend that is rounded is not ours") {
    calls() = {};
    calls().rounds_addends = true;
    CHECK(largest_difference(trained(residuals, sample, device, 8), wanted) < rounding);
    CHECK(calls().sums == 2);
  }
  SUBCASE("partial batches between whole ones have kernels of our own") {
    std::vector<int> const rows{8, 5, 8, 8, 5};
    CHECK(largest_difference(trained(residuals, sample, device, rows), trained(residuals, sample, cpu, rows)) <
          rounding);
  }
}

TEST_CASE("gpu libraries: residual connections of a loop's layers begin from their operand") {
  calls() = {};
  CHECK(largest_difference(trained(looped, sample, device, 8), trained(looped, sample, cpu, 8)) < rounding);
  CHECK(calls().sums == 2 * 3 + 1);  // of the backward pass: forwards the sum is kept besides
}

TEST_CASE("gpu libraries: a ReLU of a sum stays with the product") {
  calls() = {};
  auto const wanted = trained(activated, sample, cpu, 8);
  CHECK(largest_difference(trained(activated, sample, device, 8), wanted) < rounding);
  CHECK(calls().with_sum[CUBLASLT_EPILOGUE_RELU_BIAS] == 2 * 2 + 1);
  calls() = {};
  calls().relu_takes_nan = true;
  CHECK(largest_difference(trained(activated, sample, device, 8), wanted) < rounding);
  CHECK(calls().with_sum[CUBLASLT_EPILOGUE_RELU_BIAS] == 1);
}

TEST_CASE("gpu libraries: gradients that are summed are one accumulating product each") {
  calls() = {};
  CHECK(largest_difference(trained(two, sample, device, 8), trained(two, sample, cpu, 8)) < rounding);
  CHECK(calls().sums == 2 * 1 + 1);
  calls() = {};
  CHECK(largest_difference(trained(three, sample, device, 8), trained(three, sample, cpu, 8)) < rounding);
  CHECK(calls().sums == 2 * 2 + 1);
  auto const wanted = trained(three_in_loops, sample, cpu, 8);
  for (int const accepted : {-1, 0}) {
    calls() = {};
    calls().most_sums = accepted;
    CHECK(largest_difference(trained(three_in_loops, sample, device, 8), wanted) < rounding);
    CHECK(calls().sums == (accepted < 0 ? 2 * 2 * 2 + 1 : 1));
  }
}
TEST_CASE("gpu libraries: a sum is begun if the library has it as all iterations of a loop are aligned") {
  calls() = {};
  auto const wanted = trained(crooked_in_loops, sample, cpu, 8);
  CHECK(largest_difference(trained(crooked_in_loops, sample, device, 8), wanted) < rounding);
  int const sums = calls().sums;
  CHECK(sums > 1);
  calls() = {};
  calls().refuses_unaligned = true;
  CHECK(largest_difference(trained(crooked_in_loops, sample, device, 8), wanted) < rounding);
  CHECK(calls().sums < sums);
}
TEST_CASE("gpu libraries: the way of computing a sum is one that may write elsewhere than it reads") {
  auto const wanted = trained(three, sample, cpu, 8);
  for (int const in_place : {0, 3, 8}) {  // of 8 that are asked for
    calls() = {};
    calls().ways_in_place = in_place;
    CHECK(largest_difference(trained(three, sample, device, 8), wanted) < rounding);
    CHECK(calls().sums == (in_place < 8 ? 2 * 2 + 1 : 0));
  }
}
TEST_CASE("gpu libraries: a sum that the library begins and refuses to go on with fails") {
  calls() = {};
  calls().most_sums = 1;
  CHECK_THROWS_WITH_AS(trained(three, sample, device, 8), doctest::Contains("that it had accepted"), error);
  calls() = {};
  CHECK(largest_difference(trained(three, sample, device, 8), trained(three, sample, cpu, 8)) < rounding);
}

TEST_CASE("gpu libraries: of several products each begins from the one before") {
  auto const x = filled<8, 16>(1);
  auto const a = filled<16, 24>(2);
  auto const b = filled<16, 24>(3);
  auto const c = filled<16, 24>(4);
  auto const d = filled<8, 24>(5);
  auto const f = [](auto of, auto p, auto q, auto r, auto and_that) {
    return std::tuple{matmul(of, p) + matmul(of, q) + matmul(of, r) + and_that, of * 2};
  };
  auto const [sum, more] = evaluate(cpu, f, x, a, b, c, d);
  std::vector<double> const wanted = doubles(sum);
  auto check = [&](int sums) {
    auto const [found, again] = evaluate(device, f, x, a, b, c, d);
    CHECK(largest_difference(doubles(found), wanted) < 1e-5);
    CHECK(largest_difference(doubles(again), doubles(more)) == 0);
    CHECK(calls().sums == sums);
  };
  calls() = {};
  check(3 + 1);
  calls() = {};
  calls().refuses_sums = true;
  check(0);
  CHECK(calls().products == 3);
  SUBCASE("and from one that is read elsewhere, too, but not over it") {
    auto const g = [](auto of, auto p, auto q) {
      auto const y = matmul(of, p);
      return std::tuple{y + matmul(of, q), y};
    };
    calls() = {};
    auto const [first, second] = evaluate(device, g, x, a, b);
    auto const [first_of_cpu, second_of_cpu] = evaluate(cpu, g, x, a, b);
    CHECK(calls().sums == 1 + 1);
    CHECK(largest_difference(doubles(first), doubles(first_of_cpu)) < 1e-5);
    CHECK(largest_difference(doubles(second), doubles(second_of_cpu)) < 1e-5);
  }
  SUBCASE("what is multiplied before it is added has a kernel of its own") {
    auto const g = [](auto of, auto p, auto q) { return matmul(of, p) + 2 * matmul(of, q); };
    calls() = {};
    CHECK(largest_difference(doubles(evaluate(device, g, x, a, b)), doubles(evaluate(cpu, g, x, a, b))) < 1e-5);
    CHECK(calls().sums == 0);
  }
  SUBCASE("a product added to its own factor is not written over it") {
    auto const square = filled<16, 16>(6);
    auto const g = [](auto of, auto p) {
      auto const y = tanh(of);
      return y + matmul(y, p);
    };
    CHECK(largest_difference(doubles(evaluate(device, g, x, square)), doubles(evaluate(cpu, g, x, square))) < 1e-5);
  }
  SUBCASE("batches and doubles") {
    tensor<double, 3, 4, 5> left;
    tensor<double, 3, 5, 6> right;
    tensor<double, 3, 4, 6> before;
    random_normal(left, seed{1});
    random_normal(right, seed{2});
    random_normal(before, seed{3});
    auto const g = [](auto u, auto v, auto w) { return w + matmul(u, v); };
    calls() = {};
    CHECK(largest_difference(doubles(evaluate(device, g, left, right, before)),
                             doubles(evaluate(cpu, g, left, right, before))) < 1e-12);
    CHECK(calls().sums == 1 + 1);
  }
}
