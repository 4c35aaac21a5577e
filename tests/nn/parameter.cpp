// SPDX-License-Identifier: MIT
#include <ashlar/nn/parameter.hpp>

#include <algorithm>
#include <cmath>

#include <doctest/doctest.h>

#include <ashlar/ashlar.hpp>

#include "support/parameter_names.hpp"

using namespace ashlar;

namespace {

/// The element type of what it is given: tests prove layers in double.
template <class V>
using element_of = typename V::element_type;

constexpr auto scaled = []<class V>(V x) {
  auto scale = parameter<"scale", element_of<V>, 4>(x, initial_constant<1>);
  return x * scale + parameter<"shift", element_of<V>, 4>(x, initial_constant<0>);
};
constexpr auto twice = []<class V>(V x) {
  auto once = x * parameter<"scale", element_of<V>, 4>(x, initial_constant<2>);
  return once + parameter<"scale", element_of<V>, 4>(once, initial_constant<2>);
};
constexpr auto starts = [](auto x) {
  auto c = parameter<"constant", float, 5>(x, initial_constant<-3>);
  auto u = parameter<"uniform", float, 4000>(x, initial_uniform<-0.5, 0.5>);
  auto n = parameter<"normal", float, 4000>(x, initial_normal<0.25>);
  return x * (sum(c) + sum(u) + sum(n));
};

}  // namespace

TEST_CASE("a parameter of one's own is named after the function's place, and has the gradient the oracle measures") {
  CHECK(proof::parameter_names(linear<4> | scaled | tanh, input<3>) == "0.weight 0.bias 1.scale 1.shift");
  CHECK(proof::parameter_names(scaled, input<4>) == "scale shift");
  proof::check_layer<3>(linear<4> | scaled | tanh, input<3>);
}

TEST_CASE("one name twice in a function is one parameter") {
  CHECK(proof::parameter_names(linear<4> | twice, input<3>) == "0.weight 0.bias 1.scale");
  proof::check_layer<3>(twice, input<4>);
}

TEST_CASE("in a loop there is one for each iteration") {
  CHECK(proof::parameter_names(repeat<3>(scaled), input<4>) == "0.{i}.scale 0.{i}.shift");
  proof::check_layer<3>(repeat<3>(scaled), input<4>);
}

TEST_CASE("parameters of one's own begin as they are told") {
  auto const net = model(starts, input<2>, cpu, seed{3});
  CHECK(tensor<float, 5>(net.parameter("constant")) == tensor<float, 5>{-3, -3, -3, -3, -3});
  tensor<float, 4000> const u = net.parameter("uniform"), n = net.parameter("normal");
  auto const [low, high] = std::minmax_element(u.begin(), u.end());
  CHECK(*low >= -0.5f);
  CHECK(*low < -0.49f);
  CHECK(*high <= 0.5f);
  CHECK(*high > 0.49f);
  double total = 0, squares = 0;
  for (float x : n) {
    total += x;
    squares += double{x} * x;
  }
  CHECK(std::fabs(total / 4000) < 5 * 0.25 / std::sqrt(4000.0));  // five standard deviations
  CHECK(std::sqrt(squares / 4000) == doctest::Approx(0.25).epsilon(0.06));
}
