// SPDX-License-Identifier: MIT
#include <ashlar/nn/softmax.hpp>

#include <limits>

#include <doctest/doctest.h>

#include "support/layer_proof.hpp"
#include "support/stated_gradient.hpp"

using namespace ashlar;

namespace {

template <int... D>
using doubles = basic_value<double, D...>;

struct scores {
  constexpr auto operator()(auto x) const { return log_softmax(x); }
};
struct shares {
  constexpr auto operator()(auto x) const { return softmax(x); }
};
/// log_softmax by its definition, without a stated gradient.
struct derived_scores {
  constexpr auto operator()(auto x) const {
    auto shifted = x - max_keep(x, axes<-1>);
    return shifted - log(sum_keep(exp(shifted), axes<-1>));
  }
};
constexpr auto finite_scores = [](auto x) { return sum(select(x > -1e30, log_softmax(x), zeros_like(x))); };
constexpr auto penalty = [](auto x) { return sum(square(grad<0>(finite_scores)(x))); };
constexpr auto limits = [](auto x) {
  return std::tuple{log_softmax(x), grad<0>(finite_scores)(x), grad<0>(penalty)(x)};
};

}  // namespace

TEST_CASE("log_softmax and its two gradients agree with the oracle, whatever the size") {
  proof::check_function<scores, doubles<3, 33>>();
  proof::check_recorded<scores, doubles<17>>();
  proof::check_recorded<scores, doubles<2, 3, 5>>();
}

TEST_CASE("softmax and its two gradients agree with the oracle, and its rows sum to 1") {
  proof::results const r = proof::check_recorded<shares, doubles<3, 17>>();
  for (std::size_t row = 0; row < 3; ++row) {
    double total = 0;
    for (std::size_t i = 0; i < 17; ++i) total += r.outputs[0][17 * row + i];
    CHECK(total == doctest::Approx(1).epsilon(1e-14));
  }
}

TEST_CASE("log_softmax's stated gradient, and its gradient, equal the derived ones in double") {
  CHECK(proof::difference_of<scores, proof::forgotten<scores>, doubles<3, 17>>() == "");
  CHECK(proof::difference_of<scores, derived_scores, doubles<3, 17>>() == "");
}

TEST_CASE("softmax and log_softmax are layers, and run over another axis where one is given") {
  proof::numbers const x = {1, 2, 3, 4};
  auto const last = proof::apply_layer<1>(softmax | log_softmax, input<2, 2>, x, {}).outputs[0];
  double const smaller = 1 / (1 + std::exp(1.0)), larger = 1 - smaller;
  double const total = std::log(std::exp(smaller) + std::exp(larger));
  for (std::size_t i = 0; i < 4; ++i)
    CHECK(static_cast<double>(last[i]) == doctest::Approx((i % 2 ? larger : smaller) - total));
  auto const first = proof::apply_layer<1>(softmax.with(axes<1>), input<2, 2>, x, {}).outputs[0];
  for (std::size_t i = 0; i < 4; ++i)
    CHECK(static_cast<double>(first[i]) == doctest::Approx(1 / (1 + std::exp(i < 2 ? 2.0 : -2.0))));
  proof::check_layer<3>(log_softmax.with(axes<1>) | softmax.with(axes<-2>), input<3, 5>);
}

TEST_CASE("the stated gradient is in the graph, the derived one's division is not") {
  auto count = [](auto f, detail::op code) {
    proof::recording r;
    proof::record<typename proof::proof_of<decltype(f), doubles<3, 17>>::recorder>(r);
    int n = 0;
    for (int i = 0; i < r.g.size(); ++i) n += r.g[i].code == code;
    return n;
  };
  CHECK(count(scores{}, detail::op::div) == 0);
  CHECK(count(derived_scores{}, detail::op::div) > 0);
}

TEST_CASE("log_softmax is finite at 0, ties and logits of 100, and has limits at infinite ones") {
  float const infinity = std::numeric_limits<float>::infinity();
  float const half = -std::log(2.0f), third = -std::log(3.0f);
  tensor<float, 7, 3> const x{0,         0,         0,         //
                              5,         5,         -50,       //
                              100,       -100,      0,         //
                              -100,      -100,      -100,      //
                              infinity,  0,         infinity,  //
                              -infinity, 1,         1,         //
                              -infinity, -infinity, -infinity};
  auto const [y, first, second] = evaluate(cpu, limits, x);
  tensor<float, 7, 3> const wanted{third,     third, third,                               //
                                   half,      half,  -55 + half, 0,     -200,      -100,  //
                                   third,     third, third,      half,  -infinity, half,  //
                                   -infinity, half,  half,       third, third,     third};
  for (int i = 0; i < 21; ++i) {
    CAPTURE(i);
    if (std::isinf(wanted[i]))
      CHECK(y[i] == wanted[i]);
    else
      CHECK(y[i] == doctest::Approx(wanted[i]).epsilon(1e-5));
    CHECK(std::isfinite(first[i]));
    CHECK(std::isfinite(second[i]));
  }
}

TEST_CASE("softmax of rows that a mask leaves nothing is the same everywhere, and its two gradients are finite") {
  static constexpr auto attended = [](auto scores, auto kept) {
    auto mask = kept > 0.0f;
    return softmax(select(mask, scores, -std::numeric_limits<float>::infinity()));
  };
  static constexpr auto energy = [](auto scores, auto kept) { return sum(square(attended(scores, kept) - scores)); };
  static constexpr auto penalised = [](auto scores, auto kept) { return sum(square(grad<0>(energy)(scores, kept))); };
  tensor<float, 3, 4> const scores{1, 2, 3, 4, 1, 2, 3, 4, -7, 0, 7, 70};
  tensor<float, 3, 4> const kept{0, 0, 0, 0, 1, 0, 0, 1, 0, 1, 0, 0};
  auto const y = evaluate(cpu, attended, scores, kept);
  float const less = 1 / (1 + std::exp(3.0f));
  tensor<float, 3, 4> const wanted{0.25f, 0.25f, 0.25f, 0.25f, less, 0, 0, 1 - less, 0, 1, 0, 0};
  auto const first = evaluate(cpu, grad<0>(energy), scores, kept),
             second = evaluate(cpu, grad<0>(penalised), scores, kept);
  for (int i = 0; i < 12; ++i) {
    CAPTURE(i);
    CHECK(y[i] == doctest::Approx(wanted[i]).epsilon(1e-6));
    CHECK(std::isfinite(first[i]));
    CHECK(std::isfinite(second[i]));
  }
  for (int i = 0; i < 4; ++i) CHECK(first[i] == doctest::Approx(2 * (scores[i] - 0.25f)));  // no way through the mask

  auto const nothing = [](auto s, auto k) { return select(k > 0.0f, attended(s, k), 0); };
  auto const masked = evaluate(cpu, nothing, scores, kept);
  for (int i = 0; i < 12; ++i) CHECK(masked[i] == doctest::Approx(i < 4 ? 0 : wanted[i]).epsilon(1e-6));
}
