// SPDX-License-Identifier: MIT
// Reductions of many elements to few results are divided into parts: on the emulated GPU as on any.
#include <doctest/doctest.h>

#include <tuple>
#include <utility>

#include "backend/thrust/gpu/parity.hpp"

using namespace ashlar;

namespace {

// Launches of what `run` runs.
template <class Run>
std::int64_t launches_of(Run const& run) {
  std::int64_t const before = detail::emulated_gpu().launches;
  run();
  return detail::emulated_gpu().launches - before;
}
template <class T, int... D>
std::vector<double> elements_of(tensor<T, D...> const& t) {
  return std::vector<double>(t.data(), t.data() + t.size());
}
template <class... T>
std::vector<double> elements_of(std::tuple<T...> const& all) {
  std::vector<double> elements;
  auto add = [&](std::vector<double> const& of) { elements.insert(elements.end(), of.begin(), of.end()); };
  std::apply([&](auto const&... one) { (add(elements_of(one)), ...); }, all);
  return elements;
}

// A function of many numbers is on the device what it is on the cpu, by so many launches more than of few.
template <class Many, class Few, class F>
void check(F f, int more) {
  Many many;
  Few few;
  random_uniform(many, seed{3}, -1, 2);
  random_uniform(few, seed{3}, -1, 2);
  std::vector<double> found;
  std::int64_t const of_many = launches_of([&] { found = elements_of(evaluate(device, f, many)); });
  std::int64_t const of_few = launches_of([&] { static_cast<void>(evaluate(device, f, few)); });
  CHECK(of_many == of_few + more);
  CHECK(largest_difference(found, elements_of(evaluate(cpu, f, many))) < 1e-5);
  CHECK(found == elements_of(evaluate(device, f, many)));
}

template <int... D>
using floats = tensor<float, D...>;

constexpr auto images = conv2d<3, 1> | relu | flatten | linear<2>;
constexpr auto normed = conv2d<3, 1> | batch_norm | relu | flatten | linear<2>;

// Trains with partial batches: 4, 3 and 1 rows of 4.
template <class Net, class Policy, class Optimizer>
std::vector<double> trained_on(Net const& network, Policy const& policy, Optimizer const& optimizer) {
  auto net = model(network, input<2, 67, 71>, policy, seed{1});
  auto t = make_trainer(net, cross_entropy, optimizer, batch<4>);
  tensor<float, 4, 2, 67, 71> x;
  random_normal(x, seed{2});
  tensor<std::int32_t, 4> const labels{0, 1, 1, 0};
  tensor<float, 3, 2, 67, 71> const three(x.view().template slice<0, 3>(1));
  tensor<float, 1, 2, 67, 71> const one(x.view().template slice<0, 1>(2));
  std::vector<double> seen;
  for (int k = 0; k < 2; ++k) {
    seen.push_back(static_cast<double>(t.step(x, labels)));
    seen.push_back(static_cast<double>(t.step(three, tensor<std::int32_t, 3>{1, 0, 1})));
    seen.push_back(static_cast<double>(t.step(one, tensor<std::int32_t, 1>{1})));
  }
  std::vector<double> const numbers = numbers_of(net);
  seen.insert(seen.end(), numbers.begin(), numbers.end());
  return seen;
}

}  // namespace

TEST_CASE("gpu: sums and maxima over outer axes are put together from their parts") {
  auto both = [](auto x) { return std::tuple{sum(x * x, axes<0>), max(x - 1, axes<0>)}; };
  check<floats<5001, 7>, floats<50, 7>>(both, 1);
  check<floats<4096, 4>, floats<4095, 4>>(both, 1);  // the smallest that is divided
  check<tensor<double, 9003, 3>, tensor<double, 9, 3>>(both, 1);
  check<floats<5000, 2053>, floats<50, 2053>>(both, 0);  // there are teams enough
}

TEST_CASE("gpu: sums and maxima over all axes but one are put together from their parts") {
  auto channels = [](auto x) { return std::tuple{sum(exp(x), axes<0, 2>), max(x, axes<0, 2>)}; };
  check<floats<5, 3, 4111>, floats<5, 3, 41>>(channels, 1);
  auto whole = [](auto x) { return sum(convert<std::int32_t>(100 * x), axes<0, 2>); };
  check<floats<5, 3, 4111>, floats<5, 3, 41>>(whole, 1);
}

TEST_CASE("gpu: a row's sum and maximum are put together from their parts, and so is what is made of them") {
  check<floats<19001>, floats<190>>([](auto x) { return sqrt(sum(x * x)) + max(x); }, 1);
  check<floats<3, 23, 900>, floats<3, 23, 9>>([](auto x) { return mean(x, axes<1, 2>); }, 1);
  // elements of a row, in a launch of their own
  check<floats<2, 19001>, floats<2, 190>>([](auto x) { return x - max_keep(x, axes<1>); }, 1);
  auto both = [](auto x) {
    auto const total = sum_keep(x * x, axes<1>);
    return std::tuple{x / total, total};
  };
  check<floats<2, 19001>, floats<2, 190>>(both, 2);
  check<floats<2, 19001>, floats<2, 190>>([](auto x) { return softmax(x); }, 0);  // two passes that feed each other
}

TEST_CASE("gpu: a NaN is in the sum and the maximum of its parts") {
  floats<20000> x;
  random_uniform(x, seed{1});
  x.data()[17123] = NAN;
  auto [total, largest] = evaluate(
      device,
      [](auto v) {
        return std::tuple{sum(v), max(v)};
      },
      x);
  CHECK(std::isnan(static_cast<float>(total)));
  CHECK(std::isnan(static_cast<float>(largest)));
}

TEST_CASE("gpu: gradients of biases and statistics of batches divided into parts train as on the cpu") {
  CHECK(largest_difference(trained_on(images, device, sgd{.learning_rate = 0.01f}),
                           trained_on(images, cpu, sgd{.learning_rate = 0.01f})) < 2e-5);
  CHECK(largest_difference(trained_on(normed, device, sgd{.learning_rate = 0.01f}),
                           trained_on(normed, cpu, sgd{.learning_rate = 0.01f})) < 2e-5);
}

TEST_CASE("gpu: describe counts the launches that put parts together") {
  // How many launches a step of a network has by describe and as they are counted, which includes those around it.
  auto launches = [](auto const& network, auto const& sample, auto const& x) {
    auto net = model(network, sample, device.with(own_kernels), seed{1});
    auto t = make_trainer(net, cross_entropy, sgd{.learning_rate = 0.01f}, batch<4>);
    std::string const words = device.with(own_kernels).describe(t.summary());
    std::string const behind = words.substr(words.rfind(", and ") + 6);
    tensor<std::int32_t, 4> const labels{0, 1, 1, 0};
    std::int64_t const counted = launches_of([&] { static_cast<void>(static_cast<float>(t.step(x, labels))); });
    return std::pair{std::stoll(behind), counted};
  };
  auto const large = launches(normed, input<2, 67, 71>, floats<4, 2, 67, 71>());
  auto const small = launches(normed, input<2, 3, 3>, floats<4, 2, 3, 3>());
  CHECK(large.first > small.first);
  CHECK(large.first - small.first == large.second - small.second);
}

TEST_CASE("gpu: an update clipped by the norm of all gradients is divided into parts, and left out with its step") {
  auto const clipped = clip_by_norm{0.1f} | sgd{.learning_rate = 0.1f, .momentum = 0.9f};
  std::vector<double> const wanted = trained_on(images, cpu, clipped);
  CHECK(largest_difference(trained_on(images, device, clipped), wanted) < 2e-5);
  auto net = model(images, input<2, 67, 71>, device, seed{1});
  auto t = make_trainer(net, cross_entropy, clipped, batch<1>);
  std::vector<double> const before = numbers_of(net);
  tensor<float, 1, 2, 67, 71> x;
  x.data()[5] = NAN;
  CHECK(std::isnan(static_cast<float>(t.step(x, tensor<std::int32_t, 1>{1}))));
  CHECK(t.steps() == 0);
  CHECK(numbers_of(net) == before);
}
