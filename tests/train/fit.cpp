// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>
#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <string>
#include <vector>

#include <ashlar/ashlar.hpp>

#include "io/temporary_folder.hpp"
#include "train/clusters.hpp"

using namespace ashlar;

namespace {

dataset<2> const train = clusters(100, 1);  // three batches of 32 and one of 4
dataset<2> const valid = clusters(60, 2);

constexpr int line_of_call = __LINE__ + 1;
inline constexpr auto mean_of_outputs = [](auto network, auto x, auto) { return mean(square(network(x))); };

auto made(int number = 3) { return model(three_classes, input<2>, cpu, seed{number}); }

std::vector<float> shares;
float remember(float share) {
  shares.push_back(share);
  return 1;
}

// Runs f with stdout led to a file descriptor.
template <class F>
void with_stdout(int descriptor, F f) {
  REQUIRE(descriptor >= 0);
  std::fflush(stdout);
  int const before = dup(STDOUT_FILENO);
  dup2(descriptor, STDOUT_FILENO);
  f();
  std::fflush(stdout);
  dup2(before, STDOUT_FILENO);
  close(before);
}

// What f writes to stdout, which is a file meanwhile.
template <class F>
std::string output_of(F f) {
  temporary_folder const folder;
  int const file = open(folder.file("out").c_str(), O_RDWR | O_CREAT, 0600);
  with_stdout(file, f);
  std::string text(4096, '\0');
  text.resize(static_cast<std::size_t>(std::max<ssize_t>(0, pread(file, text.data(), text.size(), 0))));
  close(file);
  return text;
}

}  // namespace

TEST_CASE("fit: a network learns, and its history says how") {
  auto net = made();
  CHECK(accuracy(net, valid) < 0.9);
  auto const result = fit(net, train, valid, cross_entropy, adam{.learning_rate = 2e-2f}, batch<32>, {.epochs = 12});
  REQUIRE(result.epochs.size() == 12);
  CHECK(result.epochs.front().loss > 2 * result.epochs.back().loss);
  double best = 0;
  for (epoch_record const& epoch : result.epochs) {
    CHECK(epoch.loss > 0);
    CHECK(epoch.images_per_second > 0);
    CHECK(epoch.accuracy >= 0);
    CHECK(epoch.accuracy <= 1);
    best = std::max(best, epoch.accuracy);
  }
  CHECK(result.best_accuracy == best);
  CHECK(best >= 0.95);
  CHECK(result.epochs.back().accuracy == accuracy(net, valid));
}

TEST_CASE("fit: the loss of an epoch is the mean over its samples, the smaller last batch by its size") {
  auto net = made(), same = made();
  auto const result = fit(net, train, valid, cross_entropy, sgd{.learning_rate = 0}, batch<32>, {.epochs = 1});
  auto t = make_trainer(same, cross_entropy, sgd{.learning_rate = 0}, batch<32>);
  double sum = 0;
  for (auto rows : batches(train, 32, seed{0})) sum += double{t.step(rows)} * rows.size();
  CHECK(result.epochs[0].loss == doctest::Approx(sum / 100).epsilon(1e-7));
  CHECK(bytes_of_model(net) == bytes_of_model(made()));
}

TEST_CASE("fit: it trains as the loop that a user would write") {
  auto fitted = made(), by_hand = made();
  fit(fitted, train, valid, cross_entropy, adam{}, batch<32>, {.epochs = 3, .shuffle = seed{9}});
  auto t = make_trainer(by_hand, cross_entropy, adam{}, batch<32>);
  auto order = batches(train, 32, seed{9});
  for (std::uint64_t epoch = 0; epoch < 3; ++epoch) {
    if (epoch) order.reshuffle(seed{9}, epoch);
    for (auto rows : order) t.step(rows);
  }
  CHECK(bytes_of_model(fitted) == bytes_of_model(by_hand));
}

TEST_CASE("fit: it is the same bit for bit, and another order of samples is another training") {
  auto first = made(), again = made(), other = made();
  auto const a = fit(first, train, valid, cross_entropy, adam{}, batch<32>, {.epochs = 3});
  auto const b = fit(again, train, valid, cross_entropy, adam{}, batch<32>, {.epochs = 3});
  fit(other, train, valid, cross_entropy, adam{}, batch<32>, {.epochs = 3, .shuffle = seed{1}});
  CHECK(bytes_of_model(first) == bytes_of_model(again));
  CHECK(bytes_of_model(first) != bytes_of_model(other));
  for (std::size_t e = 0; e < 3; ++e) CHECK(a.epochs[e].loss == b.epochs[e].loss);
}

TEST_CASE("fit: a trainer that is read from a file ends as an uninterrupted training, bit for bit") {
  static constexpr auto network = linear<8> | batch_norm | relu | dropout<0.25> | linear<3>;
  auto trainer_of = [](auto& net) { return make_trainer(net, cross_entropy, adam{}, batch<32>); };
  auto all = [](auto const& t) {
    std::vector<float> n;
    auto add = [&](auto const& p, auto const& v) {
      if (v.type != dtype::float32) return;
      n.resize(n.size() + static_cast<std::size_t>(p.size()));
      p.read(n.data() + n.size() - p.size());
    };
    t.net().each_variable(add);
    t.each_optimizer_variable(add);
    return n;
  };
  fit_options const options{.epochs = 5, .shuffle = seed{9}, .schedule = cosine_decay};
  auto net = model(network, input<2>, cpu, seed{3});
  auto whole = trainer_of(net);
  fit_result const wanted = fit(whole, train, valid, options);
  CHECK(wanted.epochs.size() == 5);
  CHECK(whole.optimizer.learning_rate == adam{}.learning_rate);

  temporary_folder const folder;
  std::string const file = folder.file("trainer.safetensors");
  for (int end = 1; end < 5; ++end) {
    CAPTURE(end);
    auto begun = model(network, input<2>, cpu, seed{3}), other = model(network, input<2>, cpu, seed{4});
    auto first = trainer_of(begun), second = trainer_of(other);
    int epochs = 0;
    fit_result const before = fit(first, train, valid, options, [&](epoch_record const&) {
      save(first, file);
      return ++epochs < end;
    });
    CHECK(static_cast<int>(before.epochs.size()) == end);
    load(second, file);
    fit_result const after = fit(second, train, valid, options);
    CHECK(static_cast<int>(after.epochs.size()) == 5 - end);
    CHECK(after.epochs.back().loss == wanted.epochs.back().loss);
    CHECK(after.epochs.back().accuracy == wanted.epochs.back().accuracy);
    CHECK(all(second) == all(whole));
    CHECK(fit(second, train, valid, options).epochs.empty());
  }
  // within an epoch: the steps that fit had taken by then
  auto begun = model(network, input<2>, cpu, seed{3});
  auto t = trainer_of(begun);
  auto order = batches(train, 32, options.shuffle);
  for (int step = 0; step < 3; ++step) {
    t.optimizer.learning_rate = adam{}.learning_rate * cosine_decay(static_cast<float>(32 * step / 100.0 / 5));
    t.step(order[step]);
  }
  t.optimizer.learning_rate = adam{}.learning_rate;
  fit(t, train, valid, options, [](auto const&) {});
  CHECK(all(t) == all(whole));
}

TEST_CASE("fit: a trainer is trained as a model is") {
  auto a = made(), b = made();
  auto t = make_trainer(b, cross_entropy, sgd{.momentum = 0.9f}, batch<32>);
  fit_result const of_model = fit(a, train, valid, cross_entropy, sgd{.momentum = 0.9f}, batch<32>, {.epochs = 2});
  fit_result const of_trainer = fit(t, train, valid, {.epochs = 2});
  CHECK(of_model.epochs.back().loss == of_trainer.epochs.back().loss);
  CHECK(of_model.best_accuracy == of_trainer.best_accuracy);
}

TEST_CASE("fit: what is called after an epoch may have a state, and set the learning rate, which then stays") {
  auto net = made();
  auto t = make_trainer(net, cross_entropy, sgd{.learning_rate = 0.5f}, batch<32>);
  fit(t, train, valid, {.epochs = 3}, [&, calls = 0](epoch_record const&) mutable {
    t.optimizer.learning_rate *= 0.5f;
    return ++calls < 2;
  });
  CHECK(t.optimizer.learning_rate == 0.125f);
  fit(t, train, valid, {.epochs = 3, .schedule = cosine_decay});
  CHECK(t.optimizer.learning_rate == 0.125f);
}

TEST_CASE("fit: a model's training may be watched and ended after an epoch, too") {
  auto net = made();
  std::vector<double> losses;
  auto const result = fit(net, train, valid, cross_entropy, sgd{.learning_rate = 0.5f}, batch<32>, {.epochs = 9},
                          [&](epoch_record const& epoch) {
                            losses.push_back(epoch.loss);
                            return losses.size() < 2;
                          });
  REQUIRE(result.epochs.size() == 2);
  CHECK(losses == std::vector<double>{result.epochs[0].loss, result.epochs[1].loss});
}

TEST_CASE("fit: a schedule multiplies the learning rate at every share of the training") {
  shares.clear();
  auto net = made(), scheduled = made(), still = made();
  fit(net, train, valid, cross_entropy, sgd{.learning_rate = 0.1f}, batch<32>, {.epochs = 2});
  fit(scheduled, train, valid, cross_entropy, sgd{.learning_rate = 0.1f}, batch<32>,
      {.epochs = 2, .schedule = remember});
  CHECK(bytes_of_model(net) == bytes_of_model(scheduled));
  REQUIRE(shares.size() == 8);
  float const expected[8] = {0, 0.16f, 0.32f, 0.48f, 0.5f, 0.66f, 0.82f, 0.98f};
  for (std::size_t k = 0; k < 8; ++k) CHECK(shares[k] == doctest::Approx(expected[k]).epsilon(1e-6));

  fit(still, train, valid, cross_entropy, sgd{.learning_rate = 0.1f}, batch<32>,
      {.epochs = 2, .schedule = [](float) { return 0.0f; }});
  CHECK(bytes_of_model(still) == bytes_of_model(made()));
}

TEST_CASE("fit: cosine_decay falls from 1 to 0") {
  CHECK(cosine_decay(0) == 1);
  CHECK(cosine_decay(0.5f) == doctest::Approx(0.5));
  CHECK(std::abs(cosine_decay(1)) < 1e-6);
}

TEST_CASE(
    "fit: a loss that is not finite is refused with its step, its operation, layer and line, and the call of fit") {
  auto net = made();
  constexpr int line = __LINE__ + 1;
  static constexpr auto unbounded = [](auto network, auto x, auto) { return mean(exp(network(x))); };
  std::string const said =
      complaint_of([&] { fit(net, train, valid, unbounded, sgd{.learning_rate = -100}, batch<32>, {.epochs = 50}); });
  std::string const begin = "fit.cpp:" + std::to_string(line + 2) +
                            ": step 2: the loss is inf: exp (fit.cpp:" + std::to_string(line) +
                            ") made the first number that is not finite; its kernel read numbers in [";
  CHECK(said.substr(0, begin.size()) == begin);

  static constexpr auto logarithm = linear<4> | relu | [](auto v) { return log(v); } | linear<3>;
  auto other = model(logarithm, input<2>, cpu, seed{3});
  std::string const why = complaint_of([&] { fit(other, train, valid, cross_entropy, adam{}, batch<32>); });
  CHECK(why.find(": step 1: the loss is nan: log in layer '2' (fit.cpp:" + std::to_string(line + 8) +
                 ") made the first") != std::string::npos);
}

TEST_CASE("fit: the layers of a chain have the line where the objective calls it; the model stays as it was") {
  auto net = model(linear<3>, input<2>, cpu, seed{3});
  tensor<float, 3, 2> weight{3e38f, 3e38f, 3e38f, 3e38f, 3e38f, 3e38f};
  net.parameter("0.weight") = weight;
  std::string const before = bytes_of_model(net);
  std::string const said = complaint_of([&] { fit(net, train, valid, mean_of_outputs, adam{}, batch<32>); });
  // Infinities of both signs are nan in one order of summation, and infinite in another.
  std::string const wanted = ": matmul in layer '0' (fit.cpp:" + std::to_string(line_of_call) +
                             ") made the first number that is not finite; it read numbers in [";
  CAPTURE(said);
  CHECK(said.find(": step 1: the loss is ") != std::string::npos);
  CHECK(said.find(wanted) != std::string::npos);
  CHECK(bytes_of_model(net) == before);
}

TEST_CASE("fit: a label out of range is refused with its step") {
  auto net = made();
  CHECK(complaint_of([&] {
          fit(net, dataset<2>({0, 0}, {3}), valid, cross_entropy, adam{}, batch<32>);
        }) == "step 1: a label is 3; the network has outputs for 0 to 2");
}

TEST_CASE("fit: no epochs leave the model as it was") {
  auto net = made();
  auto const result = fit(net, train, valid, cross_entropy, adam{}, batch<32>, {.epochs = 0});
  CHECK(result.epochs.empty());
  CHECK(result.best_accuracy == 0);
  CHECK(bytes_of_model(net) == bytes_of_model(made()));
}

TEST_CASE("fit: a dataset smaller than the batch is one step an epoch, an empty one is refused") {
  auto net = made();
  shares.clear();
  fit(net, clusters(5, 1), valid, cross_entropy, adam{}, batch<32>, {.epochs = 2, .schedule = remember});
  CHECK(shares == std::vector<float>{0, 0.5f});
  CHECK(complaint_of([&] { fit(net, dataset<2>(), valid, cross_entropy, adam{}, batch<32>); }) ==
        "fit: found an empty training set, expected at least one sample");
}

TEST_CASE("fit: the optimizer and options that are given stay as they are") {
  auto net = made();
  adam const optimizer{.learning_rate = 1e-2f};
  fit(net, train, valid, cross_entropy, optimizer, batch<32>, {.epochs = 1, .schedule = cosine_decay});
  CHECK(optimizer.learning_rate == 1e-2f);
}

TEST_CASE("fit: it is silent, and with progress prints a line for each epoch where there is no terminal") {
  auto net = made();
  CHECK(output_of([&] { fit(net, train, valid, cross_entropy, adam{}, batch<32>, {.epochs = 2}); }) == "");
  std::string const lines =
      output_of([&] { fit(net, train, valid, cross_entropy, adam{}, batch<32>, {.epochs = 2, .progress = true}); });
  CHECK(std::count(lines.begin(), lines.end(), '\n') == 2);
  CHECK(lines.find("\r") == std::string::npos);
  CHECK(lines.find("\033") == std::string::npos);
  CHECK(lines.substr(0, 15) == "epoch 1/2  loss");
  for (char const* part : {"epoch 2/2  loss ", "accuracy ", " %  ", " images/s  ", " s left\n"})
    CHECK(lines.find(part) != std::string::npos);
}

TEST_CASE("fit: on a terminal one line is rewritten in place, and each epoch leaves its last") {
  int const terminal = posix_openpt(O_RDWR | O_NOCTTY);
  if (terminal < 0 || grantpt(terminal) != 0 || unlockpt(terminal) != 0) {
    std::puts("skipped: terminal: this system has no pseudo-terminals (is /dev/pts mounted?)");
    return;
  }
  int const other_end = open(ptsname(terminal), O_RDWR | O_NOCTTY);
  auto net = made();
  // A step that takes a quarter of the interval between two lines, so that each epoch shows some.
  static constexpr auto slow = [](float) {
    usleep(30000);
    return 1.0f;
  };
  std::string text;
  with_stdout(other_end, [&] {
    fit(net, train, valid, cross_entropy, adam{}, batch<8>, {.epochs = 2, .progress = true, .schedule = slow});
    std::fflush(stdout);
    char part[512];
    pollfd ready{terminal, POLLIN, 0};
    while (std::count(text.begin(), text.end(), '\n') < 2 && poll(&ready, 1, 5000) > 0)
      if (ssize_t const count = read(terminal, part, sizeof part); count > 0)
        text.append(part, static_cast<std::size_t>(count));
      else
        break;
  });
  close(other_end);
  close(terminal);
  CHECK(text.substr(0, 11) == "\repoch 1/2 ");
  CHECK(std::count(text.begin(), text.end(), '\n') == 2);
  CHECK(std::count(text.begin(), text.end(), '\r') >= 2 + 2 + 2);  // the terminal writes one before each line's end
  CHECK(text.find(" %  loss ") != std::string::npos);
  CHECK(text.find("\033[K") != std::string::npos);
  CHECK(text.substr(text.size() - 2) == "\r\n");
}

namespace {

// Points of a plane, their product and their sum.
basic_dataset<target_type<float, 2>, 2> products(int count, int number) {
  random_stream const stream(seed{number}, 1);
  std::vector<float> points, targets;
  for (int i = 0; i < count; ++i) {
    float const x = 2 * stream.uniform(static_cast<std::uint64_t>(2 * i)) - 1;
    float const y = 2 * stream.uniform(static_cast<std::uint64_t>(2 * i + 1)) - 1;
    points.insert(points.end(), {x, y});
    targets.insert(targets.end(), {x * y, x + y});
  }
  return {std::move(points), std::move(targets)};
}

inline constexpr auto two_numbers = linear<24> | tanh | linear<2>;

}  // namespace

TEST_CASE("fit: targets that are numbers are learned, and measured by their mean squared error") {
  auto const many = products(300, 1), others = products(70, 2);
  auto net = model(two_numbers, input<2>, cpu, seed{3});
  double const before = mean_squared_error(net, others);
  auto const result = fit(net, many, others, mse, adam{.learning_rate = 1e-2f}, batch<32>, {.epochs = 40});
  double const after = mean_squared_error(net, others);
  CHECK(before > 0.1);
  CHECK(after < 0.01);
  CHECK(result.epochs.back().mean_squared_error == after);
  CHECK(result.epochs.back().accuracy == 0);
  CHECK(result.best_accuracy == 0);

  std::vector<float> const outputs = predict(net, others);
  REQUIRE(outputs.size() == 140);
  double sum = 0;
  for (std::size_t i = 0; i < 140; ++i) {
    double const difference = double{outputs[i]} - double{others.targets()[i]};
    sum += difference * difference;
  }
  CHECK(after == doctest::Approx(sum / 140).epsilon(1e-12));
}

TEST_CASE("fit: a step on rows of a dataset is the step on tensors of the same numbers") {
  auto const data = products(5, 1);
  auto by_rows = model(two_numbers, input<2>, cpu, seed{3}), by_tensors = model(two_numbers, input<2>, cpu, seed{3});
  auto a = make_trainer(by_rows, mse, adam{}, batch<8>), b = make_trainer(by_tensors, mse, adam{}, batch<8>);
  tensor<float, 5, 2> const samples(data.inputs()), targets(data.targets());
  for (int step = 0; step < 3; ++step) CHECK(a.step(batches(data, 8)[0]) == b.step(samples, targets));
  CHECK(bytes_of_model(by_rows) == bytes_of_model(by_tensors));
}

TEST_CASE("fit: with progress it prints the squared error where there are no labels") {
  auto const data = products(20, 1);
  auto net = model(two_numbers, input<2>, cpu, seed{3});
  std::string const lines =
      output_of([&] { fit(net, data, data, mse, adam{}, batch<8>, {.epochs = 1, .progress = true}); });
  CHECK(lines.find("  squared error ") != std::string::npos);
  CHECK(lines.find("accuracy") == std::string::npos);
}

TEST_CASE("fit: an objective may take targets that are not like the outputs") {
  basic_dataset<target_type<float, 1>, 2> const data({1, 0, 0, 1, 1, 1}, {1, 1, 2});
  auto net = model(two_numbers, input<2>, target<float, 1>, cpu, seed{3});
  static constexpr auto sum_is = [](auto network, auto x, auto wanted) {
    return mean(square(sum_keep(network(x), axes<1>) - wanted));
  };
  auto const result = fit(net, data, data, sum_is, adam{.learning_rate = 1e-2f}, batch<4>, {.epochs = 100});
  CHECK(result.epochs.back().loss < 0.01 * result.epochs.front().loss);
  CHECK(result.epochs.back().mean_squared_error == 0);
}
