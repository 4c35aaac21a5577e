// SPDX-License-Identifier: MIT
#include <ashlar/nn/network.hpp>

#include <doctest/doctest.h>

#include <ashlar/nn/activation.hpp>
#include <ashlar/nn/dropout.hpp>
#include <ashlar/nn/linear.hpp>
#include <ashlar/nn/loss.hpp>
#include <ashlar/nn/normalisation.hpp>

#include "support/layer_proof.hpp"

using namespace ashlar;
using detail::op;

namespace {

constexpr auto masked = linear<4> | batch_norm | dropout<0.5> | linear<2>;

/// Records an objective's training step for batches of 4 samples of 3 numbers.
template <class Objective>
void record_step(Objective const&, proof::recording& r) {
  using spec = std::remove_cvref_t<decltype(input<3>)>;
  proof::record<
      detail::training_recorder<std::remove_cvref_t<decltype(masked)>, spec, no_target_type, Objective, sgd, 4>>(r);
}
template <class Objective>
int count(Objective const& objective, op code) {
  proof::recording r;
  record_step(objective, r);
  int n = 0;
  for (int i = 0; i < r.g.size(); ++i) n += r.g[i].code == code;
  return n;
}

}  // namespace

TEST_CASE("a network called again on the same values is not recorded again: one mask, one update of its states") {
  auto once = [](auto net, auto x) { return mean(square(net(x))); };
  auto twice = [](auto net, auto x) { return mean(net(x) * net(x)); };
  CHECK(count(twice, op::random) == 1);
  CHECK(count(twice, op::assign) == count(once, op::assign));
  proof::recording a, b;
  record_step(once, a);
  record_step(twice, b);
  CHECK(a.g.size() == b.g.size());
}

TEST_CASE("a network called on other values has the same parameters, another mask, and updates its states in turn") {
  auto twice = [](auto net, auto x) { return mean(net(x) * net(2 * x)); };
  CHECK(count(twice, op::random) == 2);
  CHECK(count(twice, op::parameter) == 6);
  proof::recording r;
  record_step(twice, r);
  CHECK(r.g.states.size() == 3);
  proof::environment e = proof::draw(r.g, {.rows = 4});
  e.scalars = {4, 0, 0, 0};
  e.variant = 1;
  e.slots = {proof::numbers(proof::region_size(r.g), 0)};
  e.states[2] = {7};
  proof::results const after = proof::interpret(r, e);
  CHECK(after.states[2] == proof::numbers{9});
}

TEST_CASE("inside a gradient the network is called on the same values: the penalty sees the loss's masks") {
  auto penalised = [](auto net, auto x) {
    auto loss = [=](auto image) { return mean(square(net(image))); };
    return loss(x) + sum(square(grad<0>(loss)(x)));
  };
  CHECK(count(penalised, op::random) == 1);
  CHECK(count(penalised, op::parameter) == 6);
}

TEST_CASE("two layers of one kind draw from streams of their own") {
  proof::recording r;
  using two = std::remove_cvref_t<decltype(dropout<0.5> | dropout<0.5>)>;
  proof::record<proof::layer_proof<two, std::remove_cvref_t<decltype(input<3>)>, 4>>(r);
  std::vector<std::pair<int, int>> keys;
  for (int i = 0; i < r.g.size(); ++i)
    if (r.g[i].code == op::random) keys.emplace_back(r.g[i].a[0], r.g[i].a[1]);
  CHECK(keys.size() == 2);
  CHECK(keys[0] != keys[1]);
}
