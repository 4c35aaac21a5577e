// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <cmath>

#include "support/elements_of.hpp"
#include "support/networks.hpp"

using namespace ashlar;

namespace {

using proof::environment;
using proof::results;

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
  results const poisoned = proof::run_filled<cpu_policy<>, Recorder>(e, 0xff);  // NaN
  for (int fill : {0x00, 0x55, 0x7f}) {
    CAPTURE(fill);
    CHECK(proof::difference(proof::run_filled<cpu_policy<>, Recorder>(e, fill), poisoned, 0) == "");
  }
}

}  // namespace

TEST_CASE("a partial batch of images trains as a network of exactly that batch, and unused rows matter to no bit") {
  environment e;
  check_partial<proof::image_step<double, 8>, proof::image_step<double, 1>>(adam{}, 8, 1, 5, e);
  check_partial<proof::image_step<double, 8>, proof::image_step<double, 8>>(adam{}, 8, 8, 5, e);
  results const wanted = check_partial<proof::image_step<double, 8>, proof::image_step<double, 5>>(adam{}, 8, 5, 5, e);
  // Adam's first step is rate * g / (|g| + epsilon): gradients near 0 in float lose their digits there.
  check_compiled_step<proof::image_step<float, 8>>(e, wanted, 2e-3);
}

TEST_CASE("a partial batch through loops trains as a network of exactly that batch, and unused rows matter to no bit") {
  sgd const o{.learning_rate = 0.5f, .momentum = 0.5f, .weight_decay = 0.125f};
  environment e;
  results const wanted = check_partial<proof::loop_step<double, 8>, proof::loop_step<double, 5>>(o, 8, 5, 2, e);
  check_compiled_step<proof::loop_step<float, 8>>(e, wanted, 1e-4);
}

TEST_CASE("a gradient penalty on a partial batch is that of a network of exactly that batch") {
  sgd const o{.learning_rate = 0.5f};
  environment e;
  results const wanted =
      check_partial<proof::penalised_step<double, 8>, proof::penalised_step<double, 5>>(o, 8, 5, 3, e);
  check_compiled_step<proof::penalised_step<double, 8>>(e, wanted, 1e-11);
}

TEST_CASE("a trainer steps on fewer rows than its batch as a trainer of exactly that batch does") {
  auto net = model(proof::small_network, input<3>, cpu, seed{3}),
       same = model(proof::small_network, input<3>, cpu, seed{3});
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
    std::vector<char> const wanted = proof::elements_of<char>(p),
                            got = proof::elements_of<char>(net.parameter(p.name()));
    for (std::int64_t i = 0; i < p.size(); ++i)
      CHECK(proof::load_number(p.type(), got.data() + i * bytes_of(p.type())) ==
            doctest::Approx(proof::load_number(p.type(), wanted.data() + i * bytes_of(p.type()))).epsilon(1e-4));
  });
}

namespace {

constexpr auto tail_network = linear<4> | tanh | linear<3>;
template <class Objective, int Batch>
using tail_step = detail::training_recorder<std::remove_cvref_t<decltype(tail_network)>, input_type<double, 2>,
                                            no_target_type, Objective, sgd, Batch>;
/// An objective that makes numbers of constants: on a partial batch there are as many as valid rows.
template <class Objective>
void check_tail(char const* name, Objective) {
  CAPTURE(name);
  environment e;
  check_partial<tail_step<Objective, 8>, tail_step<Objective, 3>>(sgd{.learning_rate = 0.5f}, 8, 3, 2, e);
}

}  // namespace

TEST_CASE("constants, too, have the rows of the batch: sums of them count the valid ones") {
  check_tail("a sum", [](auto net, auto x) { return sum(net(x)) * 0.125f; });
  check_tail("a number taken away", [](auto net, auto x) { return 0.0f * sum(x) - sum(net(x) - 1.0f); });
  check_tail("a sum of means", [](auto net, auto x) { return sum(mean(net(x), axes<1>)); });
  check_tail("a penalty on the slope of a sum", [](auto net, auto x) {
    auto total = [=](auto v) { return sum(net(v)); };
    return mean(net(x)) + sum(square(grad<0>(total)(x)));
  });
  check_tail("a count of samples", [](auto net, auto x) {
    auto y = net(x);
    return sum(y) / sum(zeros_like(y) + 1) + mean(square(y));
  });
  check_tail("a function of zeros", [](auto net, auto x) {
    auto y = net(x);
    return mean(y) * sum(exp(zeros_like(y)));
  });
  check_tail("a choice between numbers", [](auto net, auto x) {
    auto y = net(x);
    auto z = zeros_like(y);
    return mean(y) + mean(y) * sum(select(z > 1, z, z + 1)) + sum(select(y >= 0.0f, y, 2.0f));
  });
  check_tail("a mean stretched again", [](auto net, auto x) {
    auto y = net(x);
    return sum(square(zeros_like(y) + mean_keep(y, axes<0>))) + mean(y);
  });
}

namespace {

constexpr auto squares = [](auto net, auto x) { return sum(square(net(x))) + mean(net(x)); };
template <class Net, int Batch, class T = double>
using squares_step = detail::training_recorder<Net, input_type<T, 2>, no_target_type,
                                               std::remove_cvref_t<decltype(squares)>, sgd, Batch>;

/// A parameter of a function, of the dtype of x.
template <fixed_string Name, int... D>
constexpr auto own =
    []<class T, int... X>(basic_value<T, X...> x) { return parameter<Name, T, D...>(x, initial_constant<1>); };

/// A network on a batch of 1 trains as on the only valid row of three; compiled too where asked.
template <bool Compiled = false, class Net>
void check_batch_of_one(char const* name, Net) {
  CAPTURE(name);
  environment e;
  results const wanted =
      check_partial<squares_step<Net, 3>, squares_step<Net, 1>>(sgd{.learning_rate = 0.5f}, 3, 1, 2, e);
  if constexpr (Compiled) check_compiled_step<squares_step<Net, 1, float>>(proof::exact_batch(e, 3), wanted, 1e-4);
}

}  // namespace

TEST_CASE("a batch of 1, whose extents are those of what has no rows, trains as one valid row of several does") {
  // Statements of their own, since layers are numbered in the order in which operands happen to be evaluated.
  check_batch_of_one<true>("a number made of parameters", [](auto x) {
    auto s = own<"s">(x);
    auto t = own<"t">(x);
    return tanh(linear<1>(x) * s * exp(t) + s);
  });
  check_batch_of_one("a choice by a number", [](auto x) {
    auto s = own<"s">(x);
    auto t = own<"t">(x);
    auto h = linear<1>(x);
    return select(h + s > 0, h * s, t) + select(h + s > 0, t, h * s);
  });
  check_batch_of_one<true>("numbers that a loop reads, carries and holds", [](auto x) {
    auto held = repeat<2>([](auto c) { return tanh(c * own<"r">(c)); })(own<"s">(x));
    auto t = own<"t", 1>(x);
    auto h = linear<1>(x);
    return repeat<2>([](auto h, auto a, auto b) { return tanh(h * a + b * own<"q">(h)); })(h, held, t);
  });
  check_batch_of_one("rows of tables", [](auto x) {
    auto table = own<"table", 2, 2>(x);
    auto row = own<"row", 1, 2>(x);
    return x * slice<0, 1, 2>(table) + flip(row, axes<1>) + slice<0, 0, 1>(concat<0>(row, 2.0f * row));
  });
  check_batch_of_one("sums over the batch", [](auto x) {
    auto s = own<"s">(x);
    auto h = linear<1>(x);
    return h * sum(h, axes<0>) + mean(h) * s - max(h, axes<0>);
  });
  check_batch_of_one<true>("gradients for what has no rows", [](auto x) {
    auto s = own<"s">(x);
    auto m = own<"m", 1, 2>(x);
    auto [ds, dm] = grad<1, 2>([](auto h, auto a, auto b) { return sum(sin(h * a + b)); })(x, s, m);
    return matmul(x * ds, transpose(dm));
  });
}

TEST_CASE("a prediction does not depend on the batch it stands in, but for rounding in one of a few rows") {
  auto const net = model(proof::image_network, input<2, 6, 5>, cpu, seed{3});
  tensor<float, 70, 2, 6, 5> x;  // more than one batch of 64
  random_normal(x, seed{1});
  tensor<float, 70, 5> const all = predict(net, x);
  for (int i : {0, 5, 59, 63, 65}) {
    tensor<float, 5, 2, 6, 5> const some(std::span<float const>(x.data() + i * 60, 300));
    tensor<float, 5, 5> const y = predict(net, some);
    for (int j = 0; j < 5; ++j)
      for (int c = 0; c < 5; ++c) CHECK(y(j, c) == all(i + j, c));
  }
  for (int i : {0, 5, 63, 64, 69}) {
    tensor<float, 1, 2, 6, 5> const one(std::span<float const>(x.data() + i * 60, 60));
    tensor<float, 1, 5> const y = predict(net, one);
    for (int c = 0; c < 5; ++c) CHECK(std::abs(y[c] - all(i, c)) < 1e-6f);
  }
}
