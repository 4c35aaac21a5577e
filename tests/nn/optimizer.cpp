// SPDX-License-Identifier: MIT
#include <ashlar/nn/optimizer.hpp>

#include <doctest/doctest.h>

#include <array>

#include <ashlar/nn/linear.hpp>
#include <ashlar/nn/loss.hpp>
#include <ashlar/nn/repeat.hpp>

#include "support/step_proof.hpp"

using namespace ashlar;

namespace {

constexpr auto net = linear<3> | repeat<2>(linear<3>);
using proof::numbers;

/// Three steps of an optimizer by the oracle, and by every plan from the same start.
template <class Optimizer>
std::vector<std::vector<numbers>> three_steps(Optimizer const& o) {
  using recorder =
      typename proof::step_of<double, std::remove_cvref_t<decltype(net)>, std::remove_cvref_t<decltype(input<2>)>,
                              detail::mse_loss, Optimizer, 4>::recorder;
  proof::recording r;
  proof::record<recorder>(r);
  proof::environment e = proof::first_step(r, o, {.rows = 4});
  std::vector<std::vector<numbers>> parameters = {e.parameters};
  for (int step = 0; step < 3; ++step) {
    proof::results const after = proof::interpret(r, e);
    proof::check_plans(r, e, after, proof::double_tolerance);
    parameters.push_back(after.parameters);
    e = proof::next_step(e, after, o);
  }
  return parameters;
}

/// The gradients at given parameters: what a step of plain descent with rate 1 takes away.
std::vector<numbers> gradients_at(std::vector<numbers> const& parameters) {
  using recorder = proof::step_of<double, std::remove_cvref_t<decltype(net)>, std::remove_cvref_t<decltype(input<2>)>,
                                  detail::mse_loss, sgd, 4>::recorder;
  proof::recording r;
  proof::record<recorder>(r);
  proof::environment e = proof::first_step(r, sgd{.learning_rate = 1}, {.rows = 4});
  e.parameters = parameters;
  std::vector<numbers> gradient = proof::interpret(r, e).parameters;
  for (std::size_t k = 0; k < gradient.size(); ++k)
    for (std::size_t i = 0; i < gradient[k].size(); ++i) gradient[k][i] = parameters[k][i] - gradient[k][i];
  return gradient;
}

/// Three steps of an optimizer written for one number: `update(parameter, gradient, memory of 2, step)`.
template <class Optimizer, class Update>
void check(Optimizer const& o, Update update) {
  std::vector<std::vector<numbers>> const got = three_steps(o);
  std::vector<numbers> p = got[0];
  std::vector<std::vector<std::array<double, 2>>> memory;
  for (numbers const& x : p) memory.emplace_back(x.size());
  for (std::size_t step = 1; step <= 3; ++step) {
    CAPTURE(step);
    std::vector<numbers> const g = gradients_at(p);
    for (std::size_t k = 0; k < p.size(); ++k)
      for (std::size_t i = 0; i < p[k].size(); ++i)
        p[k][i] = update(p[k][i], g[k][i], memory[k][i], static_cast<double>(step));
    CHECK(proof::difference(got[step], p, 1e-12) == "");
  }
}
using memory = std::array<double, 2>;

}  // namespace

// The reference updates follow the algorithms in PyTorch's documentation of torch.optim: SGD, RMSprop, Adagrad, Adam
// and AdamW.

TEST_CASE("sgd without momentum subtracts the gradient, with weight decay in it") {
  check(sgd{.learning_rate = 0.5f, .weight_decay = 0.25f},
        [](double p, double g, memory&, double) { return p - 0.5 * (g + 0.25 * p); });
}

TEST_CASE("sgd with momentum keeps a velocity") {
  check(sgd{.learning_rate = 0.25f, .momentum = 0.5f, .weight_decay = 0.125f},
        [](double p, double g, memory& m, double) {
          m[0] = 0.5 * m[0] + g + 0.125 * p;
          return p - 0.25 * m[0];
        });
}

namespace {
double adam_direction(double g, memory& m, double step) {
  double const beta1 = 0.75, beta2 = 0.875;  // exact as floats
  m[0] = beta1 * m[0] + (1 - beta1) * g;
  m[1] = beta2 * m[1] + (1 - beta2) * g * g;
  return m[0] / (1 - std::pow(beta1, step)) / (std::sqrt(m[1] / (1 - std::pow(beta2, step))) + 0.0625);
}
}  // namespace

TEST_CASE("adam divides the mean gradient by its root mean square, both without bias") {
  check(adam{.learning_rate = 0.5f, .beta1 = 0.75f, .beta2 = 0.875f, .epsilon = 0.0625f, .weight_decay = 0.25f},
        [](double p, double g, memory& m, double step) { return p - 0.5 * adam_direction(g + 0.25 * p, m, step); });
}

TEST_CASE("adamw decays weights beside the gradient") {
  check(
      adamw{.learning_rate = 0.5f, .beta1 = 0.75f, .beta2 = 0.875f, .epsilon = 0.0625f, .weight_decay = 0.25f},
      [](double p, double g, memory& m, double step) { return p - 0.5 * 0.25 * p - 0.5 * adam_direction(g, m, step); });
}

TEST_CASE("nesterov looks ahead along its velocity") {
  check(nesterov{.learning_rate = 0.25f, .momentum = 0.5f, .weight_decay = 0.125f},
        [](double p, double g, memory& m, double) {
          g += 0.125 * p;
          m[0] = 0.5 * m[0] + g;
          return p - 0.25 * (g + 0.5 * m[0]);
        });
}

TEST_CASE("rmsprop divides the gradient by its root mean square, with momentum or without") {
  for (float momentum : {0.0f, 0.5f})
    check(
        rmsprop{
            .learning_rate = 0.25f, .alpha = 0.75f, .epsilon = 0.0625f, .momentum = momentum, .weight_decay = 0.125f},
        [=](double p, double g, memory& m, double) {
          g += 0.125 * p;
          m[0] = 0.75 * m[0] + 0.25 * g * g;
          m[1] = momentum * m[1] + g / (std::sqrt(m[0]) + 0.0625);
          return p - 0.25 * m[1];
        });
}

TEST_CASE("adagrad divides the gradient by the root of its sum of squares, and slows down") {
  check(adagrad{.learning_rate = 0.25f, .learning_rate_decay = 0.5f, .epsilon = 0.0625f, .weight_decay = 0.125f},
        [](double p, double g, memory& m, double step) {
          g += 0.125 * p;
          m[0] += g * g;
          return p - 0.25 / (1 + (step - 1) * 0.5) * g / (std::sqrt(m[0]) + 0.0625);
        });
}

namespace {
// One of the user's own, with numbers on both sides and functions that the library's do without.
struct lion {
  double learning_rate = 0.25, beta = 0.75;
  static constexpr int slots = 1;
  [[maybe_unused]] static constexpr char const* slot_names[] = {"exp_avg"};
  static constexpr int scalars = 2;
  static constexpr int variants = 1;
  constexpr int variant() const { return 0; }
  constexpr void write_scalars(std::int64_t, double* to) const {
    to[0] = learning_rate;
    to[1] = beta;
  }
  template <int Variant, class Region>
  static constexpr void update(Region& r) {
    auto mean = r.scalar[1] * r.slot[0] + (1 - r.scalar[1]) * r.gradients;
    auto step = sign(mean) * 0.5 + 2 * tanh(-mean) / (1.5 + abs(mean));
    r.parameters = r.parameters - (step + 0.125 / (1 + square(mean)) / 4) * r.scalar[0];
    r.slot[0] = mean;
  }
};
}  // namespace

TEST_CASE("an optimizer of the user's own is an expression as any other") {
  check(lion{}, [](double p, double g, memory& m, double) {
    double const mean = m[0] = 0.75 * m[0] + 0.25 * g, sign = mean > 0 ? 1 : mean < 0 ? -1 : 0;
    double const step = sign * 0.5 + 2 * std::tanh(-mean) / (1.5 + std::fabs(mean));
    return p - (step + 0.125 / (1 + mean * mean) / 4) * 0.25;
  });
}

TEST_CASE("an optimizer's update is few steps over all parameters, whatever their number") {
  using recorder = proof::step_of<double, std::remove_cvref_t<decltype(net)>, std::remove_cvref_t<decltype(input<2>)>,
                                  detail::mse_loss, adam, 4>::recorder;
  proof::recording r;
  proof::record<recorder>(r);
  detail::grouping const grouping = detail::fusion(r.g, r.outputs, {}).run();
  int assignments = 0, updates = 0;
  for (detail::group const& m : grouping.groups) {
    int here = 0;
    for (int i : m.members) here += r.g[i].code == detail::op::assign;
    assignments += here;
    updates += here > 0;
  }
  CHECK(assignments == 3);  // the parameters and two slots
  CHECK(updates <= 2);
}

TEST_CASE("sgd has one update with and one without a velocity; a trainer runs one of them") {
  using recorder = proof::step_of<double, std::remove_cvref_t<decltype(net)>, std::remove_cvref_t<decltype(input<2>)>,
                                  detail::mse_loss, sgd, 4>::recorder;
  proof::recording r;
  proof::record<recorder>(r);
  proof::planned const p(r, {true, true});
  int runs[3] = {};
  for (detail::step_entry const& s : p.plan.pools.steps) ++runs[s.variant];
  CHECK(runs[1] == 1);
  CHECK(runs[2] == 1);
  proof::environment e = proof::first_step(r, sgd{}, {.rows = 4});
  CHECK(proof::interpret(r, e).slots == e.slots);
  CHECK(p.run(e).slots == e.slots);
}
