// SPDX-License-Identifier: MIT
#include <ashlar/nn/repeat.hpp>

#include <algorithm>

#include <doctest/doctest.h>

#include <ashlar/nn/activation.hpp>
#include <ashlar/nn/dropout.hpp>
#include <ashlar/nn/linear.hpp>
#include <ashlar/nn/normalisation.hpp>

#include "support/parameter_names.hpp"

using namespace ashlar;

namespace {

constexpr auto block = [](auto x) { return x + (linear<4> | tanh | layer_norm | linear<4>)(x); };
constexpr auto looped = linear<4> | repeat<3>(block) | tanh;
constexpr auto unrolled = linear<4> | block | block | block | tanh;
constexpr auto inner = linear<4> | repeat<2>(linear<4> | tanh);
constexpr auto nested = repeat<3>(inner);
constexpr auto nested_unrolled = linear<4> | linear<4> | tanh | linear<4> | tanh |  //
                                 linear<4> | linear<4> | tanh | linear<4> | tanh |  //
                                 linear<4> | linear<4> | tanh | linear<4> | tanh;

/// The elements of iteration i of a stacked parameter.
proof::numbers slice(proof::numbers const& stacked, std::size_t count, std::size_t i) {
  std::size_t const size = stacked.size() / count;
  return {stacked.begin() + static_cast<std::ptrdiff_t>(i * size),
          stacked.begin() + static_cast<std::ptrdiff_t>((i + 1) * size)};
}
proof::numbers joined(std::vector<proof::numbers> const& parts) {
  proof::numbers all;
  for (proof::numbers const& p : parts) all.insert(all.end(), p.begin(), p.end());
  return all;
}

/// A network's outputs, with parameters and directions put into it by `place(parameter number)`.
template <class Net, class Place>
std::vector<proof::numbers> outputs_of(Net const&, proof::environment e, int parameters, Place place) {
  proof::recording r;
  proof::record<proof::double_proof<Net, decltype(input<4>), 3>>(r);
  std::vector<proof::numbers> p, directions;
  for (int k = 0; k < parameters; ++k) {
    p.push_back(place(e.parameters, k));
    directions.push_back(place(std::vector<proof::numbers>(e.inputs.begin() + 3, e.inputs.end()), k));
  }
  e.inputs.resize(3);
  e.inputs.insert(e.inputs.end(), directions.begin(), directions.end());
  e.parameters = p;
  return proof::interpret(r, e).outputs;
}

}  // namespace

TEST_CASE("repeat equals its block written out with the same parameters: value, gradients and their gradients") {
  proof::recording r;
  proof::record<proof::double_proof<decltype(looped), decltype(input<4>), 3>>(r);
  proof::environment const e = proof::draw(r.g, {.rows = 3});
  std::vector<proof::numbers> const loop = proof::interpret(r, e).outputs;
  // looped: weight, bias of the first layer, then six stacked parameters; unrolled: the six three times.
  auto const flat = outputs_of(unrolled, e, 20, [](std::vector<proof::numbers> const& all, int k) {
    auto const n = static_cast<std::size_t>(k < 2 ? k : 2 + (k - 2) % 6);
    return k < 2 ? all[n] : slice(all[n], 3, static_cast<std::size_t>((k - 2) / 6));
  });
  std::vector<proof::numbers> expected = {flat[0]};
  for (std::size_t order : {0, 1}) {
    std::size_t const begin = 1 + order * 21;  // the input, then 20 parameters
    for (std::size_t k = 0; k < 3; ++k) expected.push_back(flat[begin + k]);
    for (std::size_t k = 0; k < 6; ++k)
      expected.push_back(joined({flat[begin + 3 + k], flat[begin + 9 + k], flat[begin + 15 + k]}));
  }
  expected.push_back(flat.back());
  CHECK(proof::difference(loop, expected, 1e-13) == "");
}

TEST_CASE("a loop within a loop equals its block written out too") {
  proof::recording r;
  proof::record<proof::double_proof<decltype(nested), decltype(input<4>), 3>>(r);
  proof::environment const e = proof::draw(r.g, {.rows = 3});
  std::vector<proof::numbers> const loop = proof::interpret(r, e).outputs;
  // nested: weight, bias [3, ...] of the outer body, weight, bias [3, 2, ...] of the inner one.
  auto const flat = outputs_of(nested_unrolled, e, 18, [](std::vector<proof::numbers> const& all, int k) {
    auto const i = static_cast<std::size_t>(k / 6), n = static_cast<std::size_t>(k % 6);
    return n < 2 ? slice(all[n], 3, i) : slice(all[2 + n % 2], 6, 2 * i + (n - 2) / 2);
  });
  std::vector<proof::numbers> expected = {flat[0]};
  for (std::size_t order : {0, 1}) {
    std::size_t const begin = 1 + order * 19;
    expected.push_back(flat[begin]);
    auto at = [&](std::size_t i, std::size_t n) { return flat[begin + 1 + 6 * i + n]; };
    for (std::size_t n : {0, 1}) expected.push_back(joined({at(0, n), at(1, n), at(2, n)}));
    for (std::size_t n : {2, 3})
      expected.push_back(joined({at(0, n), at(0, n + 2), at(1, n), at(1, n + 2), at(2, n), at(2, n + 2)}));
  }
  expected.push_back(flat.back());
  CHECK(proof::difference(loop, expected, 1e-13) == "");
}

TEST_CASE("repeated layers have the gradients that the oracle measures, whatever the rows") {
  proof::check_layer<5>(looped, input<3>);
  proof::check_layer<5>(nested, input<4>);
  proof::check_layer<3>(repeat<1>(block), input<4>);
}

TEST_CASE("a repeated layer's parameters are named by iteration, and lie iteration after iteration") {
  CHECK(proof::parameter_names(looped, input<3>) ==
        "0.weight 0.bias 1.{i}.0.weight 1.{i}.0.bias 1.{i}.2.weight 1.{i}.2.bias 1.{i}.3.weight 1.{i}.3.bias");
  CHECK(proof::parameter_names(nested, input<4>) ==
        "0.{i}.0.weight 0.{i}.0.bias 0.{i}.1.{i}.0.weight 0.{i}.1.{i}.0.bias");
}

TEST_CASE("dropout in a repeated layer has a mask for every iteration, the same in the gradient") {
  constexpr auto masks = repeat<2>(dropout<0.5>);
  proof::recording r;
  proof::record<proof::double_proof<decltype(masks), decltype(input<1000>), 1>>(r);
  proof::environment e = proof::draw(r.g, {.rows = 1});
  e.inputs[0].assign(1000, 1);
  proof::numbers const y = proof::interpret(r, e).outputs[0];
  CHECK(std::abs(std::count(y.begin(), y.end(), 4.0) - 250) < 69);  // five standard deviations of two masks
  proof::check_layer<3>(repeat<3>(dropout<0.25> | linear<5> | tanh), input<5>);
}

TEST_CASE("batch_norm in a repeated layer has running statistics for every iteration") {
  constexpr auto net = repeat<3>(linear<4> | batch_norm | tanh);
  proof::check_layer<5>(net, input<4>);
  proof::recording r;
  proof::record<proof::double_proof<decltype(net), decltype(input<4>), 5>>(r);
  proof::environment const e = proof::draw(r.g, {.rows = 3});
  std::vector<proof::numbers> const states = proof::interpret(r, e).states;
  CHECK(states[2] == proof::numbers{4, 4, 4});
  for (std::size_t i = 0; i < 12; ++i) CHECK(states[0][i] != e.states[0][i]);
  CHECK(states[0][0] != states[0][4]);
}

TEST_CASE("compiled loops agree with the oracle on a partial batch, first and second gradients too") {
  proof::check_compiled_layer<9>(repeat<3>(dropout<0.25> | linear<5> | batch_norm | tanh), input<5>);
  proof::check_compiled_layer<3>(nested, input<4>);
}
