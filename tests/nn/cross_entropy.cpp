// SPDX-License-Identifier: MIT
#include <ashlar/nn/cross_entropy.hpp>

#include <cmath>
#include <limits>

#include "support/loss_proof.hpp"

using namespace ashlar;

namespace {

template <int... D>
using doubles = basic_value<double, D...>;
template <int... D>
using labels = basic_value<std::int32_t, D...>;
using entropy = detail::cross_entropy_loss;

/// The loss of each row by its definition, and the weight that a mean divides by.
struct naive {
  std::vector<double> weights{1, 1, 1};
  double smoothing = 0;
  int ignored = -1;
  std::vector<double> each{};
  double total = 0, divisor = 0;

  naive& of(proof::numbers const& x, proof::numbers const& labels) {
    for (std::size_t r = 0; r < labels.size(); ++r) {
      double sum = 0, loss = 0;
      for (std::size_t c = 0; c < 3; ++c) sum += std::exp(static_cast<double>(x[3 * r + c]));
      std::size_t const label = static_cast<std::size_t>(labels[r]);
      bool const counts = static_cast<int>(labels[r]) != ignored;
      for (std::size_t c = 0; counts && c < 3; ++c) {
        double const target = (c == label ? 1 - smoothing : 0) + smoothing / 3;
        loss -= target * weights[c] * (static_cast<double>(x[3 * r + c]) - std::log(sum));
      }
      each.push_back(loss);
      total += loss;
      divisor += counts ? weights[label] : 0;
    }
    return *this;
  }
};
proof::numbers const points = {0.5, -1, 2, 1, 1, 0, -0.5, 3, 1, 0, 2, -2}, targets = {1, 0, 2, 1};

/// A loss with its options, its reduction the mean, the sum and none, against the definition.
template <class Loss>
void check_values(Loss const&, naive wanted) {
  wanted.of(points, targets);
  auto value = [](auto loss) { return proof::value_at<decltype(loss), doubles<4, 3>, labels<4>>({points, targets}); };
  CHECK(static_cast<double>(value(Loss{})[0]) == doctest::Approx(wanted.total / wanted.divisor));
  CHECK(static_cast<double>(value(Loss{}.with(sum_reduction))[0]) == doctest::Approx(wanted.total));
  proof::numbers const each = value(Loss{}.with(no_reduction));
  for (std::size_t r = 0; r < 4; ++r) CHECK(static_cast<double>(each[r]) == doctest::Approx(wanted.each[r]));
}
constexpr auto everything = cross_entropy.with(label_smoothing<0.25>, class_weights<0.5, 2, 2>, ignore_index<1>);

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
  CHECK(proof::difference_of<entropy, proof::forgotten<entropy>, doubles<3, 17>, labels<3>>({.classes = 17}) == "");
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

TEST_CASE("cross_entropy's options give what their definitions say, under every reduction") {
  check_values(cross_entropy, {});
  check_values(cross_entropy.with(label_smoothing<0.1>), {.smoothing = 0.1});
  check_values(cross_entropy.with(class_weights<1, 0.5, 3>), {.weights = {1, 0.5, 3}});
  check_values(cross_entropy.with(ignore_index<1>), {.ignored = 1});
  check_values(everything, {.weights = {0.5, 2, 2}, .smoothing = 0.25, .ignored = 1});
}

TEST_CASE("cross_entropy's options have the two gradients that the oracle measures") {
  proof::proof_options const draws{.draws = {.classes = 3}};
  using all = std::remove_const_t<decltype(everything)>;
  proof::check_recorded<all, doubles<5, 3>, labels<5>>(draws);
  proof::check_recorded<decltype(cross_entropy.with(ignore_index<2>)), doubles<5, 3>, labels<5>>(draws);
  proof::check_recorded<decltype(all{}.with(no_reduction)), doubles<2, 3, 3>, labels<2, 3>>(draws);
  proof::check_recorded<decltype(all{}.with(sum_reduction)), doubles<5, 3>, labels<5>>(draws);
}

TEST_CASE("cross_entropy on a partial batch is that of the valid rows, whatever its options") {
  proof::check_partial_loss(cross_entropy.with(label_smoothing<0.25>));
  proof::check_partial_loss(cross_entropy.with(class_weights<1, 2, 3>));
  proof::check_partial_loss(cross_entropy.with(ignore_index<1>));
  proof::check_partial_loss(cross_entropy.with(sum_reduction));
  proof::check_partial_loss(everything);
  proof::check_partial_loss([](auto logits, auto label) {
    return mean(square(cross_entropy.with(ignore_index<1>, no_reduction)(logits, label)));
  });
}

TEST_CASE("an ignored label may lie outside the classes, where a trainer refuses every other") {
  auto net = model(linear<3>, input<2>, cpu, seed{1}), same = model(linear<3>, input<2>, cpu, seed{1});
  auto ignoring = make_trainer(net, cross_entropy.with(ignore_index<-100>), sgd{}, batch<3>);
  auto plain = make_trainer(same, cross_entropy, sgd{}, batch<3>);
  float const loss = ignoring.step(tensor<float, 3, 2>{1, 2, 9, 9, 3, 4}, tensor<std::int32_t, 3>{1, -100, 2});
  CHECK(loss == doctest::Approx(plain.step(tensor<float, 2, 2>{1, 2, 3, 4}, tensor<std::int32_t, 2>{1, 2})));
  tensor<float, 3, 2> const w = net.parameter("0.weight"), v = same.parameter("0.weight");
  for (int i = 0; i < 6; ++i) CHECK(w[i] == doctest::Approx(v[i]));
  CHECK_THROWS(ignoring.step(tensor<float, 1, 2>{}, tensor<std::int32_t, 1>{-99}));
  CHECK_THROWS(ignoring.step(tensor<float, 1, 2>{}, tensor<std::int32_t, 1>{3}));
  CHECK_THROWS(plain.step(tensor<float, 1, 2>{}, tensor<std::int32_t, 1>{-100}));
  CHECK(std::isnan(ignoring.step(tensor<float, 1, 2>{}, tensor<std::int32_t, 1>{-100})));  // a mean of nothing
}
