// SPDX-License-Identifier: MIT
#include <ashlar/nn/exchange.hpp>

#include <doctest/doctest.h>

#include <cmath>

#include <ashlar/ashlar.hpp>

#include "support/elements_of.hpp"
#include "support/step_proof.hpp"
#include "train/clusters.hpp"

using namespace ashlar;

namespace {

constexpr auto net = linear<3> | tanh | repeat<2>(linear<3>);
using network_model = decltype(model(net, input<2>, target<float, 3>, cpu, seed{1}));

template <int N>
struct samples {
  tensor<float, N, 2> x;
  tensor<float, N, 3> y;
  explicit samples(int number) {
    random_normal(x, seed{number});
    random_normal(y, seed{number + 100}, 3);
  }
  template <int Count>
  samples<Count> part(int begin) const {
    samples<Count> p(1);
    p.x = tensor<float, Count, 2>(x.view().template slice<0, Count>(begin));
    p.y = tensor<float, Count, 3>(y.view().template slice<0, Count>(begin));
    return p;
  }
};

std::vector<float> numbers_of(network_model const& m) {
  std::vector<float> all;
  m.each_variable([&](parameter_reference const& p, auto const&) {
    std::vector<float> const own = proof::elements_of<float>(p);
    all.insert(all.end(), own.begin(), own.end());
  });
  return all;
}
/// What one step of plain descent with rate 1 takes away: the gradient.
std::vector<float> gradient_at(network_model m, samples<4> const& s) {
  std::vector<float> before = numbers_of(m);
  make_trainer(m, mse, sgd{.learning_rate = 1}, batch<4>).step(s.x, s.y);
  std::vector<float> const after = numbers_of(m);
  for (std::size_t i = 0; i < before.size(); ++i) before[i] -= after[i];
  return before;
}
double norm_of(std::vector<float> const& all) {
  double total = 0;
  for (float v : all) total += static_cast<double>(v) * static_cast<double>(v);
  return std::sqrt(total);
}
void check_near(std::vector<float> const& a, std::vector<float> const& b) {
  REQUIRE(a.size() == b.size());
  for (std::size_t i = 0; i < a.size(); ++i) CHECK(a[i] == doctest::Approx(b[i]).epsilon(2e-5));
}

/// Steps of an optimizer by the oracle, and by every plan from the same start.
template <class Optimizer>
void check_all_plans(Optimizer const& o, int steps) {
  using recorder =
      typename proof::step_of<double, std::remove_cvref_t<decltype(net)>, std::remove_cvref_t<decltype(input<2>)>,
                              detail::mse_loss, Optimizer, 4>::recorder;
  proof::recording r;
  proof::record<recorder>(r);
  proof::environment e = proof::first_step(r, o, {.rows = 3});
  for (int step = 0; step < steps; ++step) {
    CAPTURE(step);
    proof::results const after = proof::interpret(r, e);
    proof::check_plans(r, e, after, proof::double_tolerance);
    e = proof::next_step(e, after, o);
  }
}

}  // namespace

TEST_CASE("stages before an optimizer give the same in every plan") {
  check_all_plans(clip_by_norm{.max_norm = 0.5f} | adam{}, 2);
  check_all_plans(accumulate<2> | clip_by_value{.max_value = 0.1f} | sgd{.learning_rate = 0.1f, .momentum = 0.9f}, 4);
}

TEST_CASE("clip_by_norm scales all gradients by one number, and only those that are too long") {
  samples<4> const s(1);
  network_model m = model(net, input<2>, target<float, 3>, cpu, seed{1});
  std::vector<float> const g = gradient_at(m, s), before = numbers_of(m);
  double const norm = norm_of(g);
  for (double share : {0.25, 4.0}) {
    CAPTURE(share);
    network_model clipped = m;
    auto const limit = static_cast<float>(share * norm);
    make_trainer(clipped, mse, clip_by_norm{.max_norm = limit} | sgd{.learning_rate = 1}, batch<4>).step(s.x, s.y);
    std::vector<float> wanted = before;
    for (std::size_t i = 0; i < g.size(); ++i) wanted[i] -= static_cast<float>(share < 1 ? share : 1) * g[i];
    check_near(numbers_of(clipped), wanted);
  }
}

TEST_CASE("clip_by_value holds every element of the gradients; its limit may change between steps") {
  samples<4> const s(1);
  network_model m = model(net, input<2>, target<float, 3>, cpu, seed{1});
  auto t = make_trainer(m, mse, clip_by_value{.max_value = 0.01f} | sgd{.learning_rate = 1}, batch<4>);
  for (float limit : {0.01f, 0.05f}) {
    t.optimizer.exchange.max_value = limit;
    std::vector<float> const g = gradient_at(m, s);
    std::vector<float> wanted = numbers_of(m);
    t.step(s.x, s.y);
    for (std::size_t i = 0; i < g.size(); ++i) wanted[i] -= g[i] > limit ? limit : g[i] < -limit ? -limit : g[i];
    check_near(numbers_of(m), wanted);
  }
}

TEST_CASE("accumulated steps are one step on all their samples, for optimizers that count updates, too") {
  auto check = [](auto optimizer) {
    samples<8> const first(1), second(2);
    network_model large = model(net, input<2>, target<float, 3>, cpu, seed{1}), small = large;
    auto t = make_trainer(large, mse, optimizer, batch<8>);
    auto u = make_trainer(small, mse, accumulate<4> | optimizer, batch<2>);
    for (samples<8> const& s : {first, second, first}) {
      std::vector<float> const before = numbers_of(small);
      for (int k = 0; k < 4; ++k) {
        CHECK(numbers_of(small) == before);
        auto const part = s.part<2>(2 * k);
        u.step(part.x, part.y);
      }
      t.step(s.x, s.y);
      check_near(numbers_of(small), numbers_of(large));
    }
  };
  check(sgd{.learning_rate = 0.1f});
  check(sgd{.learning_rate = 0.1f, .momentum = 0.9f, .weight_decay = 0.01f});
  check(adam{.learning_rate = 0.01f});
}

TEST_CASE("what is collected is clipped as one where clipping stands behind it") {
  samples<8> const s(1);
  network_model large = model(net, input<2>, target<float, 3>, cpu, seed{1}), small = large;
  make_trainer(large, mse, clip_by_norm{.max_norm = 0.1f} | sgd{.learning_rate = 1}, batch<8>).step(s.x, s.y);
  auto u = make_trainer(small, mse, accumulate<2> | clip_by_norm{.max_norm = 0.1f} | sgd{.learning_rate = 1}, batch<4>);
  for (int k = 0; k < 2; ++k) {
    auto const part = s.part<4>(4 * k);
    u.step(part.x, part.y);
  }
  check_near(numbers_of(small), numbers_of(large));
}

TEST_CASE("accumulating one step at a time is no accumulation") {
  samples<4> const s(1);
  network_model m = model(net, input<2>, target<float, 3>, cpu, seed{1}), same = m;
  make_trainer(m, mse, accumulate<1> | sgd{.learning_rate = 0.5f}, batch<4>).step(s.x, s.y);
  make_trainer(same, mse, sgd{.learning_rate = 0.5f}, batch<4>).step(s.x, s.y);
  CHECK(numbers_of(m) == numbers_of(same));
}

TEST_CASE("fit trains with stages, and its schedule reaches the optimizer behind them") {
  dataset<2> const data = clusters(60, 1);
  auto m = model(three_classes, input<2>, cpu, seed{1});
  auto const r =
      fit(m, data, data, cross_entropy, accumulate<2> | clip_by_norm{.max_norm = 1} | adam{.learning_rate = 0.05f},
          batch<8>, {.epochs = 40, .schedule = cosine_decay});
  CHECK(r.epochs.back().loss < 0.2);
}
