// SPDX-License-Identifier: MIT
#include <cmath>
#include <cstdlib>

#include <limits>

#include <ashlar/ashlar.hpp>

#include <doctest/doctest.h>

#include "support/parameter_names.hpp"
#include "support/stated_gradient.hpp"

using namespace ashlar;

namespace {

constexpr auto bent = [](auto x) { return softplus(x) + elu(x) + leaky_relu(x) + hardtanh(x) + relu6(x); };
constexpr auto smooth = [](auto x) { return gelu(x) + gelu.with(tanh_approximation)(x) + silu(x); };
constexpr auto both = [](auto x) {
  auto slope_of = [](auto f) { return grad<0>([=](auto v) { return sum(f(v)); }); };
  auto finite = select(equal(x - x, zeros_like(x)), x, zeros_like(x));
  return std::tuple{bent(x), slope_of(bent)(x), smooth(finite), slope_of(smooth)(finite)};
};

}  // namespace

TEST_CASE("relu, tanh and sigmoid are layers and functions, beside the C library's names") {
  auto const y = proof::apply_layer<1>(relu | tanh | sigmoid, input<2>, {-3, 0.5}, {});
  CHECK(y.outputs[0][0] == 0.5);
  CHECK(proof::apply_layer<1>(tanh | relu, input<1>, {-3}, {}).outputs[0][0] == 0);
  CHECK(y.outputs[0][1] == doctest::Approx(1 / (1 + std::exp(-std::tanh(0.5)))));
  static constexpr auto called = [](auto x) { return relu(x) + tanh(x) * sigmoid(x); };
  auto const z = proof::apply_layer<1>(called, input<1>, {0.5}, {});
  CHECK(z.outputs[0][0] == doctest::Approx(0.5 + std::tanh(0.5) / (1 + std::exp(-0.5))));
}

TEST_CASE("activations have the gradients that the oracle measures, whatever the rows") {
  proof::check_layer<5>(sigmoid | tanh, input<17>);
  proof::check_layer<3>(relu, input<33>, {.derivative = proof::second::zero});
}

TEST_CASE("activations take no index of the chain: parameters count layers as PyTorch's Sequential does") {
  CHECK(proof::parameter_names(linear<3> | relu | tanh | linear<2>, input<4>) == "0.weight 0.bias 3.weight 3.bias");
}

TEST_CASE("in float, too, activations and their gradients are finite at 0 and large numbers, and at infinite ones") {
  float const infinity = std::numeric_limits<float>::infinity();
  tensor<float, 5> const x{0, 100, -100, infinity, -infinity};
  auto const [y, dy, z, dz] = evaluate(cpu, both, x);
  CHECK(y == tensor<float, 5>{std::log(2.0f), 307, -3, infinity, -infinity});
  CHECK(dy == tensor<float, 5>{2.51f, 3, 0.01f, 3, 0.01f});
  CHECK(z == tensor<float, 5>{0, 300, 0, 0, 0});
  CHECK(dz == tensor<float, 5>{1.5f, 3, 0, 1.5f, 1.5f});
  proof::numbers const points = {-2.5, -0.75, 0.25, 1.5, 7};
  tensor<float, 5> near;
  for (int i = 0; i < 5; ++i) near[i] = static_cast<float>(points[static_cast<std::size_t>(i)]);
  auto const [a, da, b, db] = evaluate(cpu, both, near);
  auto const first = proof::slopes_at<std::remove_const_t<decltype(bent)>, 5>(points),
             second = proof::slopes_at<std::remove_const_t<decltype(smooth)>, 5>(points);
  for (std::size_t i = 0; i < 5; ++i) {
    CHECK(a[static_cast<int>(i)] == doctest::Approx(static_cast<double>(first[0][i])).epsilon(1e-6));
    CHECK(da[static_cast<int>(i)] == doctest::Approx(static_cast<double>(first[1][i])).epsilon(1e-6));
    CHECK(b[static_cast<int>(i)] == doctest::Approx(static_cast<double>(second[0][i])).epsilon(1e-6));
    CHECK(db[static_cast<int>(i)] == doctest::Approx(static_cast<double>(second[1][i])).epsilon(1e-6));
  }
}
