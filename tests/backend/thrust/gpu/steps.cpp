// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <cmath>
#include <cstdint>
#include <cstdio>
#include <string>
#include <vector>

#include "backend/thrust/gpu/parity.hpp"
#include "io/temporary_folder.hpp"
#include "support/emulated_gpu.hpp"

using namespace ashlar;
using detail::emulated_gpu;

namespace {

// Rounding of float over some tens of steps; sums are added up in another order on the device.
constexpr double rounding = 2e-5;

// No bias stands right before the normalisation: its gradient would be rounding alone, which Adam makes a step of.
inline constexpr auto network = linear<16> | tanh | batch_norm | dropout<0.25> | linear<3>;

dataset<2> const data = clusters(90, 1);
// Rows `spoilt` and `spoilt` + 1 are infinite: a step that has one of them is not taken.
constexpr int spoilt = 88;
dataset<2> const data_with_infinities = [] {
  std::vector<float> points(data.inputs().begin(), data.inputs().end());
  std::vector<std::int32_t> labels;
  for (int i = 0; i < data.size(); ++i) labels.push_back(data.label(i));
  for (int k = 2 * spoilt; k < 2 * spoilt + 4; ++k) points[static_cast<std::size_t>(k)] = INFINITY;
  return dataset<2>(std::move(points), std::move(labels));
}();

// The rows of step i: a partial batch now and then, and infinite ones where the step is among `bad`.
std::vector<std::uint32_t> rows_of_step(int i, std::vector<int> const& bad) {
  std::vector<std::uint32_t> rows;
  for (int r = 0; r < (i % 5 == 3 ? 7 : 16); ++r) rows.push_back(static_cast<std::uint32_t>((11 * i + 3 * r) % spoilt));
  for (int b : bad)
    if (b == i) rows[2] = spoilt + static_cast<std::uint32_t>(i % 2);
  return rows;
}

// Trains for so many steps, reading no loss before the end; the learning rate changes from step to step.
template <class Policy, class Optimizer>
trained_model trained(Policy const& policy, Optimizer optimizer, int steps, std::vector<int> const& bad = {}) {
  auto net = model(network, input<2>, policy, seed{3});
  auto t = make_trainer(net, cross_entropy, optimizer, batch<16>);
  std::vector<typename decltype(t)::step_loss> losses;
  for (int i = 0; i < steps; ++i) {
    auto const numbers = rows_of_step(i, bad);
    if constexpr (requires { t.optimizer.learning_rate; })
      t.optimizer.learning_rate = 0.01f / static_cast<float>(1 + i);
    losses.push_back(t.step(batch_rows<2>{&data_with_infinities, numbers}));
  }
  trained_model made;
  made.steps = t.steps();
  for (auto const& loss : losses) made.losses.push_back(loss);
  made.numbers = numbers_of(net);
  return made;
}
template <class Optimizer>
void check_parity(Optimizer const& optimizer, int steps, std::vector<int> const& bad = {}) {
  trained_model const host = trained(cpu, optimizer, steps, bad), gpu = trained(device, optimizer, steps, bad);
  CHECK(gpu.steps == host.steps);
  CHECK(gpu.steps == steps - static_cast<int>(bad.size()));
  CHECK(largest_difference(gpu.losses, host.losses) < rounding);
  CHECK(largest_difference(gpu.numbers, host.numbers) < rounding);
}

}  // namespace

TEST_CASE("gpu: a trainer that is saved while steps are on their way is resumed, bit for bit") {
  temporary_folder const folder;
  auto net = model(network, input<2>, device, seed{3}), other = model(network, input<2>, device, seed{4});
  auto t = make_trainer(net, cross_entropy, adam{.learning_rate = 0.01f}, batch<16>),
       again = make_trainer(other, cross_entropy, adam{.learning_rate = 0.01f}, batch<16>);
  auto step = [](auto& by, int i) {
    auto const numbers = rows_of_step(i, {2});
    return by.step(batch_rows<2>{&data_with_infinities, numbers});
  };
  for (int i = 0; i < 5; ++i) step(t, i);
  step(again, 7);
  save(t, folder.file("t.safetensors"));
  load(again, folder.file("t.safetensors"));
  CHECK(again.steps() == 4);
  CHECK(numbers_of(other) == numbers_of(net));
  for (int i = 5; i < 9; ++i) {
    float const wanted = step(t, i);
    CHECK(step(again, i) == wanted);
  }
  CHECK(numbers_of(other) == numbers_of(net));

  auto on_host = model(network, input<2>, cpu, seed{5});
  auto there = make_trainer(on_host, cross_entropy, adam{.learning_rate = 0.01f}, batch<16>);
  save(again, folder.file("t.safetensors"));
  load(there, folder.file("t.safetensors"));
  CHECK(step(there, 9) == doctest::Approx(static_cast<float>(step(again, 9))).epsilon(1e-4));
}

TEST_CASE("gpu: forty steps that nobody waits for are those of the cpu, partial batches among them") {
  check_parity(adamw{}, 40);
  check_parity(sgd{.learning_rate = 0.1f, .momentum = 0.9f}, 40);
}

TEST_CASE("gpu: steps whose loss is not finite change nothing, and those launched behind them are taken") {
  check_parity(adam{}, 24, {0});
  check_parity(adam{}, 24, {1});
  check_parity(adam{}, 24, {7, 8});
  check_parity(adam{}, 24, {5, 7, 9, 10, 11, 12, 13});
  check_parity(adam{}, 24, {21, 22, 23});
}

TEST_CASE("gpu: updates that have phases keep them behind a step that is not taken") {
  check_parity(accumulate<3> | adam{}, 30, {4, 5, 11, 29});
  check_parity(accumulate<2> | clip_by_norm{0.5f} | sgd{.learning_rate = 0.1f}, 30, {10});
}

TEST_CASE("gpu: who reads a model's memory waits for the steps on their way, also for those behind a bad one") {
  auto run = [](auto const& policy) {
    auto net = model(network, input<2>, policy, seed{3});
    auto t = make_trainer(net, cross_entropy, adam{}, batch<16>);
    std::vector<double> seen;
    auto see = [&](auto const& what) { seen.insert(seen.end(), what.begin(), what.end()); };
    for (int i = 0; i < 12; ++i) {
      auto const numbers = rows_of_step(i, {3, 7});
      t.step(batch_rows<2>{&data_with_infinities, numbers});
      if (i == 4) see(numbers_of(net));
      if (i == 8) {
        tensor<float, 30, 2> x;
        for (int r = 0; r < 60; ++r) x.data()[r] = data.inputs().data()[r];
        auto const y = predict(net, x);
        see(std::vector<float>(y.data(), y.data() + y.size()));
      }
      if (i == 9) {
        auto copy = net;
        see(numbers_of(copy));
      }
    }
    seen.push_back(accuracy(net, data));
    return seen;
  };
  CHECK(largest_difference(run(device), run(cpu)) < rounding);
}

TEST_CASE("gpu: a step allocates nothing and is waited for by nobody; it is captured once and replayed") {
  auto net = model(network, input<2>, device, seed{3});
  auto t = make_trainer(net, cross_entropy, accumulate<2> | adam{}, batch<16>);
  auto step = [&](int i) {
    auto const numbers = rows_of_step(i, {});
    return t.step(batch_rows<2>{&data_with_infinities, numbers});
  };
  // each phase of the update, on whole and on partial batches, runs once and is captured the second time
  for (int i = 0; i < 20; ++i) step(i);
  auto const allocations = emulated_gpu().allocations, waits = emulated_gpu().waits, graphs = emulated_gpu().graphs,
             launches = emulated_gpu().launches, replays = emulated_gpu().graph_launches;
  for (int i = 20; i < 40; ++i) step(i);
  CHECK(emulated_gpu().allocations == allocations);
  CHECK(emulated_gpu().waits == waits);
  CHECK(emulated_gpu().graphs == graphs);
  CHECK(emulated_gpu().launches == launches);
  CHECK(emulated_gpu().graph_launches == replays + 20);
  CHECK(t.steps() == 40);
}

TEST_CASE("gpu: a captured step is captured anew for a model that lies elsewhere now") {
  auto net = model(network, input<2>, device, seed{3}), other = model(network, input<2>, device, seed{4});
  auto host = model(network, input<2>, cpu, seed{4});
  auto t = make_trainer(net, cross_entropy, sgd{.learning_rate = 0.1f}, batch<16>);
  auto on_host = make_trainer(host, cross_entropy, sgd{.learning_rate = 0.1f}, batch<16>);
  for (int i = 0; i < 5; ++i) {
    auto const numbers = rows_of_step(i, {});
    t.step(batch_rows<2>{&data, numbers});
  }
  net = other;
  host.next_random_seed();
  auto again = make_trainer(net, cross_entropy, sgd{.learning_rate = 0.1f}, batch<16>);
  auto again_on_host = make_trainer(host, cross_entropy, sgd{.learning_rate = 0.1f}, batch<16>);
  static_cast<void>(on_host);
  for (int i = 0; i < 5; ++i) {
    auto const numbers = rows_of_step(i, {});
    again.step(batch_rows<2>{&data, numbers});
    again_on_host.step(batch_rows<2>{&data, numbers});
  }
  auto moved = std::move(t);
  auto const numbers = rows_of_step(5, {});
  CHECK(std::isfinite(static_cast<float>(moved.step(batch_rows<2>{&data, numbers}))));
  CHECK(moved.steps() == 6);
}

TEST_CASE("gpu: a loss can be asked for as long as it is kept, and fails in a sentence from then on") {
  auto net = model(network, input<2>, device, seed{3});
  auto t = make_trainer(net, cross_entropy, adam{}, batch<16>);
  auto const numbers = rows_of_step(0, {});
  auto const first = t.step(batch_rows<2>{&data, numbers});
  float const value = first;
  for (int i = 0; i < 63; ++i) t.step(batch_rows<2>{&data, numbers});
  CHECK(static_cast<float>(first) == value);
  t.step(batch_rows<2>{&data, numbers});
  CHECK(complaint_of([&] { static_cast<void>(static_cast<float>(first)); }) ==
        "device: the loss of a step is asked for 64 steps later; it is kept for 64");
}

TEST_CASE("gpu: fit stops at a loss that is not finite with the sentence and the model of the cpu") {
  auto run = [](auto const& policy, std::string& said) {
    auto net = model(network, input<2>, policy, seed{3});
    said = complaint_of([&] {
      fit(net, data_with_infinities, data, cross_entropy, adam{}, batch<8>, {.epochs = 2},
          detail::nothing_after_epochs{}, "here.cpp", 7);
    });
    return numbers_of(net);
  };
  std::string on_host, on_gpu;
  auto const host = run(cpu, on_host), gpu = run(device, on_gpu);
  CHECK(on_gpu == on_host);
  CHECK(on_gpu.find("here.cpp:7: step ") == 0);
  CHECK(largest_difference(gpu, host) < rounding);
}

TEST_CASE("gpu: fit learns as on the cpu, of several losses too") {
  auto run = [](auto const& policy) {
    auto net = model(network, input<2>, policy, seed{3});
    auto const all = fit(net, data, data, cross_entropy, adam{.learning_rate = 0.01f}, batch<16>, {.epochs = 3});
    auto const weighted = fit(net, data, data, losses(cross_entropy), adam{}, batch<16>, {.epochs = 2});
    std::vector<double> seen{all.best_accuracy, weighted.epochs.back().losses[0].loss};
    for (auto const& epoch : all.epochs) seen.push_back(epoch.loss);
    return seen;
  };
  CHECK(largest_difference(run(device), run(cpu)) < rounding);
}

TEST_CASE("gpu: find_non_finite looks at what the device's own kernels make, and leaves all as it was") {
  auto found = [](auto const& policy, float large, bool looks) {
    auto net = model(network, input<2>, policy, seed{3});
    auto t = make_trainer(net, cross_entropy, adam{.learning_rate = 0.01f}, batch<16>);
    tensor<float, 16, 2> points{};
    tensor<std::int32_t, 16> labels{};
    t.step(points, labels);
    points(5, 1) = large;
    auto const before = numbers_of(net);
    std::string said;
    for (int i = 0; i < (looks ? 2 : 0); ++i) {
      said = find_non_finite(t, points, labels).sentence;
      CHECK(numbers_of(net) == before);
      CHECK(t.steps() == 1);
    }
    points(5, 1) = 1;
    t.step(points, labels);
    return std::pair(said, numbers_of(net));
  };
  constexpr float rounds_to_infinity = 3.4e38f;  // in bf16, whose largest number is 3.39e38
  auto const looked = found(device.with(bf16), rounds_to_infinity, true);
  CHECK(looked.first.find("matmul in layer '0' made the first number that is not finite") != std::string::npos);
  CHECK(looked.second == found(device.with(bf16), rounds_to_infinity, false).second);
}

TEST_CASE("gpu: find_non_finite says what it says on the cpu, and debug and inspect look at an image of the device") {
  auto explained = [](auto const& policy) {
    auto net = model(network, input<2>, policy, seed{3});
    auto t = make_trainer(net, cross_entropy, adam{}, batch<16>);
    std::vector<std::uint32_t> numbers = rows_of_step(2, {2});
    for (int i = 0; i < 6; ++i) {
      auto const good = rows_of_step(i, {});
      t.step(batch_rows<2>{&data, good});
    }
    return find_non_finite(t, batch_rows<2>{&data_with_infinities, numbers}).sentence;
  };
  CHECK(explained(device) == explained(cpu));
  CHECK(explained(device).size() > 10);

  auto debugged = [](auto const& policy) {
    auto net = model(network, input<2>, policy, seed{3});
    auto t = make_trainer(net, cross_entropy, adam{}, batch<16>);
    for (int i = 0; i < 3; ++i) {
      auto const good = rows_of_step(i, {});
      t.step(batch_rows<2>{&data, good});
    }
    tensor<float, 16, 3> const logits = inspect(t, "4");
    std::vector<double> seen = numbers_of(net);
    seen.insert(seen.end(), logits.data(), logits.data() + logits.size());
    return seen;
  };
  CHECK(debugged(device.with(debug)) == debugged(cpu.with(debug)));

  auto net = model(network, input<2>, device.with(no_fusion, no_reuse), seed{3});
  auto t = make_trainer(net, cross_entropy, adam{}, batch<16>);
  CHECK(complaint_of([&] { inspect(t, "4"); }) ==
        "inspect: the program's memory lies on a GPU; device.with(debug) has an image of it on the host");
}

TEST_CASE("gpu: files written on one policy load on the other, and parameters move by assignment") {
  constexpr auto wide = linear<40> | tanh | linear<3>;  // the first weight lies column by column
  std::string const file = "emulated_gpu.safetensors";
  auto gpu = model(wide, input<2>, device, seed{3});
  auto host = model(wide, input<2>, cpu, seed{4});
  save(gpu, file);
  load(host, file);
  CHECK(numbers_of(host) == numbers_of(gpu));
  auto other = model(wide, input<2>, device, seed{5});
  tensor<float, 40, 2> const weight = host.parameter("0.weight");
  other.parameter("0.weight") = weight;
  CHECK(tensor<float, 40, 2>(other.parameter("0.weight")) == weight);
  tensor<float, 5, 2> x;
  random_normal(x, seed{1});
  auto const there = predict(gpu, x), here = predict(host, x);
  for (std::int64_t i = 0; i < here.size(); ++i) CHECK(there[i] == doctest::Approx(here[i]).epsilon(rounding));
  std::remove(file.c_str());
}

TEST_CASE("gpu: evaluate and compile give the cpu's numbers, call after call") {
  auto const energy = [](auto x, auto w) { return sum(square(tanh(matmul(x, w)))); };
  tensor<float, 5, 7> x;
  tensor<float, 7, 3> w;
  random_normal(x, seed{1});
  random_normal(w, seed{2});
  auto fast = compile(device, energy, x, w);
  for (int i = 0; i < 4; ++i) {
    x(i, 0) += 1;
    CHECK(fast(x, w) == doctest::Approx(static_cast<double>(evaluate(cpu, energy, x, w)())).epsilon(1e-5));
  }
}

TEST_CASE("gpu: no GPU, too little memory and a launch that fails are reported in sentences") {
  auto made = [] { return model(network, input<2>, device, seed{3}); };
  emulated_gpu().is_there = false;
  CHECK(complaint_of([&] { made(); }) == "device: there is no emulated GPU");
  emulated_gpu().is_there = true;

  auto net = made();
  std::int64_t const memory = emulated_gpu().memory;
  emulated_gpu().memory = emulated_gpu().used + 1000;
  std::string const scarce = complaint_of([&] { make_trainer(net, cross_entropy, adam{}, batch<16>); });
  CHECK(scarce.find("device: not enough memory: ") == 0);
  CHECK(scarce.find("1000 are free") != std::string::npos);
  emulated_gpu().memory = memory;

  auto t = make_trainer(net, cross_entropy, adam{}, batch<16>);
  auto const numbers = rows_of_step(0, {});
  auto const step = [&] { t.step(batch_rows<2>{&data, numbers}); };
  step();
  for (std::int64_t behind : {6, 20}) {  // both times while the step is captured
    emulated_gpu().launch_that_fails = emulated_gpu().launches + behind;
    CHECK(complaint_of(step).find("could not be launched: status 77") != std::string::npos);
  }
  emulated_gpu().launch_that_fails = -1;
  auto host = model(network, input<2>, cpu, seed{3});
  auto on_host = make_trainer(host, cross_entropy, adam{}, batch<16>);
  on_host.step(batch_rows<2>{&data, numbers});
  for (int i = 0; i < 9; ++i) {
    float const loss = t.step(batch_rows<2>{&data, numbers});
    CHECK(loss == doctest::Approx(static_cast<double>(on_host.step(batch_rows<2>{&data, numbers}))).epsilon(rounding));
  }
  CHECK(t.steps() == 10);
}

TEST_CASE("gpu: describe says what runs and what a plan needs of it") {
  auto net = model(network, input<2>, device, seed{3});
  auto t = make_trainer(net, cross_entropy, adam{}, batch<16>);
  std::string const words = device.describe(t.summary());
  CAPTURE(words);
  CHECK(words.find("device on an emulated GPU, emulation") == 0);
  CHECK(words.find(" free, and ") != std::string::npos);
  CHECK(words.find("launches per step") != std::string::npos);

  // who asks because nothing runs is answered, too
  std::string const launches = words.substr(words.rfind(", and "));
  emulated_gpu().is_there = false;
  CHECK(device.describe().find("device on an emulated GPU, runs nothing: there is no emulated GPU; products by ") == 0);
  std::string const without = device.describe(t.summary());
  emulated_gpu().is_there = true;
  CAPTURE(without);
  CHECK(without.find("; the plan needs ") != std::string::npos);
  CHECK(without.find(" MiB" + launches) != std::string::npos);
  CHECK(without.find("free") == std::string::npos);
  emulated_gpu().fits = false;
  std::string const old = device.describe();
  CHECK(complaint_of([] { model(network, input<2>, device, seed{3}); }) == "device: the emulation is too old");
  emulated_gpu().fits = true;
  CHECK(old.find("emulation, compute capability 1.0, ") != std::string::npos);
  CHECK(old.find(" free, runs nothing: the emulation is too old; products by ") != std::string::npos);
}

namespace {

// Kernels 0 to 2; the middle one has a small step and a large one.
struct steps_of_three_kernels {
  struct step {
    int kernel, numbers;
  };
  struct {
    int steps = 4;
  } sizes;
  step steps[4] = {{0, 0}, {1, 0}, {1, 1}, {2, 1}};
  std::int64_t numbers[2] = {detail::packets_for_a_block - 1, detail::packets_for_a_block};
};
struct units_of_packets {
  static constexpr std::int64_t packets(std::int64_t const* numbers) { return *numbers; }
};

}  // namespace

TEST_CASE("gpu: a kernel is compiled for threads, for blocks, or for both, as a program's steps have it") {
  auto takers = [](int kernel) { return detail::takers_of<units_of_packets>(steps_of_three_kernels{}, kernel); };
  CHECK(takers(0) == detail::unit_takers::threads);
  CHECK(takers(1) == detail::unit_takers::either);
  CHECK(takers(2) == detail::unit_takers::blocks);
}
