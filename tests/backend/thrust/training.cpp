// SPDX-License-Identifier: MIT
// What a model on the device promises beyond its numbers: they move to the cpu and back, and mistakes are reported as
// there.
#include <ashlar/device.hpp>

#include <doctest/doctest.h>

#include <limits>
#include <thread>

#include "io/temporary_folder.hpp"
#include "support/parity.hpp"
#include "train/clusters.hpp"

using namespace ashlar;

namespace {

// Enough work to be shared among threads.
constexpr auto network = linear<512> | batch_norm | relu | dropout<0.25> | linear<10>;

struct wide_samples {
  tensor<float, 64, 200> x;
  tensor<std::int32_t, 64> label;
  wide_samples() {
    random_normal(x, seed{5});
    for (int i = 0; i < 64; ++i) label[i] = i * 7 % 10;
  }
};
template <class Policy>
auto made(Policy const& where, int number = 1) {
  return model(network, input<200>, where, seed{number});
}
template <class A, class B>
void check_equal(A const& a, B const& b) {
  CHECK(proof::variables_of(a) == proof::variables_of(b));
}

}  // namespace

TEST_CASE("a model begins with the same bits on the device as on the cpu") { check_equal(made(device), made(cpu)); }

TEST_CASE("parameters move between policies by assignment") {
  auto const first = made(device, 1);
  auto on_cpu = made(cpu, 2);
  auto back = made(device, 3);
  using weight = tensor<float, 512, 200>;
  using bias = tensor<float, 10>;
  weight const w = first.parameter("0.weight");
  bias const b = first.parameter("4.bias");
  on_cpu.parameter("0.weight") = w;
  on_cpu.parameter("4.bias") = b;
  CHECK(weight(on_cpu.parameter("0.weight")) == w);
  CHECK(bias(on_cpu.parameter("4.bias")) == b);
  CHECK_FALSE(weight(back.parameter("0.weight")) == w);
  back.parameter("0.weight") = weight(on_cpu.parameter("0.weight"));
  back.parameter("4.bias") = bias(on_cpu.parameter("4.bias"));
  CHECK(weight(back.parameter("0.weight")) == w);
  CHECK(bias(back.parameter("4.bias")) == b);
}

TEST_CASE("a file saved on one policy loads on the other, states among it") {
  temporary_folder const folder;
  wide_samples const s;
  auto on_device = made(device, 1);
  auto on_cpu = made(cpu, 2);
  make_trainer(on_device, cross_entropy, adam{}, batch<64>).step(s.x, s.label);  // so that states are not the initial
  save(on_device, folder.file("device.safetensors"));
  load(on_cpu, folder.file("device.safetensors"));
  check_equal(on_device, on_cpu);
  make_trainer(on_cpu, cross_entropy, adam{}, batch<64>).step(s.x, s.label);
  save(on_cpu, folder.file("cpu.safetensors"));
  load(on_device, folder.file("cpu.safetensors"));
  check_equal(on_device, on_cpu);
  tensor<float, 64, 10> const a = predict(on_device, s.x), b = predict(on_cpu, s.x);
  for (std::int64_t i = 0; i < a.size(); ++i) CHECK(a[i] == doctest::Approx(b[i]).epsilon(1e-4));
}

TEST_CASE("a label out of range is refused on the device as on the cpu, and nothing changes") {
  auto refusal = [](auto net) {
    auto t = make_trainer(net, cross_entropy, adam{}, batch<64>);
    wide_samples s;
    t.step(s.x, s.label);
    auto const before = proof::variables_of(net);
    s.label[9] = 10;
    std::string const complaint = complaint_of([&] { t.step(s.x, s.label); });
    CHECK(proof::variables_of(net) == before);
    CHECK(t.steps() == 1);
    return complaint;
  };
  std::string const complaint = refusal(made(device));
  CHECK(complaint.find("a label is 10") != std::string::npos);
  CHECK(complaint == refusal(made(cpu)));
}

TEST_CASE("a step whose loss is not finite changes nothing on the device, and is explained as on the cpu") {
  auto explained = [](auto net) {
    auto t = make_trainer(net, cross_entropy, adam{}, batch<64>);
    wide_samples s;
    t.step(s.x, s.label);
    auto const before = proof::variables_of(net);
    s.x(3, 3) = std::numeric_limits<float>::infinity();
    CHECK_FALSE(std::isfinite(float(t.step(s.x, s.label))));
    CHECK(proof::variables_of(net) == before);
    CHECK(t.steps() == 1);
    std::string const why = find_non_finite(t, s.x, s.label).sentence;
    CHECK(proof::variables_of(net) == before);
    s.x(3, 3) = 0;
    CHECK(std::isfinite(float(t.step(s.x, s.label))));
    return why;
  };
  std::string const why = explained(made(device));
  CHECK(why.find("input") != std::string::npos);
  CHECK(why == explained(made(cpu)));
}

TEST_CASE("two threads predict with one const model on the device, each as one alone does") {
  auto const net = made(device);
  wide_samples const s;
  tensor<float, 64, 10> const alone = predict(net, s.x);
  int differing[2] = {0, 0};
  auto work = [&](int& count) {
    for (int k = 0; k < 20; ++k) {
      tensor<float, 64, 10> const y = predict(net, s.x);
      count += !(y == alone);
    }
  };
  std::thread first([&] { work(differing[0]); }), second([&] { work(differing[1]); });
  first.join();
  second.join();
  CHECK(differing[0] + differing[1] == 0);
}

TEST_CASE("the device says in words what it runs on, what a plan needs and how many launches a step has") {
  auto net = made(device);
  auto t = make_trainer(net, cross_entropy, adam{}, batch<64>);
  std::string const words = device.describe();  // and how much memory a GPU has left
  CHECK(words.find("device, Thrust ") == 0);
  std::string const more = device.describe(t.summary());
  CHECK(more.find(words) == 0);
  CHECK(more.find(" launches per step") != std::string::npos);
}
