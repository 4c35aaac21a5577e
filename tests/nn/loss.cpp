// SPDX-License-Identifier: MIT
#include <ashlar/nn/loss.hpp>

#include <limits>

#include "support/check.hpp"

using namespace ashlar;

namespace {

template <int... D>
using doubles = basic_value<double, D...>;
template <int... D>
using labels = basic_value<std::int32_t, D...>;
using entropy = detail::cross_entropy_loss;
using squares = detail::mse_loss;

/// cross_entropy with every annotation taken away, so that its gradient is derived.
struct forgotten {
  constexpr auto operator()(auto x, auto label) const {
    auto loss = cross_entropy(x, label);
    loss.g->annotations.clear();
    return loss;
  }
};
template <class F, class... X>
proof::results outputs_of(int classes) {
  proof::recording r;
  proof::record<typename proof::proof_of<F, X...>::recorder>(r);
  return proof::interpret(r, proof::draw(r.g, {.classes = classes}));
}

constexpr auto both = [](auto x, auto label) { return value_and_grad<0>(cross_entropy)(x, label); };

}  // namespace

TEST_CASE("cross_entropy is the mean of -log softmax at the labels") {
  tensor<double, 2, 3> const x{0, 0, 0, 1, 2, 3};
  tensor<std::int32_t, 2> const label{1, 0};
  tensor<double> const loss = evaluate(cpu, cross_entropy, x, label);
  double const second = std::log(std::exp(1.0) + std::exp(2.0) + std::exp(3.0)) - 1;
  CHECK(loss == doctest::Approx((std::log(3.0) + second) / 2).epsilon(1e-14));
}

TEST_CASE("cross_entropy's two gradients are the slopes, for rows and for sequences, and equal the derived ones") {
  proof::check_function<entropy, doubles<5, 33>, labels<5>>({.draws = {.classes = 33}});
  proof::check_recorded<entropy, doubles<2, 3, 17>, labels<2, 3>>({.draws = {.classes = 17}});
  CHECK(proof::difference(outputs_of<entropy, doubles<3, 17>, labels<3>>(17),
                          outputs_of<forgotten, doubles<3, 17>, labels<3>>(17), 1e-13) == "");
}

TEST_CASE("cross_entropy of one class is zero") {
  proof::check_recorded<entropy, doubles<3, 1>, labels<3>>(
      {.draws = {.classes = 1}, .derivative = proof::second::zero});
}

TEST_CASE("cross_entropy and its gradient are finite at 0, ties and large logits; an impossible label costs infinity") {
  float const infinity = std::numeric_limits<float>::infinity();
  auto check = [&](tensor<float, 1, 3> const& x, float wanted) {
    auto const [loss, gradient] = evaluate(cpu, both, x, tensor<std::int32_t, 1>{0});
    CAPTURE(x);
    CHECK((loss == wanted || std::abs(loss - wanted) < 1e-5f));
    for (float g : gradient) CHECK(std::isfinite(g));
  };
  check({0, 0, 0}, std::log(3.0f));
  check({100, -100, 0}, 0);
  check({-100, 100, 0}, 200);
  check({5, 5, -100}, std::log(2.0f));
  check({infinity, 0, 0}, 0);
  check({-infinity, 0, 0}, infinity);
  check({infinity, infinity, 0}, std::log(2.0f));
}

TEST_CASE("mse is the mean of squared differences, and has the right two gradients") {
  tensor<double, 2, 2> const x{1, 2, 3, 4}, wanted{1, 0, 0, 0};
  CHECK(evaluate(cpu, mse, x, wanted) == 29.0 / 4);
  proof::check_function<squares, doubles<5, 33>, doubles<5, 33>>();
  proof::check_recorded<squares, doubles<1>, doubles<1>>();
}
