// SPDX-License-Identifier: MIT
#include <ashlar/expr/gradient.hpp>

#include "support/check.hpp"

using namespace ashlar;

namespace {

/// Values by the oracle: no kernel is compiled for them.
template <class F, class... V>
std::vector<proof::numbers> by_oracle(F const&, std::vector<proof::numbers> const& inputs, V...) {
  proof::recording r;
  proof::record<detail::function_recorder<F, V...>>(r);
  proof::environment e;
  e.inputs = inputs;
  return proof::interpret(r, e).outputs;
}
using pair = basic_value<double, 2>;
using one = basic_value<double>;

constexpr auto cube = [](auto x) { return sum(x * x * x); };
constexpr auto slope_of_cube = [](auto x) { return sum(grad<0>(cube)(x)); };
constexpr auto fourth_power = [](auto x) { return sum(x * x * x * x); };
constexpr auto d1 = [](auto x) { return sum(grad<0>(fourth_power)(x)); };
constexpr auto d2 = [](auto x) { return sum(grad<0>(d1)(x)); };
constexpr auto d3 = [](auto x) { return sum(grad<0>(d2)(x)); };

constexpr auto energy = [](auto x, auto w) { return sum(square(tanh(matmul(x, w)))); };
constexpr auto steepness = [](auto x, auto w) { return sum(square(grad<1>(energy)(x, w))); };
constexpr auto three_orders = [](auto x, auto w) {
  return std::tuple_cat(std::tuple{energy(x, w), grad<1>(energy)(x, w)}, grad<0, 1>(steepness)(x, w));
};

}  // namespace

TEST_CASE("grad gives the derivative for one argument, or a tuple for several, in the order asked for") {
  auto f = [](auto x, auto y) { return sum(x * x * y); };
  CHECK(by_oracle(grad<0>(f), {{3, 4}, {5, 7}}, pair{}, pair{})[0] == proof::numbers{30, 56});
  CHECK(by_oracle(grad<1>(f), {{3, 4}, {5, 7}}, pair{}, pair{})[0] == proof::numbers{9, 16});
  auto const both = by_oracle(grad<1, 0>(f), {{3, 4}, {5, 7}}, pair{}, pair{});
  CHECK(both[0] == proof::numbers{9, 16});
  CHECK(both[1] == proof::numbers{30, 56});
}

TEST_CASE("value_and_grad gives both from one trace") {
  auto const r = by_oracle(value_and_grad<0>(cube), {{2, -1}}, pair{});
  CHECK(r[0] == proof::numbers{7});
  CHECK(r[1] == proof::numbers{12, 3});
  using result = decltype(value_and_grad<0>(cube)(pair{}));
  static_assert(std::is_same_v<decltype(result::value), one> && std::is_same_v<decltype(result::gradient), pair>);
}

TEST_CASE("gradients of gradients are written as they are read, to the fourth order") {
  CHECK(by_oracle(grad<0>(slope_of_cube), {{2, -1}}, pair{})[0] == proof::numbers{12, -6});
  CHECK(by_oracle(grad<0>(d3), {{2, -1}}, pair{})[0] == proof::numbers{24, 24});
}

TEST_CASE("the gradient for an argument that the function does not read is zero") {
  auto f = [](auto x, auto) { return sum(x); };
  CHECK(by_oracle(grad<1>(f), {{3, 4}, {5, 7}}, pair{}, pair{})[0] == proof::numbers{0, 0});
}

TEST_CASE("a captured value is a constant of the gradient, even where it is the argument itself") {
  auto f = [](auto x) { return grad<0>([x](auto y) { return sum(x * y * y); })(x); };
  CHECK(by_oracle(f, {{3, 4}}, pair{})[0] == proof::numbers{18, 32});  // 2 x y at y = x, not 3 x^2
}

TEST_CASE("a gradient inside a function is differentiated with it") {
  // d/dx sum((2 x)^2) = 8 x
  auto f = grad<0>([](auto x) { return sum(square(grad<0>([](auto y) { return sum(square(y)); })(x))); });
  CHECK(by_oracle(f, {{3, -4}}, pair{})[0] == proof::numbers{24, -32});
}

TEST_CASE("whole numbers and comparisons pass no gradient on, and do not stop that of others") {
  auto f = [](auto x) { return sum(convert<double>(x > 1) * x + convert<double>(convert<std::int32_t>(x))); };
  CHECK(by_oracle(grad<0>(f), {{3, -4}}, pair{})[0] == proof::numbers{1, 0});
}

TEST_CASE("compiled gradients of several orders agree with the oracle") {
  tensor<double, 3, 5> x;
  tensor<double, 5, 2> w;
  random_normal(x, seed{1});
  random_normal(w, seed{2});
  auto const [e, slope, dx, dw] = evaluate(cpu, three_orders, x, w);
  auto numbers_of = [](auto const& t) { return proof::numbers(t.begin(), t.end()); };
  auto const wanted =
      by_oracle(three_orders, {numbers_of(x), numbers_of(w)}, basic_value<double, 3, 5>{}, basic_value<double, 5, 2>{});
  std::vector<proof::numbers> const got{numbers_of(e), numbers_of(slope), numbers_of(dx), numbers_of(dw)};
  CHECK(proof::difference(got, wanted, proof::double_tolerance) == "");
}
