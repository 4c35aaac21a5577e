// SPDX-License-Identifier: MIT
#include <ashlar/nn/initialised.hpp>

#include <doctest/doctest.h>

#include <ashlar/ashlar.hpp>

#include "support/parameter_names.hpp"

using namespace ashlar;

namespace {

/// How the parameters of a network begin, by name.
template <class Net, class Input>
std::vector<detail::initialiser> initial(Net const&, Input const&) {
  proof::recording r;
  proof::record<detail::prediction_recorder<Net, std::remove_cvref_t<Input>, 2>>(r);
  std::vector<detail::initialiser> all;
  for (detail::variable_entry const& e : r.g.parameters) all.push_back(e.init);
  return all;
}
using kind = detail::initialiser;

}  // namespace

TEST_CASE("layers begin as PyTorch's do unless told otherwise") {
  auto const dense = initial(linear<3>, input<25>);
  for (auto const& i : dense) CHECK((i.kind == kind::uniform && i.scale == doctest::Approx(0.2)));
  auto const bound = [](auto const& layer, auto const& in) { return initial(layer, in)[0].scale; };
  CHECK(bound(conv2d<4, 5, groups<2>>, input<8, 9, 9>) == doctest::Approx(1 / std::sqrt(4 * 25.0)));
  CHECK(bound(conv1d<4, 5>, input<5, 9>) == doctest::Approx(0.2));
  CHECK(bound(conv_transpose2d<4, 5>, input<2, 9, 9>) == doctest::Approx(0.1));  // by its outputs, as in PyTorch
  CHECK(bound(conv_transpose1d<4, 4>, input<2, 9>) == doctest::Approx(0.25));
  auto const norm = initial(batch_norm | layer_norm, input<3>);
  for (std::size_t k = 0; k < 4; ++k) CHECK((norm[k].kind == kind::constant && norm[k].scale == (k % 2 ? 0 : 1)));
}

TEST_CASE("initialised sets the numbers of weights, by their fans, and of biases, and leaves names alone") {
  auto const net = initialised(linear<30> | relu | linear<2>, kaiming_normal, initial_constant<0.5>) | linear<7>;
  CHECK(proof::parameter_names(net, input<10>) == "0.weight 0.bias 2.weight 2.bias 3.weight 3.bias");
  auto const i = initial(net, input<10>);
  CHECK((i[0].kind == kind::normal && i[0].scale == doctest::Approx(std::sqrt(2 / 10.0))));
  CHECK((i[1].kind == kind::constant && i[1].scale == 0.5));
  CHECK((i[2].kind == kind::normal && i[2].scale == doctest::Approx(std::sqrt(2 / 30.0))));
  CHECK((i[4].kind == kind::uniform && i[4].scale == doctest::Approx(1 / std::sqrt(2.0))));
}

TEST_CASE("each initialiser has the scale that its source states") {
  auto scale = [](auto const& how) { return initial(initialised(conv2d<6, 3>, how), input<4, 5, 5>)[0].scale; };
  CHECK(scale(kaiming_normal) == doctest::Approx(std::sqrt(2 / 36.0)));
  CHECK(scale(kaiming_uniform) == doctest::Approx(std::sqrt(6 / 36.0)));
  CHECK(scale(kaiming_normal.with(fan_out)) == doctest::Approx(std::sqrt(2 / 54.0)));
  CHECK(scale(kaiming_uniform.with(gain<1>)) == doctest::Approx(std::sqrt(3 / 36.0)));
  CHECK(scale(xavier_normal) == doctest::Approx(std::sqrt(2 / 90.0)));
  CHECK(scale(xavier_uniform) == doctest::Approx(std::sqrt(6 / 90.0)));
  CHECK(scale(xavier_normal.with(gain<3>)) == doctest::Approx(3 * std::sqrt(2 / 90.0)));
  CHECK(scale(orthogonal.with(gain<2>)) == 2);
  CHECK(scale(initial_normal<0.02>) == 0.02);
  auto const around = initial(initialised(linear<2>, initial_uniform<1, 4>), input<3>)[0];
  CHECK((around.scale == 1.5 && around.centre == 2.5));
}

TEST_CASE("the innermost rule counts; loops, branches, residuals and functions pass it on; vectors but biases do not") {
  auto const block = [](auto x) { return linear<3>(x); };
  auto const inner = initialised(residual(block) | repeat<2>(linear<3> | layer_norm), orthogonal);
  auto const net = initialised(inner | branches<1>(linear<3>, named<"head">(linear<2>)), xavier_normal);
  CHECK(proof::parameter_names(net, input<3>).starts_with("0.0.weight 0.0.bias 1.{i}.0.weight"));
  auto const i = initial(net, input<3>);
  CHECK(i[0].kind == kind::orthogonal);
  CHECK(i[1].kind == kind::uniform);
  CHECK(i[2].kind == kind::orthogonal);
  CHECK((i[4].kind == kind::constant && i[4].scale == 1));  // of layer_norm
  CHECK(i[6].kind == kind::normal);
  CHECK(i[8].kind == kind::normal);
  auto const named_layer = initialised(named<"head">(linear<2>), initial_constant<1>);
  CHECK(proof::parameter_names(relu | named_layer, input<3>) == "head.weight head.bias");
  CHECK(proof::parameter_names(named_layer, input<3>) == "head.weight head.bias");
}
