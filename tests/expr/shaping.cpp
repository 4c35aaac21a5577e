// SPDX-License-Identifier: MIT
#include <ashlar/expr/shaping.hpp>

#include "support/check.hpp"

using namespace ashlar;

namespace {

template <int... D>
using doubles = basic_value<double, D...>;

/// Views and moves of a [2, 15] matrix and a row.
struct rearranged {
  constexpr auto operator()(auto x, auto row) const {
    auto turned = permute<2, 0, 1>(reshape<3, 5, 2>(x));
    auto upright = transpose(reshape<15, 2>(x));
    return reshape<2, 15>(turned) + 2 * upright + broadcast_to<2, 15>(row) * reshape<2, 15>(turned);
  }
};
struct moved {
  constexpr auto operator()(auto x) const { return permute<-1, 1, 0, -2>(x); }
};

}  // namespace

TEST_CASE("reshape, permute, transpose and broadcast_to agree with the oracle, and their gradients") {
  proof::check_function<rearranged, doubles<2, 15>, doubles<15>>();
  proof::proof_options options;
  options.derivative = proof::second::zero;
  proof::check_recorded<moved, doubles<2, 3, 1, 17>>(options);
  proof::check_recorded<moved, doubles<1, 1, 3, 1>>(options);
}

TEST_CASE("one extent of a reshape may be left open") {
  using x = doubles<4, 6>;
  static_assert(std::is_same_v<decltype(reshape<-1, 3, 2>(x{})), doubles<4, 3, 2>>);
  static_assert(std::is_same_v<decltype(reshape<8, -1>(x{})), doubles<8, 3>>);
  static_assert(std::is_same_v<decltype(reshape<-1>(x{})), doubles<24>>);
  tensor<double, 4, 6> numbers;
  for (int i = 0; i < 24; ++i) numbers[i] = i;
  tensor<double, 2, 4, 3> const y = evaluate(
      cpu, [](auto v) { return reshape<2, -1, 3>(v); }, numbers);
  CHECK(y(1, 2, 0) == 18);
}

TEST_CASE("permute moves elements of every size to where NumPy's transpose has them") {
  auto check = [&]<class T>(T) {
    tensor<T, 2, 3, 4> x;
    for (int i = 0; i < 24; ++i) x[i] = static_cast<T>(std::is_same_v<T, bool> ? i % 5 == 0 : i);
    tensor<T, 4, 2, 3> const y = evaluate(
        cpu, [](auto v) { return permute<2, 0, 1>(v); }, x);
    for (int i = 0; i < 2; ++i)
      for (int j = 0; j < 3; ++j)
        for (int k = 0; k < 4; ++k) CHECK(y(k, i, j) == x(i, j, k));
  };
  check(true);
  check(std::int32_t{});
  check(0.0);
}

TEST_CASE("an output that is an input, a view of one, or wanted twice, is a copy") {
  tensor<float, 2, 3> const x{1, 2, 3, 4, 5, 6};
  auto const [same, flat, again, zeros] = evaluate(
      cpu,
      [](auto v) {
        return std::tuple{v, reshape<6>(v), v, zeros_like(v)};
      },
      x);
  CHECK(same == x);
  CHECK(again == x);
  CHECK(flat == tensor<float, 6>{1, 2, 3, 4, 5, 6});
  CHECK(zeros == tensor<float, 2, 3>());
}

TEST_CASE("axes change places in tensors of many squares and what is left of one") {
  tensor<float, 3, 37, 50> x;
  for (std::int64_t i = 0; i < x.size(); ++i) x.data()[i] = static_cast<float>(i);
  auto const moved = [](auto v) { return std::tuple{permute<0, 2, 1>(v), permute<2, 0, 1>(v), permute<2, 1, 0>(v)}; };
  auto const [inner, front, turned] = evaluate(cpu, moved, x);
  auto const [divided, front_2, turned_2] = evaluate(cpu.with(threads{2}), moved, x);
  CHECK(divided == inner);
  CHECK(front_2 == front);
  CHECK(turned_2 == turned);
  for (int a = 0; a < 3; ++a)
    for (int b = 0; b < 37; ++b)
      for (int c = 0; c < 50; ++c) {
        float const wanted = x.data()[(a * 37 + b) * 50 + c];
        CHECK(inner.data()[(a * 50 + c) * 37 + b] == wanted);
        CHECK(front.data()[(c * 3 + a) * 37 + b] == wanted);
        CHECK(turned.data()[(c * 37 + b) * 3 + a] == wanted);
      }
}
