// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <vector>

#include <ashlar/ashlar.hpp>

#include "train/clusters.hpp"

using namespace ashlar;

namespace {

inline constexpr auto two_heads = [](auto image, auto meta) {
  auto h = named<"trunk">(flatten | linear<8> | tanh)(image) + named<"meta">(linear<8>)(meta);
  return outputs(named<"digit">(named<"head">(linear<3>)(h)), named<"value">(named<"score">(linear<2>)(h)));
};
constexpr auto both_losses() { return losses(named<"digit">(cross_entropy), named<"value">(mse, loss_weight{0.5f})); }
auto made(int number = 3) {
  return model(two_heads, inputs(named<"image">(input<2, 3>), named<"meta">(input<4>)), cpu, seed{number});
}

struct numbers {
  std::vector<float> image, meta, value;
  std::vector<std::int32_t> digit;

  explicit numbers(int samples, std::uint64_t key = 1) {
    random_stream const from(seed{5}, key);
    for (int r = 0; r < samples; ++r) {
      for (int i = 0; i < 6; ++i) image.push_back(from.normal(static_cast<std::uint64_t>(100 * r + i)));
      for (int i = 0; i < 4; ++i) meta.push_back(from.normal(static_cast<std::uint64_t>(100 * r + 10 + i)));
      float const* const x = image.data() + 6 * r;
      for (int i = 0; i < 2; ++i) value.push_back(x[i] - meta[static_cast<std::size_t>(4 * r + i)]);
      digit.push_back(x[0] > 0 ? 0 : x[1] > 0 ? 1 : 2);
    }
  }
  auto images() const { return column<float, 2, 3>(image); }
  auto metas() const { return column<float, 4>(meta); }
  auto digits() const { return column<std::int32_t>(digit); }
  auto values() const { return column<float, 2>(value); }
  /// In another order than the network's, with a column that nobody needs.
  auto by_name() const {
    return tensor_dataset(named<"value">(values()), named<"meta">(metas()), named<"spare">(values()),
                          named<"digit">(digits()), named<"image">(images()));
  }
  auto in_order() const { return tensor_dataset(images(), metas(), digits(), values()); }
};

inline constexpr auto sum_of_two = [](auto a, auto b) { return linear<3>(a) + linear<3, no_bias>(b); };
inline constexpr auto pair_of = [](auto x) { return std::tuple{linear<3>(x), linear<1>(x)}; };
inline constexpr auto apart = [](auto net, auto a, auto b, auto wanted, auto weight) {
  auto const difference = net(a, b) - wanted;
  return mean(weight * sum(square(difference), axes<1>));
};
// A table looked up by one input, a mean weighed by the other.
inline constexpr auto words = [](auto tokens, auto weights) {
  auto table = parameter<"table", float, 7, 4>(weights, initial_normal<1>);
  return linear<3>(
      sum(take(table, tokens) * convert<float>(reshape<decltype(weights)::shape()[0], 2, 1>(weights)), axes<1>));
};

}  // namespace

TEST_CASE("dataset columns: a step on rows is the step on tensors of the same numbers, by name and in order") {
  numbers const all(5);
  auto const by_name = all.by_name();
  auto const in_order = all.in_order();
  auto net = made(), other = made(), third = made();
  auto t = make_trainer(net, both_losses(), adam{}, batch<8>);
  auto u = make_trainer(other, both_losses(), adam{}, batch<8>);
  auto v = make_trainer(third, both_losses(), adam{}, batch<8>);
  std::vector<std::uint32_t> const chosen{4, 0, 2};
  tensor<float, 3, 2, 3> images;
  tensor<float, 3, 4> metas;
  tensor<std::int32_t, 3> digits;
  tensor<float, 3, 2> values;
  for (int r = 0; r < 3; ++r) {
    auto const row = static_cast<std::int64_t>(chosen[static_cast<std::size_t>(r)]);
    for (int i = 0; i < 6; ++i) images[6 * r + i] = all.image[static_cast<std::size_t>(6 * row + i)];
    for (int i = 0; i < 4; ++i) metas(r, i) = all.meta[static_cast<std::size_t>(4 * row + i)];
    for (int i = 0; i < 2; ++i) values(r, i) = all.value[static_cast<std::size_t>(2 * row + i)];
    digits(r) = all.digit[static_cast<std::size_t>(row)];
  }
  for (int step = 0; step < 3; ++step) {
    float const loss = t.step(images, metas, digits, values);
    CHECK(u.step(dataset_rows<std::decay_t<decltype(by_name)>>{&by_name, chosen}) == loss);
    CHECK(v.step(dataset_rows<std::decay_t<decltype(in_order)>>{&in_order, chosen}) == loss);
  }
  CHECK(bytes_of_model(net) == bytes_of_model(other));
  CHECK(bytes_of_model(net) == bytes_of_model(third));
}

TEST_CASE("dataset columns: fit is the steps written out, and measures every output that has a loss") {
  auto const train = numbers(50).by_name(), valid = numbers(30, 2).by_name();
  auto net = made(), other = made();
  auto const result = fit(net, train, valid, both_losses(), adam{.learning_rate = 0.05f}, batch<16>, {.epochs = 8});

  auto t = make_trainer(other, both_losses(), adam{.learning_rate = 0.05f}, batch<16>);
  auto order = batches(train, 16, seed{0});
  REQUIRE(result.epochs.size() == 8);
  double best = 0;
  for (int epoch = 0; epoch < 8; ++epoch) {
    order.reshuffle(seed{0}, static_cast<std::uint64_t>(epoch));
    double loss = 0, of_digit = 0, of_value = 0;
    for (auto rows : order) {
      loss += static_cast<double>(t.step(rows)) * rows.size() / 50;
      of_digit += static_cast<double>(t.loss<"digit">()) * rows.size() / 50;
      of_value += static_cast<double>(t.loss<"value">()) * rows.size() / 50;
    }
    epoch_record const& record = result.epochs[static_cast<std::size_t>(epoch)];
    CHECK(record.loss == doctest::Approx(loss));
    REQUIRE(record.losses.size() == 2);
    CHECK(std::string(record.losses[0].name) == "digit");
    CHECK(std::string(record.losses[1].name) == "value");
    CHECK(record.losses[0].loss == doctest::Approx(of_digit));
    CHECK(record.losses[1].loss == doctest::Approx(of_value));
    CHECK(record.losses[0].accuracy == accuracy<"digit">(other, valid));
    CHECK(record.losses[1].mean_squared_error == doctest::Approx(mean_squared_error<"value">(other, valid)));
    CHECK(record.losses[0].mean_squared_error == 0);
    CHECK(record.accuracy == record.losses[0].accuracy);
    CHECK(record.mean_squared_error == record.losses[1].mean_squared_error);
    best = std::max(best, record.accuracy);
  }
  CHECK(bytes_of_model(net) == bytes_of_model(other));
  CHECK(result.best_accuracy == best);
  CHECK(best > 0.7);
  CHECK(result.epochs.back().mean_squared_error < 0.5 * result.epochs.front().mean_squared_error);
}

TEST_CASE("dataset columns: predict and the metrics say what tensors say") {
  numbers const all(150);  // more than predict runs at a time
  auto const by_name = all.by_name();
  auto net = made();
  tensor<float, 150, 2, 3> const images(std::span<float const>(all.image));
  tensor<float, 150, 4> const metas(std::span<float const>(all.meta));
  tensor<std::int32_t, 150> const digits(std::span<std::int32_t const>(all.digit));
  tensor<float, 150, 2> const values(std::span<float const>(all.value));
  auto const [digit, value] = predict(net, images, metas);
  auto const predicted = predict(net, by_name);
  REQUIRE(predicted.get<"digit">().size() == 450);
  REQUIRE(predicted.get<"value">().size() == 300);
  for (int i = 0; i < 450; ++i) CHECK(predicted.get<"digit">()[static_cast<std::size_t>(i)] == digit[i]);
  for (int i = 0; i < 300; ++i) CHECK(predicted.get<"value">()[static_cast<std::size_t>(i)] == value[i]);
  CHECK(accuracy<"digit">(net, by_name) == accuracy(digit, digits));
  CHECK(mean_squared_error<"value">(net, by_name) == doctest::Approx(mean_squared_error(value, values)));
}

TEST_CASE("dataset columns: inputs by name and a target without one, as of a loss that has none") {
  numbers const all(40);
  auto net = model(sum_of_two, inputs(named<"a">(input<2>), named<"b">(input<4>)), cpu, seed{1});
  auto same = model(sum_of_two, inputs(named<"a">(input<2>), named<"b">(input<4>)), cpu, seed{1});
  tensor_dataset const data(named<"b">(all.metas()), all.digits(), named<"a">(all.values()));
  tensor_dataset const in_order(all.values(), all.metas(), all.digits());
  auto const result = fit(net, data, data, cross_entropy, sgd{.learning_rate = 0.1f}, batch<16>, {.epochs = 3});
  fit(same, in_order, in_order, cross_entropy, sgd{.learning_rate = 0.1f}, batch<16>, {.epochs = 3});
  CHECK(bytes_of_model(net) == bytes_of_model(same));
  CHECK(result.epochs.back().accuracy == accuracy(net, data));
  CHECK(accuracy(net, data) == accuracy(net, in_order));
  CHECK(result.epochs.back().losses.empty());
  CHECK(result.epochs.back().loss < result.epochs.front().loss);
  std::vector<float> const y = predict(net, data);
  CHECK(y.size() == 120);
}

TEST_CASE("dataset columns: losses without names take the columns behind the inputs") {
  dataset<2> const points = clusters(45, 1);
  tensor_dataset const data(column<float, 2>({points.inputs().begin(), points.inputs().end()}),
                            column<std::int32_t>({points.labels().begin(), points.labels().end()}),
                            column<float, 1>(std::vector<float>(45, 0.5f)));
  auto net = model(pair_of, input<2>, cpu, seed{1});
  auto const result = fit(net, data, data, losses(cross_entropy, mse), adam{.learning_rate = 0.05f}, batch<16>);
  CHECK(result.best_accuracy > 0.9);
  REQUIRE(result.epochs.back().losses.size() == 2);
  CHECK(std::string(result.epochs.back().losses[1].name).empty());
  CHECK(result.epochs.back().losses[1].mean_squared_error < 0.1);
}

TEST_CASE("dataset columns: an objective takes all of them; its output is measured where one target is like it") {
  numbers const all(32);
  std::vector<float> wanted, weights;
  for (int i = 0; i < 32; ++i) {
    wanted.insert(wanted.end(), {0.5f, -0.5f, 0.0f});
    weights.push_back(i % 2 ? 1.0f : 0.0f);
  }
  tensor_dataset const data(all.values(), all.metas(), column<float, 3>(wanted), column<float>(weights));
  auto net = model(sum_of_two, inputs(input<2>, input<4>), targets(target<float, 3>, target<float>), cpu, seed{1});
  auto const result = fit(net, data, data, apart, sgd{.learning_rate = 0.05f}, batch<8>, {.epochs = 20});
  CHECK(result.epochs.back().loss < 0.2 * result.epochs.front().loss);
  CHECK(result.epochs.back().mean_squared_error == 0);  // two targets: the objective says what they are for
  auto simple = model(sum_of_two, inputs(input<2>, input<4>), cpu, seed{1});
  tensor_dataset const three(all.values(), all.metas(), column<float, 3>(wanted));
  auto const measured = fit(simple, three, three, mse, sgd{.learning_rate = 0.05f}, batch<8>, {.epochs = 2});
  CHECK(measured.epochs.back().mean_squared_error == mean_squared_error(simple, three));
  CHECK(measured.epochs.back().mean_squared_error > 0);
}

TEST_CASE("dataset columns: whole numbers and doubles are inputs; what is out of range is refused by its column") {
  auto net = model(words, inputs(named<"tokens">(input_of<std::int32_t, 2>), named<"weights">(input_of<double, 2>)),
                   cpu, seed{1});
  column<std::int32_t, 2> const tokens({0, 1, 2, 3, 4, 5, 6, 0}), wrong({0, 1, 2, 3, 4, 7, 6, 0});
  column<double, 2> const weights({1, 0.5, 0.25, 1, 1, 1, 0, 1});
  column<std::int32_t> const labels({0, 1, 2, 1}), wrong_labels({0, 1, 3, 1});
  tensor_dataset const data(tokens, weights, labels);
  auto t = make_trainer(net, cross_entropy, sgd{.learning_rate = 0.5f}, batch<4>);
  float const first = t.step(batches(data, 4)[0]);
  for (int i = 0; i < 100; ++i) t.step(batches(data, 4)[0]);
  CHECK(t.step(batches(data, 4)[0]) < 0.5f * first);
  CHECK(accuracy(net, data) == 1);
  tensor_dataset const of_wrong(wrong, weights, labels), of_wrong_labels(tokens, weights, wrong_labels);
  CHECK(complaint_of([&] { t.step(batches(of_wrong, 4)[0]); }) ==
        "step 103: an index of input 'tokens' is 7; the network takes 0 to 6");
  CHECK(complaint_of([&] { predict(net, of_wrong); }) ==
        "predict: an index of input 'tokens' is 7; the network takes 0 to 6");
  CHECK(complaint_of([&] { t.step(batches(of_wrong_labels, 4)[0]); }) ==
        "step 103: a label is 3; the network has outputs for 0 to 2");
  CHECK(t.steps() == 102);
}

TEST_CASE("dataset columns: without samples there is nothing to train on, and nothing to measure") {
  numbers const none(0), some(5);
  auto net = made();
  CHECK(complaint_of([&] { fit(net, none.by_name(), some.by_name(), both_losses(), sgd{}, batch<8>); }) ==
        "fit: found an empty training set, expected at least one sample");
  auto const result = fit(net, some.by_name(), none.by_name(), both_losses(), sgd{}, batch<8>, {.epochs = 2});
  CHECK(result.epochs.back().accuracy == 0);
  CHECK(result.epochs.back().mean_squared_error == 0);
  CHECK(predict(net, none.by_name()).get<"digit">().empty());
}

TEST_CASE("dataset columns: a class derived of a dataset is one") {
  struct my_points : dataset<2> {
    using dataset<2>::dataset;
  };
  dataset<2> const points = clusters(45, 1);
  my_points const mine({points.inputs().begin(), points.inputs().end()},
                       {points.labels().begin(), points.labels().end()});
  auto net = model(linear<3>, input<2>, cpu, seed{1});
  auto const result = fit(net, mine, mine, cross_entropy, adam{.learning_rate = 0.05f}, batch<16>, {.epochs = 5});
  CHECK(result.epochs.back().accuracy == accuracy(net, points));
  CHECK(result.best_accuracy > 0.8);
  CHECK(predict(net, mine) == predict(net, points));
  auto const [rest, out] = split(mine, 15, seed{1});
  CHECK(std::is_same_v<decltype(out), dataset<2> const>);
  CHECK(rest.size() == 30);
}

TEST_CASE("dataset columns: targets that are doubles are measured, whatever extents of 1 they have") {
  auto net = model(linear<2>, input_of<double, 2>, cpu, seed{1});
  tensor_dataset const data{column<double, 2>(std::vector<double>{1, 2, 3, 4}),
                            column<double, 2>(std::vector<double>{1, -1, 0, 2})};
  auto const result = fit(net, data, data, mse, sgd{}, batch<8>, {.epochs = 2});
  auto const y = predict(net, tensor<double, 2, 2>{1, 2, 3, 4});
  CHECK(result.epochs.back().mean_squared_error ==
        doctest::Approx(mean_squared_error(y, tensor<double, 2, 2>{1, -1, 0, 2})));
  CHECK(mean_squared_error(net, data) == result.epochs.back().mean_squared_error);
  auto one = model(linear<1>, input<2>, cpu, seed{1});
  tensor_dataset const scalars{column<float, 2>(std::vector<float>{1, 2, 3, 4}),
                               column<float>(std::vector<float>{1, 2})};
  CHECK(mean_squared_error(one, scalars) ==
        doctest::Approx(mean_squared_error(predict(one, tensor<float, 2, 2>{1, 2, 3, 4}), tensor<float, 2, 1>{1, 2})));
}

TEST_CASE("dataset columns: labels have the name that the model states for its target, the output's, or none") {
  numbers const all(30);
  auto const sum = [](auto a, auto b) { return linear<3>(a) + linear<3, no_bias>(b); };
  auto const digit = [](auto a, auto b) { return outputs(named<"digit">(linear<3>(a) + linear<3, no_bias>(b))); };
  auto const in = [] { return inputs(named<"a">(input<2>), named<"b">(input<4>)); };
  auto stated = model(sum, in(), targets(named<"label">(target<std::int32_t>)), cpu, seed{1});
  auto by_output = model(digit, in(), cpu, seed{1});
  auto plain = model(sum, in(), cpu, seed{1});
  tensor_dataset const with_label{named<"label">(all.digits()), named<"b">(all.metas()), named<"a">(all.values())};
  tensor_dataset const with_digit{named<"digit">(all.digits()), named<"b">(all.metas()), named<"a">(all.values())};
  tensor_dataset const with_none{named<"b">(all.metas()), named<"a">(all.values()), all.digits()};
  auto const result = fit(stated, with_label, with_label, cross_entropy, sgd{}, batch<32>, {.epochs = 0});
  CHECK(result.epochs.empty());
  double const share = accuracy(plain, with_none);
  CHECK(share > 0);
  CHECK(accuracy(stated, with_label) == share);
  CHECK(accuracy(by_output, with_digit) == share);
  CHECK(accuracy(by_output, with_none) == share);
}

TEST_CASE("dataset columns: a dataset of labels that the objective does not take is not measured by them") {
  auto const reconstruction = [](auto net, auto x) { return mean(square(net(x) - x)); };
  dataset<2> const points = clusters(30, 1);
  auto net = model(linear<2>, input<2>, no_target, cpu, seed{1});
  auto const result = fit(net, points, points, reconstruction, sgd{}, batch<8>, {.epochs = 2});
  CHECK(result.best_accuracy == 0);
  CHECK(result.epochs.back().accuracy == 0);
}

TEST_CASE("dataset columns: numbers of a dataset that are to be whole are refused where they are none") {
  auto const lookup = [](auto words) { return linear<2>(reshape<decltype(words)::shape()[0], 6>(one_hot<3>(words))); };
  auto net = model(lookup, input_of<std::int32_t, 2>, cpu, seed{1});
  CHECK(predict(net, dataset<2>({0, 2, 1, 1}, {0, 1})).size() == 2);
  CHECK(complaint_of([&] {
          predict(net, dataset<2>({0, 1.5f}, {0}));
        }) == "dataset: found 1.500000, expected whole numbers that the network's input holds");
  CHECK(complaint_of([&] {
          predict(net, dataset<2>({0, 3e9f}, {0}));
        }) == "dataset: found 3000000000.000000, expected whole numbers that the network's input holds");
  CHECK(complaint_of([&] {
          predict(net, dataset<2>({0, std::numeric_limits<float>::quiet_NaN()}, {0}));
        }).find("found nan") != std::string::npos);
}
