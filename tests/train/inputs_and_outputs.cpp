// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <cmath>
#include <string>

#include <ashlar/ashlar.hpp>

#include "support/elements_of.hpp"
#include "train/clusters.hpp"

using namespace ashlar;

namespace {

// Two inputs, two outputs.
inline constexpr auto two_heads = [](auto image, auto meta) {
  auto h = named<"trunk">(flatten | linear<8> | tanh)(image) + named<"meta">(linear<8>)(meta);
  return outputs(named<"digit">(named<"head">(linear<3>)(h)), named<"value">(named<"score">(linear<2>)(h)));
};
constexpr auto named_inputs() { return inputs(named<"image">(input<2, 3>), named<"meta">(input<4>)); }
constexpr auto both_losses() { return losses(named<"digit">(cross_entropy), named<"value">(mse, loss_weight{0.5f})); }
auto made(int number = 3) { return model(two_heads, named_inputs(), cpu, seed{number}); }

template <int N>
struct samples {
  tensor<float, N, 2, 3> image;
  tensor<float, N, 4> meta;
  tensor<std::int32_t, N> labels;
  tensor<float, N, 2> values;

  samples() {
    random_stream const numbers(seed{5}, 1);  // the first rows are the same for every N
    for (int r = 0; r < N; ++r) {
      for (int i = 0; i < 6; ++i) image[r * 6 + i] = numbers.normal(static_cast<std::uint64_t>(100 * r + i));
      for (int i = 0; i < 4; ++i) meta(r, i) = numbers.normal(static_cast<std::uint64_t>(100 * r + 10 + i));
      for (int i = 0; i < 2; ++i) values(r, i) = image[r * 6 + i] - meta(r, i);
      labels(r) = (7 * r + 2) % 3;
    }
  }
  float step(auto& t) const { return t.step(image, meta, labels, values); }
};

template <class A, class B>
double difference(A const& a, B const& b) {
  double largest = 0;
  a.each_variable([&](parameter_reference const& p, auto const&) {
    std::vector<float> const mine = proof::elements_of<float>(p),
                             other = proof::elements_of<float>(b.parameter(p.name()));
    for (std::size_t i = 0; i < mine.size(); ++i)
      largest = std::max(largest, std::fabs(double{mine[i]} - double{other[i]}));
  });
  return largest;
}

inline constexpr auto sum_of_two = [](auto a, auto b) { return linear<3>(a) + linear<3, no_bias>(b); };
inline constexpr auto pair_of = [](auto x) { return std::tuple{linear<3>(x), linear<1>(x)}; };
inline constexpr auto named_pair = [](auto x) {
  return outputs(named<"class">(named<"head">(linear<3>)(x)), named<"size">(named<"score">(linear<1>)(x)));
};
inline constexpr auto own_loss = [](auto outputs, auto wanted) { return mean(square(outputs - wanted)); };

// An objective of two inputs and two targets.
inline constexpr auto apart = [](auto net, auto a, auto b, auto wanted, auto label) {
  auto y = net(a, b);
  return mean(square(sum(y, axes<1>) - wanted)) + cross_entropy(y, label) + mean(net(a, b)) - mean(y);
};
inline constexpr auto smooth = [](auto net, auto a, auto b) {
  auto of_a = [=](auto v) { return sum(square(net(v, b))); };
  return of_a(a) + 0.1f * sum(square(grad<0>(of_a)(a)));
};

// A table looked up by one input, a mean weighed by the other.
inline constexpr auto words = [](auto tokens, auto weights) {
  auto table = parameter<"table", float, 7, 4>(weights, initial_normal<1>);
  return linear<3>(
      sum(take(table, tokens) * convert<float>(reshape<decltype(weights)::shape()[0], 5, 1>(weights)), axes<1>));
};
auto wordy() {
  return model(words, inputs(named<"tokens">(input_of<std::int32_t, 5>), named<"weights">(input_of<double, 5>)), cpu,
               seed{1});
}

}  // namespace

TEST_CASE("inputs and outputs: tensors by name, in any order, are those in their order") {
  auto by_name = made(), in_order = made();
  auto a = make_trainer(by_name, both_losses(), adam{}, batch<8>);
  auto b = make_trainer(in_order, losses(named<"value">(mse, loss_weight{0.5f}), named<"digit">(cross_entropy)), adam{},
                        batch<8>);
  samples<8> const s;
  for (int step = 0; step < 3; ++step) {
    float const loss =
        a.step(named<"value">(s.values), named<"meta">(s.meta), named<"digit">(s.labels), named<"image">(s.image));
    CHECK(loss == doctest::Approx(b.step(s.image, s.meta, s.values, s.labels)).epsilon(1e-6));  // the losses' order
    CHECK(a.loss<"digit">() == doctest::Approx(b.loss<"digit">()).epsilon(1e-6));
  }
  CHECK(difference(by_name, in_order) < 1e-6);

  auto same = made();
  auto c = make_trainer(same, both_losses(), adam{}, batch<8>);
  for (int step = 0; step < 3; ++step) s.step(c);
  CHECK(bytes_of_model(same) == bytes_of_model(by_name));
  auto const p = predict(same, s.image, s.meta);
  auto const q = predict(same, named<"meta">(s.meta), named<"image">(s.image));
  CHECK(p.get<"digit">() == q.get<"digit">());
  CHECK(p.get<"value">() == q.get<1>());
  CHECK(p.get<0>() == p.get<"digit">());
}

TEST_CASE("inputs and outputs: the loss is the sum of the weighted losses, which are those of the outputs") {
  auto net = made();
  samples<8> const s;
  auto const [digit, value] = predict(net, s.image, s.meta);
  auto t = make_trainer(net, both_losses(), sgd{.learning_rate = 0.1f}, batch<8>);
  float const loss = s.step(t);
  CHECK(t.loss<"value">() == doctest::Approx(mean_squared_error(value, s.values)).epsilon(1e-5));
  double entropy = 0;
  for (int r = 0; r < 8; ++r) {
    double total = 0;
    for (int c = 0; c < 3; ++c) total += std::exp(double{digit(r, c)});
    entropy += (std::log(total) - digit(r, s.labels(r))) / 8;
  }
  CHECK(t.loss<0>() == doctest::Approx(entropy).epsilon(1e-5));
  CHECK(loss == doctest::Approx(t.loss<"digit">() + 0.5 * t.loss<"value">()).epsilon(1e-6));
  t.loss_weight<"value">() = -2;
  t.loss_weight<0>() = 3;
  float const weighed = s.step(t);
  CHECK(weighed == doctest::Approx(3 * t.loss<"digit">() - 2 * t.loss<"value">()).epsilon(1e-5));
}

TEST_CASE("inputs and outputs: fewer rows train as a batch of exactly that many, and unused rows leave no bit behind") {
  auto partial = made(), exact = made(), again = made();
  auto a = make_trainer(partial, both_losses(), adam{}, batch<8>);
  auto b = make_trainer(exact, both_losses(), adam{}, batch<5>);
  auto c = make_trainer(again, both_losses(), adam{}, batch<8>);
  samples<8> far;
  for (float& x : far.image) x = 3e38f;
  for (float& x : far.meta) x = -3e38f;
  for (float& x : far.values) x = std::nanf("");
  far.step(c);  // fills the arena; its loss is not finite
  CHECK(c.steps() == 0);
  samples<5> const s;
  for (int step = 0; step < 3; ++step) {
    float const loss = s.step(a);
    CHECK(loss == doctest::Approx(s.step(b)).epsilon(1e-6));
    CHECK(loss == s.step(c));
  }
  CHECK(difference(partial, exact) < 1e-6);
  CHECK(bytes_of_model(partial) == bytes_of_model(again));

  samples<5> const few;
  samples<3> const fewer;   // products of up to four rows are summed in another order
  samples<100> const many;  // more than predict runs at a time
  auto const of_few = predict(partial, few.image, few.meta);
  auto const of_fewer = predict(partial, fewer.image, fewer.meta);
  auto const of_many = predict(partial, many.image, many.meta);
  auto near = [](float x) { return doctest::Approx(static_cast<double>(x)).epsilon(1e-6); };
  for (int r = 0; r < 5; ++r) {
    for (int k = 0; k < 3; ++k) CHECK(of_few.get<"digit">()(r, k) == of_many.get<"digit">()(r, k));
    for (int k = 0; k < 2; ++k) CHECK(of_few.get<"value">()(r, k) == of_many.get<"value">()(r, k));
    if (r >= 3) continue;
    for (int k = 0; k < 3; ++k) CHECK(of_fewer.get<"digit">()(r, k) == near(of_many.get<"digit">()(r, k)));
    for (int k = 0; k < 2; ++k) CHECK(of_fewer.get<"value">()(r, k) == near(of_many.get<"value">()(r, k)));
  }
}

TEST_CASE("inputs and outputs: a loss of weight 0 trains as if it were absent; an output may have none") {
  auto with = made(), without = made();
  auto a =
      make_trainer(with, losses(named<"value">(mse, loss_weight{0}), named<"digit">(cross_entropy)), adam{}, batch<8>);
  auto b = make_trainer(without, losses(named<"digit">(cross_entropy)), adam{}, batch<8>);
  std::string const before = bytes_of_model(without);
  samples<8> const s;
  for (int step = 0; step < 4; ++step)
    CHECK(a.step(s.image, s.meta, s.values, s.labels) ==
          doctest::Approx(b.step(s.image, s.meta, s.labels)).epsilon(1e-6));
  CHECK(difference(with, without) < 1e-6);
  CHECK(bytes_of_model(without) != before);
  tensor<float, 2, 8> const score = without.parameter("score.weight"), start = made().parameter("score.weight");
  CHECK(score == start);
  CHECK(a.loss<"value">() > 0);
  a.loss_weight<"value">() = 1;
  a.step(s.image, s.meta, s.values, s.labels);
  CHECK(difference(with, without) > 1e-4);
}

TEST_CASE("inputs and outputs: two inputs, one output and a plain loss need no names") {
  auto net = model(sum_of_two, inputs(input<2>, input<4>), cpu, seed{1});
  CHECK(net.parameters() == 9 + 12);
  tensor<float, 6, 2> const a{1, 2, 0, 1, -1, 1, 2, 2, 0, -1, 1, 0};
  tensor<float, 6, 4> b;
  random_normal(b, seed{2});
  tensor<std::int32_t, 6> const labels{0, 1, 2, 0, 1, 2};
  auto t = make_trainer(net, cross_entropy, adam{.learning_rate = 0.1f}, batch<6>);
  float const first = t.step(a, b, labels);
  for (int step = 0; step < 200; ++step) t.step(a, b, labels);
  CHECK(t.step(a, b, labels) < 0.2f * first);
  CHECK(accuracy(predict(net, a, b), labels) == 1);
  CHECK(accuracy(predict(net, a, b), tensor<std::int32_t, 6>{0, 1, 2, 1, 2, 0}) == 0.5);
}

TEST_CASE("inputs and outputs: a network's only output takes a plain loss, though it has a name") {
  tensor<float, 6, 4> x;
  tensor<float, 6, 3> wanted;
  random_normal(x, seed{2}), random_normal(wanted, seed{3});
  tensor<std::int32_t, 6> const labels{0, 1, 2, 0, 1, 2};
  auto train = [&](auto network, auto loss, auto const& target) {
    auto net = model(network, input<4>, cpu, seed{1});
    auto t = make_trainer(net, loss, sgd{.learning_rate = 0.1f}, batch<6>);
    t.step(x, target);
    return float{t.step(x, target)};
  };
  auto const named_one = [](auto v) { return outputs(named<"score">(linear<3>(v))); };
  CHECK(train(named_one, mse, wanted) == train(linear<3>, mse, wanted));
  CHECK(train(named_one, cross_entropy, labels) == train(linear<3>, cross_entropy, labels));
  auto net = model(named_one, input<4>, cpu, seed{1});
  basic_dataset<target_type<float, 3>, 4> const all({x.begin(), x.end()}, {wanted.begin(), wanted.end()});
  fit(net, all, all, mse, sgd{.learning_rate = 0.1f}, batch<6>, {.epochs = 2});
  CHECK(mean_squared_error(net, all) < mean_squared_error(model(linear<3>, input<4>, cpu, seed{1}), all));
}

TEST_CASE("inputs and outputs: several outputs without names have a loss each, in their order") {
  auto net = model(pair_of, input<2>, cpu, seed{1});
  auto t = make_trainer(net, losses(cross_entropy, mse), sgd{.learning_rate = 0.1f}, batch<4>);
  tensor<float, 4, 2> const x{1, 2, -3, 4, 0, 1, 1, 1};
  tensor<std::int32_t, 4> const labels{0, 2, 1, 1};
  tensor<float, 4, 1> const sizes{1, 2, 3, 4};
  auto [classes, size] = predict(net, x);
  CHECK(std::is_same_v<decltype(classes), tensor<float, 4, 3>>);
  float const loss = t.step(x, labels, sizes);
  CHECK(t.loss<1>() == doctest::Approx(mean_squared_error(size, sizes)).epsilon(1e-5));
  CHECK(loss == doctest::Approx(t.loss<0>() + t.loss<1>()).epsilon(1e-6));
}

TEST_CASE("inputs and outputs: a dataset trains and measures one output of several") {
  auto net = model(named_pair, named<"point">(input<2>), cpu, seed{1});
  dataset<2> const train = clusters(90, 1), valid = clusters(45, 2);
  auto const result = fit(net, train, valid, losses(named<"class">(cross_entropy)), adam{.learning_rate = 0.05f},
                          batch<16>, {.epochs = 10});
  CHECK(result.best_accuracy > 0.9);
  CHECK(accuracy<"class">(net, valid) == result.epochs.back().accuracy);
  auto t = make_trainer(net, losses(named<"class">(cross_entropy)), sgd{}, batch<16>);
  tensor<float, 3, 2> const points(train.inputs().first(6));
  CHECK(t.step(batches(train, 3)[0]) ==
        doctest::Approx(t.step(named<"class">(tensor<std::int32_t, 3>{0, 1, 2}), named<"point">(points))).epsilon(0.1));
  basic_dataset<target_type<float, 1>, 2> const sizes({1, 2, 3, 4}, {1, 2});
  tensor<float, 2, 2> const x{1, 2, 3, 4};
  CHECK(mean_squared_error<"size">(net, sizes) ==
        doctest::Approx(mean_squared_error(predict(net, x).get<"size">(), tensor<float, 2, 1>{1, 2})));
}

TEST_CASE("inputs and outputs: an objective takes the network, all inputs and the stated targets") {
  auto net = model(sum_of_two, inputs(input<2>, input<4>), targets(target<float>, target<std::int32_t>), cpu, seed{1});
  auto t = make_trainer(net, apart, sgd{.learning_rate = 0.005f}, batch<4>);
  tensor<float, 3, 2> const a{1, 2, 0, 1, -1, 1};
  tensor<float, 3, 4> const b{1, 2, 3, 4, 0, 0, 1, 1, -1, 0, 1, 0};
  tensor<float, 3> const wanted{1, 0, -1};
  tensor<std::int32_t, 3> const labels{2, 0, 1};
  auto const y = predict(net, a, b);
  double expected = 0;
  for (int r = 0; r < 3; ++r) {
    double total = 0, sum = 0;
    for (int k = 0; k < 3; ++k) {
      total += std::exp(double{y(r, k)});
      sum += y(r, k);
    }
    expected += (std::log(total) - y(r, labels(r)) + (sum - wanted(r)) * (sum - wanted(r))) / 3;
  }
  float const loss = t.step(a, b, wanted, labels);
  CHECK(loss == doctest::Approx(expected).epsilon(1e-5));
  for (int step = 0; step < 50; ++step) t.step(a, b, wanted, labels);
  CHECK(t.step(a, b, wanted, labels) < 0.7f * loss);
  CHECK(complaint_of([&] {
          t.step(a, b, wanted, tensor<std::int32_t, 3>{0, 1, 3});
        }) == "step 53: a label of target 2 is 3; the network has outputs for 0 to 2");
}

TEST_CASE("inputs and outputs: targets of losses of one's own are stated by the losses' names") {
  auto net = model(two_heads, named_inputs(), targets(named<"value">(target<float, 2>)), cpu, seed{3});
  auto same = made();
  auto t = make_trainer(net, losses(named<"digit">(cross_entropy), named<"value">(own_loss)), sgd{}, batch<8>);
  auto u = make_trainer(same, losses(named<"digit">(cross_entropy), named<"value">(mse)), sgd{}, batch<8>);
  samples<8> const s;
  for (int step = 0; step < 2; ++step) CHECK(s.step(t) == doctest::Approx(s.step(u)).epsilon(1e-6));
  CHECK(difference(net, same) < 1e-6);
}

TEST_CASE("inputs and outputs: an objective without a target differentiates the network by one of its inputs") {
  auto net = model(sum_of_two, inputs(input<2>, input<4>), no_target, cpu, seed{1});
  auto t = make_trainer(net, smooth, sgd{.learning_rate = 0.01f}, batch<4>);
  tensor<float, 3, 2> const a{1, 2, 0, 1, -1, 1};
  tensor<float, 3, 4> const b{1, 2, 3, 4, 0, 0, 1, 1, -1, 0, 1, 0};
  tensor<float, 3, 2> const w = net.parameter("0.weight");
  auto const y = predict(net, a, b);
  double expected = 0;
  for (float x : y) expected += double{x} * double{x};
  for (int r = 0; r < 3; ++r)
    for (int i = 0; i < 2; ++i) {
      double slope = 0;
      for (int k = 0; k < 3; ++k) slope += 2 * double{y(r, k)} * double{w(k, i)};
      expected += 0.1 * slope * slope;
    }
  CHECK(t.step(a, b) == doctest::Approx(expected).epsilon(1e-5));
}

TEST_CASE("inputs and outputs: inputs of other dtypes; indices out of range are refused by the input's name") {
  auto net = wordy();
  auto t = make_trainer(net, cross_entropy, adam{.learning_rate = 0.1f}, batch<4>);
  tensor<std::int32_t, 3, 5> tokens{0, 1, 2, 3, 4, 5, 6, 0, 1, 2, 3, 3, 3, 3, 3};
  tensor<double, 3, 5> weights;
  weights.fill(0.2);
  tensor<std::int32_t, 3> const labels{0, 1, 2};
  float const first = t.step(tokens, weights, labels);
  for (int step = 0; step < 100; ++step) t.step(tokens, weights, labels);
  CHECK(t.step(tokens, weights, labels) < 0.1f * first);
  CHECK(accuracy(predict(net, tokens, weights), labels) == 1);
  std::string const before = bytes_of_model(net);
  tokens(2, 4) = 7;
  CHECK(complaint_of([&] { t.step(tokens, weights, labels); }) ==
        "step 103: an index of input 'tokens' is 7; the network takes 0 to 6");
  CHECK(complaint_of([&] { predict(net, tokens, weights); }) ==
        "predict: an index of input 'tokens' is 7; the network takes 0 to 6");
  CHECK(bytes_of_model(net) == before);
  CHECK(t.steps() == 102);
}

TEST_CASE("inputs and outputs: labels out of range are refused by the loss's name") {
  auto net = made();
  auto t = make_trainer(net, both_losses(), adam{}, batch<8>);
  samples<4> s;
  s.labels(1) = 3;
  CHECK(complaint_of([&] { s.step(t); }) ==
        "step 1: a label of target 'digit' is 3; the network has outputs for 0 to 2");
}

TEST_CASE("inputs and outputs: what is not finite is named: an input, a target, a weight") {
  auto net = made();
  auto t = make_trainer(net, both_losses(), adam{}, batch<8>);
  std::string const before = bytes_of_model(net);
  samples<4> s;
  s.meta(1, 1) = std::nanf("");
  CHECK(find_non_finite(t, s.image, s.meta, s.labels, s.values).sentence == "input 'meta' was not finite before");
  s = samples<4>();
  s.values(1, 1) = INFINITY;
  non_finite const why = find_non_finite(t, s.image, s.meta, s.labels, s.values);
  CHECK(why.sentence == "target 'value' was not finite before");
  CHECK(why.layer == "value");
  s = samples<4>();
  CHECK(!find_non_finite(t, s.image, s.meta, s.labels, s.values));
  t.loss_weight<"value">() = std::nanf("");
  CHECK(std::isnan(s.step(t)));
  CHECK(t.steps() == 0);
  CHECK(std::isfinite(t.loss<"value">()));
  CHECK(find_non_finite(t, s.image, s.meta, s.labels, s.values).sentence ==
        "the weight of loss 'value' was not finite before");
  CHECK(bytes_of_model(net) == before);
  t.loss_weight<"value">() = 1;
  CHECK(std::isfinite(s.step(t)));
}

TEST_CASE("inputs and outputs: under debug every result is checked, and one is looked at") {
  auto net = model(two_heads, named_inputs(), cpu.with(debug), seed{3});
  auto plain = made();
  auto t = make_trainer(net, both_losses(), sgd{.learning_rate = 0.1f}, batch<4>);
  auto u = make_trainer(plain, both_losses(), sgd{.learning_rate = 0.1f}, batch<4>);
  samples<4> s;
  auto const digit = predict(plain, s.image, s.meta).get<"digit">();
  CHECK(s.step(t) == doctest::Approx(s.step(u)).epsilon(1e-6));
  tensor<float, 4, 3> const head = inspect(t, "head");
  for (int i = 0; i < 12; ++i) CHECK(head[i] == doctest::Approx(digit[i]).epsilon(1e-5));
  t.loss_weight<"digit">() = INFINITY;
  CHECK(complaint_of([&] { s.step(t); }) ==
        "step 2: the loss is not finite: the weight of loss 'digit' was not finite before");
  t.loss_weight<"digit">() = 1;
  s.meta(0, 0) = INFINITY;
  CHECK(complaint_of([&] { s.step(t); }) == "step 2: the loss is not finite: input 'meta' was not finite before");
}

TEST_CASE("inputs and outputs: summary lists them with the shapes of a sample") {
  CHECK(summary(made()) ==
        "name            shape      elements\n"
        "image           [2, 3]    6 (input)\n"
        "meta            [4]       4 (input)\n"
        "trunk.1.weight  [8, 6]           48\n"
        "trunk.1.bias    [8]               8\n"
        "meta.weight     [8, 4]           32\n"
        "meta.bias       [8]               8\n"
        "head.weight     [3, 8]           24\n"
        "head.bias       [3]               3\n"
        "score.weight    [2, 8]           16\n"
        "score.bias      [2]               2\n"
        "digit           [3]      3 (output)\n"
        "value           [2]      2 (output)\n"
        "parameters: 141\n");
  std::string const unnamed = summary(model(sum_of_two, inputs(input<2>, input<4>), cpu, seed{1}));
  CHECK(unnamed.find("input 2   [4]") != std::string::npos);
  CHECK(unnamed.find("output 1  [3]") != std::string::npos);
}

TEST_CASE("inputs and outputs: the plan of a step is known before anything runs") {
  constexpr auto plan = training_plan(two_heads, named_inputs(), both_losses(), adam{}, batch<8>);
  static_assert(plan.parameters == 141 && plan.arena_bytes > 0);
  auto net = made();
  auto t = make_trainer(net, both_losses(), adam{}, batch<8>);
  CHECK(t.summary().steps == plan.steps);
}
