// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <ashlar/ashlar.hpp>

#include "support/check_graph.hpp"

using namespace ashlar;

namespace {

inline constexpr auto two_by_two = [](auto a, auto b) {
  auto h = dropout<0.5>(linear<3>(a) + linear<3, no_bias>(b));
  return signature::outputs(named<"sum">(sum(h)), h);
};
using network = std::remove_cvref_t<decltype(two_by_two)>;
using spec = inputs_type<input_type<float, 2>, input_type<float, 4>>;

template <class Objective>
void record(proof::recording& r, Objective const&) {
  proof::record<detail::training_recorder<network, spec, no_target_type, Objective, sgd, 4>>(r);
}
int count(proof::recording const& r, detail::op code) {
  int n = 0;
  for (detail::node const& x : r.g.nodes) n += x.code == code;
  return n;
}

// A program's own variables may have the names of functions that are found by their arguments.
constexpr int inputs = 1, outputs = 2, targets = 3;
inline constexpr auto shadowed = [](auto a, auto b) { return std::tuple{a + b, named<"difference">(a - b)}; };

}  // namespace

TEST_CASE("a network of several values is recorded once for the same values, and anew for others") {
  proof::recording once, same, other;
  record(once, [](auto net, auto a, auto b) {
    auto [all, h] = net(a, b);
    return all + mean(square(h));
  });
  record(same, [](auto net, auto a, auto b) {
    return net(a, b).template get<"sum">() + mean(square(net(a, b).template get<1>()));
  });
  record(other, [](auto net, auto a, auto b) {
    return net(a, b).template get<"sum">() + mean(square(net(a, 2.0f * b).template get<1>()));
  });
  CHECK(once.g.size() == same.g.size());
  CHECK(count(same, detail::op::random) == 1);
  CHECK(count(other, detail::op::random) == 2);  // other masks
  for (proof::recording const* r : {&once, &same, &other}) CHECK(r->g.parameters.size() == 3);
  CHECK(count(once, detail::op::input) == 2);
}

TEST_CASE("results are read by number, by name and by structured binding, as they are") {
  network_outputs<signature::entry<"a", tensor<float, 2>>, signature::entry<"", tensor<double>>> both(
      tensor<float, 2>{1, 2}, tensor<double>(3));
  CHECK(both.get<"a">() == tensor<float, 2>{1, 2});
  CHECK(both.get<1>() == 3);
  auto const& [a, b] = both;
  CHECK(&a == &both.get<0>());
  CHECK(b == 3);
  auto [c, d] = std::move(both);
  CHECK(c == tensor<float, 2>{1, 2});
  CHECK(d == 3);
}

TEST_CASE("a tuple of values is as good as outputs, also where a program has such names of its own") {
  auto const net = model(shadowed, inputs_type<input_type<float, 2>, input_type<float, 2>>{}, cpu, seed{1});
  tensor<float, 2, 2> const a{5, 6, 7, 8}, b{1, 2, 3, 4};
  auto const y = predict(net, a, b);
  CHECK(y.get<0>() == tensor<float, 2, 2>{6, 8, 10, 12});
  CHECK(y.get<"difference">() == tensor<float, 2, 2>{4, 4, 4, 4});
  CHECK(inputs + outputs + targets == 6);
}
