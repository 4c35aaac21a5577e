// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <ashlar/ashlar.hpp>

#include "support/step_proof.hpp"

using namespace ashlar;

namespace {

using proof::environment;
using proof::results;

constexpr auto images = conv2d<3, 3, padding<1>> | batch_norm | relu | max_pool2d<2> | dropout<0.25> | conv2d<4, 2> |
                        batch_norm | tanh | global_avg_pool | linear<5>;
constexpr auto block = [](auto x) { return x + (linear<6> | tanh | dropout<0.5> | layer_norm)(x); };
constexpr auto sequence = linear<6> | repeat<2>(block) | batch_norm | linear<2>;
constexpr auto penalised = [](auto net, auto x, auto label) {
  auto loss = [=](auto v) { return cross_entropy(net(v), label); };
  return loss(x) + 0.1f * sum(square(grad<0>(loss)(x)));
};
constexpr auto small = linear<4> | batch_norm | tanh | dropout<0.25> | linear<3>;

/// Proves a step on a partial batch: equal to that of a network of exactly that batch within rounding, by every plan;
/// returns it.
template <class Wide, class Exact, class Optimizer>
results check_partial(Optimizer const& o, int batch, int rows, int classes, environment& e) {
  proof::recording wide, exact;
  proof::record<Wide>(wide);
  proof::record<Exact>(exact);
  e = proof::first_step(wide, o, {.classes = classes, .rows = rows});
  results const wanted = proof::interpret(wide, e);
  CHECK(proof::difference(wanted, proof::interpret(exact, proof::exact_batch(e, batch)), 1e-12) == "");
  proof::check_plans(wide, e, wanted, proof::double_tolerance);
  std::size_t changed = 0;  // a bias before batch_norm has no gradient
  for (std::size_t k = 0; k < e.parameters.size(); ++k) changed += wanted.parameters[k] != e.parameters[k];
  CHECK(2 * changed > e.parameters.size());
  for (std::size_t k = 0; k < e.states.size(); ++k) CHECK((wanted.states[k] != e.states[k]));
  return wanted;
}

/// Proves that a compiled step agrees with the oracle, and that no bit of it depends on what memory held before.
template <class Recorder>
void check_compiled_step(environment const& e, results const& wanted, double tolerance) {
  CHECK(proof::compiled_difference<cpu_policy<>, Recorder>(e, wanted, tolerance) == "");
  auto const set = detail::machine_instruction_set();
  results const poisoned = proof::run_compiled<cpu_policy<>, Recorder>(e, set, 0xff);  // NaN
  for (int fill : {0x00, 0x55, 0x7f}) {
    CAPTURE(fill);
    CHECK(proof::difference(proof::run_compiled<cpu_policy<>, Recorder>(e, set, fill), poisoned, 0) == "");
  }
}

template <class T, class Net, class Input, class Objective, class Optimizer, int Batch>
using step = typename proof::step_of<T, Net, Input, Objective, Optimizer, Batch>::recorder;
using image_net = std::remove_cvref_t<decltype(images)>;
using image_input = std::remove_cvref_t<decltype(input<2, 5, 6>)>;
using sequence_net = std::remove_cvref_t<decltype(sequence)>;
using sequence_input = std::remove_cvref_t<decltype(input<3>)>;
using small_net = std::remove_cvref_t<decltype(small)>;
using penalty = std::remove_cvref_t<decltype(penalised)>;

}  // namespace

TEST_CASE("a partial batch of images trains as a network of exactly that batch, and unused rows matter to no bit") {
  using entropy = detail::cross_entropy_loss;
  environment e;
  for (int rows : {1, 5, 8}) {
    CAPTURE(rows);
    if (rows == 1)
      check_partial<step<double, image_net, image_input, entropy, adam, 8>,
                    step<double, image_net, image_input, entropy, adam, 1>>(adam{}, 8, 1, 5, e);
    if (rows == 8)
      check_partial<step<double, image_net, image_input, entropy, adam, 8>,
                    step<double, image_net, image_input, entropy, adam, 8>>(adam{}, 8, 8, 5, e);
    if (rows != 5) continue;
    results const wanted = check_partial<step<double, image_net, image_input, entropy, adam, 8>,
                                         step<double, image_net, image_input, entropy, adam, 5>>(adam{}, 8, 5, 5, e);
    check_compiled_step<step<double, image_net, image_input, entropy, adam, 8>>(e, wanted, 1e-11);
    // Adam's first step is rate * g / (|g| + epsilon): gradients near 0 in float lose their digits there.
    check_compiled_step<step<float, image_net, image_input, entropy, adam, 8>>(e, wanted, 1e-3);
  }
}

TEST_CASE("a partial batch of sequences trains as a network of exactly that batch, and unused rows matter to no bit") {
  sgd const o{.learning_rate = 0.5f, .momentum = 0.5f, .weight_decay = 0.125f};
  environment e;
  results const wanted =
      check_partial<step<double, sequence_net, sequence_input, detail::mse_loss, sgd, 8>,
                    step<double, sequence_net, sequence_input, detail::mse_loss, sgd, 5>>(o, 8, 5, 2, e);
  check_compiled_step<step<float, sequence_net, sequence_input, detail::mse_loss, sgd, 8>>(e, wanted, 1e-4);
}

TEST_CASE("a gradient penalty on a partial batch is that of a network of exactly that batch") {
  sgd const o{.learning_rate = 0.5f};
  environment e;
  results const wanted = check_partial<step<double, small_net, sequence_input, penalty, sgd, 8>,
                                       step<double, small_net, sequence_input, penalty, sgd, 5>>(o, 8, 5, 3, e);
  check_compiled_step<step<float, small_net, sequence_input, penalty, sgd, 8>>(e, wanted, 1e-4);
}

TEST_CASE("a trainer steps on fewer rows than its batch as a trainer of exactly that batch does") {
  auto net = model(small, input<3>, cpu, seed{3}), same = model(small, input<3>, cpu, seed{3});
  auto partial = make_trainer(net, cross_entropy, sgd{.learning_rate = 0.25f, .momentum = 0.5f}, batch<8>);
  auto exact = make_trainer(same, cross_entropy, sgd{.learning_rate = 0.25f, .momentum = 0.5f}, batch<5>);
  tensor<float, 5, 3> x;
  for (int step = 0; step < 4; ++step) {
    random_normal(x, seed{step});
    tensor<std::int32_t, 5> const label{0, 1, 2, step % 3, 1};
    CHECK(partial.step(x, label) == doctest::Approx(exact.step(x, label)).epsilon(1e-5));
  }
  same.each_variable([&](parameter_reference const& p, auto const&) {
    CAPTURE(p.name());
    parameter_reference const q = net.parameter(p.name());
    for (std::int64_t i = 0; i < p.size(); ++i)
      CHECK(proof::load_number(p.type(), q.bytes() + i * bytes_of(p.type())) ==
            doctest::Approx(proof::load_number(p.type(), p.bytes() + i * bytes_of(p.type()))).epsilon(1e-4));
  });
}

TEST_CASE("a prediction does not depend on the batch it stands in") {
  auto const net = model(images, input<2, 5, 6>, cpu, seed{3});
  tensor<float, 70, 2, 5, 6> x;  // more than one batch of 64
  random_normal(x, seed{1});
  tensor<float, 70, 5> const all = predict(net, x);
  for (int i : {0, 5, 63, 64, 69}) {
    tensor<float, 1, 2, 5, 6> const one(std::span<float const>(x.data() + i * 60, 60));
    tensor<float, 1, 5> const y = predict(net, one);
    for (int c = 0; c < 5; ++c) CHECK(y[c] == all(i, c));
  }
}
