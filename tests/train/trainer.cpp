// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <cmath>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include <ashlar/ashlar.hpp>

#include "support/elements_of.hpp"
#include "train/clusters.hpp"

using namespace ashlar;

namespace {

auto made(int number = 3) { return model(three_classes, input<2>, cpu, seed{number}); }

dataset<2> const data = clusters(30, 1);

// Rows of `data` by number.
batch_rows<2> rows_of(std::vector<std::uint32_t> const& numbers) { return {&data, numbers}; }

inline constexpr auto dropping = linear<16> | dropout<0.5> | linear<3>;

// Not the cross entropy: an objective of one's own, which has no range of labels.
inline constexpr auto pull = [](auto net, auto x, auto wanted) { return mean(square(net(x) - wanted)); };
inline constexpr auto size_of_outputs = [](auto net, auto x) { return mean(square(net(x))); };
inline constexpr auto sum_of_outputs = [](auto net, auto x) { return sum(net(x)); };
inline constexpr auto entropy_and_penalty = [](auto net, auto x, auto y) {
  auto loss = [=](auto v) { return cross_entropy(net(v), y); };
  return loss(x) + 0.1f * sum(square(grad<0>(loss)(x)));
};
inline constexpr auto dropping_inputs = dropout<0.5> | linear<1>;

inline constexpr auto looped = repeat<3>(repeat<2>(linear<2> | tanh));
inline constexpr auto block = linear<2> | tanh;
inline constexpr auto written_out = block | block | block | block | block | block;
inline constexpr auto normed_block = linear<2> | batch_norm | tanh;
inline constexpr auto normed_loops = repeat<2>(repeat<3>(normed_block));
inline constexpr auto normed_written_out =
    normed_block | normed_block | normed_block | normed_block | normed_block | normed_block;
// "0.1.2.0.weight" of the loops is "15.weight" of the network written out.
std::string written_out_name(std::string const& name) {
  int const copy = 3 * (name[2] - '0') + (name[4] - '0');
  return std::to_string(3 * copy + (name[6] - '0')) + name.substr(7);
}
inline constexpr auto energy_and_slope = [](auto net, auto x) {
  auto energy = [=](auto v) { return sum(square(net(v))); };
  return energy(x) + sum(net(2.0 * x)) + sum(square(grad<0>(energy)(x)));
};

}  // namespace

TEST_CASE("trainer: a step returns the loss before its update, and the loss falls") {
  auto net = made();
  auto t = make_trainer(net, cross_entropy, sgd{.learning_rate = 0.5f}, batch<16>);
  auto const outputs = predict(net, tensor<float, 30, 2>(data.inputs()));
  double expected = 0;
  for (int r = 0; r < 16; ++r) {
    double total = 0;
    for (int c = 0; c < 3; ++c) total += std::exp(double{outputs(r, c)});
    expected += (std::log(total) - outputs(r, data.label(r))) / 16;
  }
  batch_sequence<2> const all = batches(data, 16);
  float const before = t.step(all[0]);
  CHECK(before == doctest::Approx(expected).epsilon(1e-6));
  CHECK(t.step(all[0]) < before);
  CHECK(t.steps() == 2);
}

TEST_CASE("trainer: rows of a dataset and tensors of the same numbers train alike") {
  auto from_rows = made(), from_tensors = made();
  auto a = make_trainer(from_rows, cross_entropy, adam{}, batch<8>);
  auto b = make_trainer(from_tensors, cross_entropy, adam{}, batch<8>);
  tensor<float, 8, 2> x;
  tensor<std::int32_t, 8> labels;
  for (std::vector<std::uint32_t> const& numbers :
       std::vector<std::vector<std::uint32_t>>{{0, 1, 2, 3, 4, 5, 6, 7}, {9, 9, 8, 1, 0, 29, 28, 7}}) {
    auto const rows = rows_of(numbers);
    for (int r = 0; r < 8; ++r) {
      for (int k = 0; k < 2; ++k) x(r, k) = rows.input(r)[k];
      labels(r) = rows.label(r);
    }
    CHECK(a.step(rows) == b.step(x, labels));
  }
  CHECK(bytes_of_model(from_rows) == bytes_of_model(from_tensors));
}

TEST_CASE("trainer: fewer rows train as a batch of exactly that many") {
  auto partial = made(), exact = made();
  auto a = make_trainer(partial, cross_entropy, sgd{.learning_rate = 0.5f, .momentum = 0.9f}, batch<8>);
  auto b = make_trainer(exact, cross_entropy, sgd{.learning_rate = 0.5f, .momentum = 0.9f}, batch<5>);
  for (int k = 0; k < 3; ++k)
    CHECK(a.step(rows_of({0, 1, 2, 3, 4})) == doctest::Approx(b.step(rows_of({0, 1, 2, 3, 4}))).epsilon(1e-6));
  tensor<float, 16, 2> const mine = partial.parameter("0.weight"), theirs = exact.parameter("0.weight");
  for (std::int64_t i = 0; i < mine.size(); ++i) CHECK(mine[i] == doctest::Approx(theirs[i]).epsilon(1e-5));
}

TEST_CASE("trainer: what unused rows held before leaves no bit behind") {
  auto one = made(), other = made();
  auto a = make_trainer(one, cross_entropy, sgd{}, batch<8>);
  auto b = make_trainer(other, cross_entropy, sgd{}, batch<8>);
  tensor<float, 8, 2> far;
  far.fill(3e38f);
  tensor<std::int32_t, 8> labels;
  b.optimizer.learning_rate = 0;  // fills the arena, moves nothing
  b.step(far, labels);
  b.optimizer.learning_rate = a.optimizer.learning_rate;
  CHECK(bytes_of_model(one) == bytes_of_model(other));
  CHECK(a.step(rows_of({0, 1, 2})) == b.step(rows_of({0, 1, 2})));
  CHECK(bytes_of_model(one) == bytes_of_model(other));
}

TEST_CASE("trainer: too many rows, none, and labels out of range are refused before anything changes") {
  auto net = made();
  auto t = make_trainer(net, cross_entropy, adam{}, batch<4>);
  t.step(rows_of({0, 1, 2}));
  std::string const before = bytes_of_model(net);
  CHECK(complaint_of([&] {
          t.step(rows_of({0, 1, 2, 3, 4}));
        }) == "step 2: it was given 5 rows; this trainer takes 1 to 4");
  CHECK(complaint_of([&] { t.step(rows_of({})); }) == "step 2: it was given 0 rows; this trainer takes 1 to 4");
  tensor<float, 3, 2> const x;
  CHECK(complaint_of([&] {
          t.step(x, tensor<std::int32_t, 3>{0, 3, 1});
        }) == "step 2: a label is 3; the network has outputs for 0 to 2");
  CHECK(complaint_of([&] {
          t.step(x, tensor<std::int32_t, 3>{0, 1, -1});
        }) == "step 2: a label is -1; the network has outputs for 0 to 2");
  dataset<2> const wrong({0, 0, 1, 1}, {1, 7});
  CHECK(complaint_of([&] { t.step(batches(wrong, 2)[0]); }) ==
        "step 2: a label is 7; the network has outputs for 0 to 2");
  CHECK(bytes_of_model(net) == before);
  CHECK(t.steps() == 1);
}

TEST_CASE("trainer: labels out of range are refused wherever the objective hands them to cross_entropy") {
  auto net = model(linear<3>, input<2>, cpu, seed{1});
  auto t = make_trainer(net, entropy_and_penalty, sgd{}, batch<2>);
  tensor<float, 2, 2> x{1, 2, 3, 4};
  CHECK(std::isfinite(t.step(x, tensor<std::int32_t, 2>{2, 0})));
  CHECK(complaint_of([&] {
          t.step(x, tensor<std::int32_t, 2>{2, 3});
        }) == "step 2: a label is 3; the network has outputs for 0 to 2");
}

TEST_CASE("trainer: dropout's masks follow the model's seed, and a second trainer draws others") {
  auto first_loss = [](auto& net) {
    tensor<float, 1, 64> ones;
    for (float& w : ones) w = 1;
    net.parameter("1.weight") = ones;
    tensor<float, 1, 64> x;
    for (int i = 0; i < 64; ++i) x(0, i) = static_cast<float>(i);
    auto t = make_trainer(net, sum_of_outputs, sgd{.learning_rate = 0}, batch<1>);
    return t.step(x);
  };
  auto a = model(dropping_inputs, input<64>, no_target, cpu, seed{1}),
       b = model(dropping_inputs, input<64>, no_target, cpu, seed{2});
  auto again = model(dropping_inputs, input<64>, no_target, cpu, seed{1});
  float const of_a = first_loss(a);
  CHECK(of_a != first_loss(b));
  CHECK(of_a == first_loss(again));
  CHECK(of_a != first_loss(a));
}

TEST_CASE("trainer: a loop in a loop trains as its layers written out, also where a gradient has two parts") {
  auto in_loops = model(looped, input_of<double, 2>, no_target, cpu, seed{1});
  auto plain = model(written_out, input_of<double, 2>, no_target, cpu, seed{1});
  constexpr int blocks = 6;
  auto place = [](int copy, bool is_bias) { return 2 * copy + is_bias; };  // in the network written out
  std::vector<double*> numbers;
  plain.each_variable([&](auto const& p, auto const&) { numbers.push_back(reinterpret_cast<double*>(p.address())); });
  REQUIRE(numbers.size() == 2 * blocks);
  auto each_pair = [&](auto f) {  // a loop's variables stand field by field
    int k = 0;
    in_loops.each_variable([&](auto const& p, auto const&) {
      double* const other = numbers[static_cast<std::size_t>(place(k % blocks, k >= blocks))];
      for (int i = 0; i < (k < blocks ? 4 : 2); ++i) f(reinterpret_cast<double*>(p.address())[i], other[i]);
      ++k;
    });
    REQUIRE(k == 2 * blocks);
  };
  each_pair([](double& a, double const& b) { a = b; });
  auto t = make_trainer(in_loops, energy_and_slope, sgd{.learning_rate = 0.1f}, batch<3>);
  auto u = make_trainer(plain, energy_and_slope, sgd{.learning_rate = 0.1f}, batch<3>);
  tensor<double, 2, 2> x{0.7, -0.3, 0.2, 0.9};
  for (int step = 0; step < 3; ++step) CHECK(t.step(x) == doctest::Approx(u.step(x)).epsilon(1e-12));
  double largest = 0;
  each_pair([&](double a, double b) { largest = std::max(largest, std::fabs(a - b)); });
  CHECK(largest < 1e-12);
}

TEST_CASE("trainer: batch_norm in a loop in a loop has the parameters and states of the layers written out") {
  auto in_loops = model(normed_loops, input_of<double, 2>, no_target, cpu, seed{1});
  auto plain = model(normed_written_out, input_of<double, 2>, no_target, cpu, seed{1});
  auto each_pair = [&](auto f) {
    in_loops.each_variable([&](auto const& p, auto const&) { f(p, plain.parameter(written_out_name(p.name()))); });
  };
  each_pair([](auto const& a, auto const& b) { b.write(proof::elements_of<char>(a).data()); });
  auto t = make_trainer(in_loops, energy_and_slope, sgd{.learning_rate = 0.05f}, batch<5>);
  auto u = make_trainer(plain, energy_and_slope, sgd{.learning_rate = 0.05f}, batch<5>);
  tensor<double, 4, 2> x{0.7, -0.3, 0.2, 0.9, -1.1, 0.4, 0.3, -0.8};
  for (int step = 0; step < 3; ++step) CHECK(t.step(x) == doctest::Approx(u.step(x)).epsilon(1e-11));
  int states = 0;
  each_pair([&](auto const& a, auto const& b) {
    CAPTURE(a.name());
    states += a.name().find(".running_") != std::string::npos;
    if (a.type() == dtype::int64) {
      CHECK(proof::elements_of<std::int64_t>(a) == proof::elements_of<std::int64_t>(b));
      return;
    }
    std::vector<double> const p = proof::elements_of<double>(a), q = proof::elements_of<double>(b);
    for (std::size_t i = 0; i < p.size(); ++i) CHECK(std::fabs(p[i] - q[i]) < 1e-11);
  });
  CHECK(states == 2 * 6);
  tensor<std::int64_t> const tracked = in_loops.parameter("0.1.2.1.num_batches_tracked");
  CHECK(tracked == 3 * 2);  // the objective calls the network on two values
}

TEST_CASE("trainer: after a refusal it goes on as if nothing had been asked") {
  auto refused = made(), smooth = made();
  auto a = make_trainer(refused, cross_entropy, adam{}, batch<4>);
  auto b = make_trainer(smooth, cross_entropy, adam{}, batch<4>);
  a.step(rows_of({0, 1, 2}));
  b.step(rows_of({0, 1, 2}));
  CHECK(complaint_of([&] { a.step(tensor<float, 2, 2>{9, 9, 9, 9}, tensor<std::int32_t, 2>{0, 5}); }) != "none");
  CHECK(a.step(rows_of({3, 4})) == b.step(rows_of({3, 4})));
  CHECK(bytes_of_model(refused) == bytes_of_model(smooth));
}

TEST_CASE("trainer: a step whose loss is not finite changes nothing: parameters, states, the optimizer's, the count") {
  auto spoilt = model(normed_block, input<2>, target<float, 2>, cpu, seed{3}), smooth = spoilt;
  auto a = make_trainer(spoilt, mse, adam{}, batch<2>);
  auto b = make_trainer(smooth, mse, adam{}, batch<2>);
  tensor<float, 2, 2> const x{1, 2, -3, 4}, y{0.5f, 0, 1, 0};
  CHECK(a.step(x, y) == b.step(x, y));
  CHECK(std::isnan(a.step(tensor<float, 2, 2>{std::nanf(""), 2, 3, 4}, y)));
  CHECK(a.steps() == 1);
  CHECK(bytes_of_model(spoilt) == bytes_of_model(smooth));
  CHECK(a.step(x, y) == b.step(x, y));
  CHECK(bytes_of_model(spoilt) == bytes_of_model(smooth));
  CHECK(a.steps() == 2);
}

TEST_CASE("trainer: momentum raised from 0 is refused; changed between other values it is used") {
  auto net = made();
  auto t = make_trainer(net, cross_entropy, sgd{.learning_rate = 0.1f}, batch<4>);
  t.step(rows_of({0, 1, 2}));
  std::string const before = bytes_of_model(net);
  t.optimizer.momentum = 0.9f;
  CHECK(complaint_of([&] {
          t.step(rows_of({0, 1, 2}));
        }).find("momentum was 0 when the trainer was made") != std::string::npos);
  CHECK(bytes_of_model(net) == before);
  CHECK(t.steps() == 1);
  t.optimizer.momentum = 0;
  t.step(rows_of({0, 1, 2}));
  CHECK(bytes_of_model(net) != before);

  auto with = make_trainer(net, cross_entropy, sgd{.learning_rate = 0.1f, .momentum = 0.9f}, batch<4>);
  with.step(rows_of({0, 1, 2}));
  with.optimizer.momentum = 0;
  with.step(rows_of({0, 1, 2}));
  with.optimizer.momentum = 0.5f;
  with.step(rows_of({0, 1, 2}));
  CHECK(with.steps() == 3);
}

TEST_CASE("trainer: the learning rate is that of each step") {
  auto net = made();
  auto t = make_trainer(net, cross_entropy, sgd{.learning_rate = 0}, batch<4>);
  std::string const before = bytes_of_model(net);
  t.step(rows_of({0, 1, 2}));
  CHECK(bytes_of_model(net) == before);

  auto whole = made(), halves = made();
  auto a = make_trainer(whole, cross_entropy, sgd{.learning_rate = 0.25f}, batch<4>);
  auto b = make_trainer(halves, cross_entropy, sgd{.learning_rate = 0.5f}, batch<4>);
  tensor<float, 16, 2> const start = whole.parameter("0.weight");
  a.step(rows_of({0, 1, 2}));
  b.optimizer.learning_rate = 0.125f;
  b.step(rows_of({0, 1, 2}));
  tensor<float, 16, 2> const one = whole.parameter("0.weight"), half = halves.parameter("0.weight");
  for (std::int64_t i = 0; i < start.size(); ++i)
    CHECK(one[i] - start[i] == doctest::Approx(2 * (half[i] - start[i])).epsilon(1e-3).scale(1e-3));
}

TEST_CASE("trainer: training is the same bit for bit, dropout included") {
  std::string bytes[2];
  for (std::string& b : bytes) {
    auto net = model(dropping, input<2>, cpu, seed{3});
    auto t = make_trainer(net, cross_entropy, adam{.learning_rate = 1e-2f}, batch<8>);
    for (auto rows : batches(data, 8, seed{5})) t.step(rows);
    b = bytes_of_model(net);
  }
  CHECK(bytes[0] == bytes[1]);
}

TEST_CASE("trainer: dropout draws anew at every step") {
  auto net = model(dropping, input<2>, cpu, seed{3});
  auto t = make_trainer(net, cross_entropy, sgd{.learning_rate = 0}, batch<8>);
  float const first = t.step(batches(data, 8)[0]);
  CHECK(t.step(batches(data, 8)[0]) != first);
}

TEST_CASE("trainer: two trainers share a model and keep states of their own") {
  auto net = made();
  auto a = make_trainer(net, cross_entropy, sgd{.learning_rate = 0.1f, .momentum = 0.9f}, batch<8>);
  auto b = make_trainer(net, cross_entropy, adam{}, batch<4>);
  CHECK(&a.net() == &net);
  std::string before = bytes_of_model(net);
  auto moved = [&] {
    std::string const now = bytes_of_model(net);
    bool const changed = now != before;
    before = now;
    return changed;
  };
  a.step(batches(data, 8)[0]);
  CHECK(moved());
  b.step(batches(data, 4)[0]);
  CHECK(moved());
  float const shared = a.step(batches(data, 8)[0]);
  CHECK(moved());
  CHECK(a.steps() == 2);
  CHECK(b.steps() == 1);

  auto alone = made();
  auto c = make_trainer(alone, cross_entropy, sgd{.learning_rate = 0.1f, .momentum = 0.9f}, batch<8>);
  c.step(batches(data, 8)[0]);
  CHECK(c.step(batches(data, 8)[0]) != shared);  // b's step stands between
}

TEST_CASE("trainer: a target of floats is given by tensors") {
  auto net = model(linear<3>, input<2>, target<float, 3>, cpu, seed{3});
  auto t = make_trainer(net, mse, sgd{.learning_rate = 0.1f}, batch<4>);
  tensor<float, 4, 2> const x{1, 0, 0, 1, 1, 1, -1, 0};
  tensor<float, 4, 3> const y{1, 2, 3, 4, 5, 6, 5, 7, 9, -1, -2, -3};  // [1 4; 2 5; 3 6] x
  float const first = t.step(x, y);
  float last = first;
  for (int k = 0; k < 600; ++k) last = t.step(x, y);
  CHECK(first > 1);
  CHECK(last < 1e-3f);
  tensor<float, 3, 2> const weight = net.parameter("0.weight");
  CHECK(weight(0, 0) == doctest::Approx(1).epsilon(0.1));
  CHECK(weight(2, 1) == doctest::Approx(6).epsilon(0.1));
}

TEST_CASE("trainer: the first step of mse follows the formula") {
  auto net = model(linear<3>, input<2>, target<float, 3>, cpu, seed{3});
  tensor<float, 3, 2> const w = net.parameter("0.weight");
  tensor<float, 3> const b = net.parameter("0.bias");
  auto t = make_trainer(net, mse, sgd{.learning_rate = 0.5f}, batch<4>);
  tensor<float, 2, 2> const x{1, 2, -3, 0.5f};
  tensor<float, 2, 3> const y{1, 2, 3, 4, 5, 6};
  double loss = 0, dw[3][2] = {}, db[3] = {};
  for (int r = 0; r < 2; ++r)
    for (int c = 0; c < 3; ++c) {
      double const gap = double{w(c, 0)} * x(r, 0) + double{w(c, 1)} * x(r, 1) + b(c) - y(r, c);
      loss += gap * gap / 6;
      db[c] += 2 * gap / 6;
      for (int k = 0; k < 2; ++k) dw[c][k] += 2 * gap * x(r, k) / 6;
    }
  CHECK(t.step(x, y) == doctest::Approx(loss).epsilon(1e-6));
  tensor<float, 3, 2> const after = net.parameter("0.weight");
  tensor<float, 3> const bias = net.parameter("0.bias");
  for (int c = 0; c < 3; ++c) {
    CHECK(bias(c) == doctest::Approx(b(c) - 0.5 * db[c]).epsilon(1e-5));
    for (int k = 0; k < 2; ++k) CHECK(after(c, k) == doctest::Approx(w(c, k) - 0.5 * dw[c][k]).epsilon(1e-5));
  }
}

TEST_CASE("trainer: an objective of one's own takes the network, the input and the given target") {
  auto net = model(linear<3>, input<2>, target<float>, cpu, seed{3});
  static constexpr auto sum_near = [](auto net, auto x, auto wanted) {
    return mean(square(sum(net(x), axes<1>) - wanted));
  };
  auto t = make_trainer(net, sum_near, sgd{.learning_rate = 0.05f}, batch<4>);
  tensor<float, 4, 2> const x{1, 0, 0, 1, 1, 1, -1, 0};
  tensor<float, 4> const y{1, 2, 3, -1};
  float last = 0;
  for (int k = 0; k < 500; ++k) last = t.step(x, y);
  CHECK(last < 1e-3f);
}

TEST_CASE("trainer: the objective's target may have the outputs' shape without being mse") {
  auto a = model(linear<3>, input<2>, target<float, 3>, cpu, seed{3});
  auto b = a;
  auto own = make_trainer(a, pull, adam{}, batch<4>);
  auto built_in = make_trainer(b, mse, adam{}, batch<4>);
  tensor<float, 4, 2> const x{1, 0, 0, 1, 1, 1, -1, 0};
  tensor<float, 4, 3> const y{1, 2, 3, 4, 5, 6, 5, 7, 9, -1, -2, -3};
  for (int k = 0; k < 3; ++k) CHECK(own.step(x, y) == built_in.step(x, y));
  CHECK(bytes_of_model(a) == bytes_of_model(b));
}

TEST_CASE("trainer: without a target it steps on samples alone, from tensors and datasets") {
  auto net = model(linear<3>, input<2>, no_target, cpu, seed{3});
  auto same = net;
  auto t = make_trainer(net, size_of_outputs, sgd{.learning_rate = 0.1f}, batch<8>);
  auto u = make_trainer(same, size_of_outputs, sgd{.learning_rate = 0.1f}, batch<8>);
  tensor<float, 5, 2> const x(data.inputs().subspan(0, 10));
  float const first = t.step(x);
  CHECK(u.step(rows_of({0, 1, 2, 3, 4})) == first);
  for (int k = 0; k < 100; ++k) t.step(x);
  CHECK(t.step(x) < 0.1f * first);
}

TEST_CASE("trainer: an objective may call the network twice") {
  auto net = made();
  static constexpr auto smooth = [](auto net, auto x, auto label) {
    return cross_entropy(net(x), label) + mean(square(net(x * 1.01f) - net(x)));
  };
  auto t = make_trainer(net, smooth, sgd{.learning_rate = 0.2f}, batch<16>);
  float const first = t.step(batches(data, 16)[0]);
  for (int k = 0; k < 50; ++k) t.step(batches(data, 16)[0]);
  CHECK(t.step(batches(data, 16)[0]) < first);
}

TEST_CASE("trainer: a network of doubles trains in double") {
  auto net = model(linear<3>, input_of<double, 2>, cpu, seed{3});
  auto t = make_trainer(net, cross_entropy, adam{.learning_rate = 0.1f}, batch<8>);
  float const first = t.step(rows_of({0, 1, 2, 3, 4}));
  for (int k = 0; k < 50; ++k) t.step(rows_of({0, 1, 2, 3, 4}));
  CHECK(t.step(rows_of({0, 1, 2, 3, 4})) < first);
}
