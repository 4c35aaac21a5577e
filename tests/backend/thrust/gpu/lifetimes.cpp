// SPDX-License-Identifier: MIT
// What is on its way when a trainer or a model ends, is assigned, or is looked at by others.
#include <doctest/doctest.h>

#include <cmath>
#include <thread>
#include <type_traits>
#include <vector>

#include "backend/thrust/gpu/parity.hpp"

using namespace ashlar;

namespace {

inline constexpr auto network = linear<12> | tanh | linear<3>;
constexpr double rounding = 2e-5;

struct batch_of_eight {
  tensor<float, 8, 2> x;
  tensor<std::int32_t, 8> label;
  explicit batch_of_eight(int number) {
    random_normal(x, seed{number});
    for (int r = 0; r < 8; ++r) label[r] = (r + number) % 3;
  }
};
batch_of_eight const first(1), second(2), third(3), fourth(4);
batch_of_eight const bad = [] {
  batch_of_eight b(5);
  b.x(3, 1) = NAN;
  return b;
}();

template <class Policy>
auto made(Policy const& policy, int number = 3) {
  return model(network, input<2>, policy, seed{number});
}
template <class Model>
auto trainer_of(Model& net) {
  return make_trainer(net, cross_entropy, adam{.learning_rate = 0.01f}, batch<8>);
}
template <class Trainer>
auto step(Trainer& t, batch_of_eight const& b) {
  return t.step(b.x, b.label);
}
template <class Run>
void check_parity(Run run) {
  auto const host = run(cpu);
  for (double x : host) REQUIRE(std::isfinite(x));
  CHECK(largest_difference(run(device), host) < rounding);
}

}  // namespace

TEST_CASE("gpu: steps behind a bad one are taken though their trainer ends before anybody asks") {
  check_parity([](auto const& policy) {
    auto net = made(policy);
    {
      auto t = trainer_of(net);
      for (auto const* b : {&first, &bad, &second}) step(t, *b);
    }
    return numbers_of(net);
  });
}

TEST_CASE("gpu: the steps of two trainers of one model keep their order, also behind a bad one") {
  check_parity([](auto const& policy) {
    auto net = made(policy);
    auto a = trainer_of(net), b = trainer_of(net);
    step(a, first), step(a, bad), step(a, second);
    step(b, third), step(b, fourth);
    step(a, third);
    return numbers_of(net);
  });
}

TEST_CASE("gpu: a model is assigned while steps on it are on their way") {
  check_parity([](auto const& policy) {
    auto net = made(policy);
    auto t = trainer_of(net);
    step(t, first), step(t, bad), step(t, second);
    net = made(policy, 4);
    step(t, third);
    return numbers_of(net);
  });
}

TEST_CASE("gpu: threads that read one model see the same numbers, those behind a bad step among them") {
  auto net = made(device);
  auto host = made(cpu);
  auto t = trainer_of(net);
  auto on_host = trainer_of(host);
  for (int round = 0; round < 5; ++round) {
    for (auto const* b : {&first, &bad, &second, &third}) step(t, *b), step(on_host, *b);
    std::vector<tensor<float, 8, 3>> seen(3);
    std::vector<std::thread> readers;
    for (auto& to : seen) readers.emplace_back([&net, &to] { to = predict(net, fourth.x); });
    for (std::thread& r : readers) r.join();
    for (auto const& one : seen) CHECK(one == seen[0]);
    CHECK(largest_difference(numbers_of(net), numbers_of(host)) < rounding);
  }
  CHECK(t.steps() == on_host.steps());
}

TEST_CASE("gpu: a loss may be asked for when its trainer is gone, and is no number for printf") {
  auto loss_of = [](auto const& policy) {
    auto net = made(policy);
    auto t = trainer_of(net);
    step(t, second);
    return step(t, first);
  };
  CHECK(static_cast<float>(loss_of(device)) == doctest::Approx(static_cast<double>(loss_of(cpu))).epsilon(rounding));
  static_assert(!std::is_trivially_copyable_v<decltype(loss_of(device))>);
}

TEST_CASE("gpu: fit tells of the first mistake, though a later step fails before it is known") {
  auto spoilt = [](int sample, int label) {
    std::vector<float> points;
    std::vector<std::int32_t> labels;
    for (int i = 0; i < 32; ++i) {
      points.insert(points.end(), {i == sample ? NAN : 0.1f * static_cast<float>(i), 1});
      labels.push_back(i == label ? 77 : i % 3);
    }
    return dataset<2>(std::move(points), std::move(labels));
  };
  auto const whole = spoilt(-1, -1);
  auto const order = batches(whole, 8, seed{0});  // as fit goes through it
  auto const data = spoilt(static_cast<int>(order[0].rows[3]), static_cast<int>(order[2].rows[5]));
  auto said = [&](auto const& policy) {
    auto net = made(policy);
    std::string const words = complaint_of([&] {
      fit(net, data, data, cross_entropy, adam{}, batch<8>, {.epochs = 1}, detail::nothing_after_epochs{}, "here.cpp",
          7);
    });
    return words;
  };
  CHECK(said(device) == said(cpu));
  CHECK(said(device).find("the loss is") != std::string::npos);
}
