// SPDX-License-Identifier: MIT
#include <cstring>
#include <limits>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <ashlar/ashlar.hpp>

using namespace ashlar;

namespace {

template <int... D>
tensor<float, D...> numbers(std::uint64_t stream) {
  tensor<float, D...> t;
  random_stream const of(seed{5}, stream);
  for (std::int64_t i = 0; i < t.size(); ++i) t.data()[i] = of.normal(static_cast<std::uint64_t>(i));
  return t;
}
template <int N>
tensor<std::int32_t, N> labels() {
  tensor<std::int32_t, N> t;
  for (int i = 0; i < N; ++i) t.data()[i] = i % 3;
  return t;
}

/// Parameters after steps of whole batches, of some rows, and of whole batches again, of other tensors.
template <bool InPlace, int Batch, int... D, class Policy, class Net, class Optimizer>
std::vector<char> trained(Policy const& where, Net const& network, Optimizer const& optimizer) {
  auto net = model(network, input<D...>, where, seed{1});
  auto t = make_trainer(net, cross_entropy, optimizer, batch<Batch>);
  using stepper = typename decltype(t)::stepper;
  static_assert(stepper::reads_in_place(0) == InPlace);
  static_assert(!stepper::reads_in_place(1));
  for (std::uint64_t step = 0; step < 3; ++step) {
    auto const x = numbers<Batch, D...>(step), before = x;
    t.step(x, labels<Batch>());
    CHECK(std::memcmp(x.data(), before.data(), static_cast<std::size_t>(x.size()) * sizeof(float)) == 0);
    t.step(numbers<Batch - 5, D...>(10 + step), labels<Batch - 5>());
  }
  CHECK(t.steps() == 6);
  return {net.parameter_memory(), net.parameter_memory() + net.tables().counts.parameter_bytes};
}
template <bool InPlace, int Batch, int... D, class Net, class Optimizer>
void check_equal_bits(Net const& network, Optimizer const& optimizer) {
  std::vector<char> const copied = trained<false, Batch, D...>(cpu.with(no_reuse), network, optimizer);
  CHECK((trained<InPlace, Batch, D...>(cpu, network, optimizer) == copied));
  for (int workers : {2, 3}) {
    CAPTURE(workers);
    thread_pool pool(threads{workers});
    pool.set_break_even(0);
    CHECK((trained<InPlace, Batch, D...>(cpu.with(pool), network, optimizer) == copied));
  }
}

inline constexpr auto perceptron = linear<70> | relu | linear<3>;
inline constexpr auto convolutional = conv2d<5, 5, padding<2>> | relu | max_pool2d<2> | flatten | linear<3>;
inline constexpr auto winograd = conv2d<16, 3, padding<1>> | relu | conv2d<16, 3, padding<1>> | flatten | linear<3>;

}  // namespace

TEST_CASE("a step on tensors that it reads where they lie has the bits of one on copies") {
  check_equal_bits<true, 33, 203>(perceptron, sgd{.learning_rate = 0.05f});
  check_equal_bits<true, 33, 203>(perceptron, adam{});
}
TEST_CASE("so have convolutions") {
  check_equal_bits<true, 7, 1, 27, 29>(convolutional, sgd{.learning_rate = 0.05f, .momentum = 0.9f});
  check_equal_bits<true, 7, 16, 9, 11>(winograd, sgd{.learning_rate = 0.05f});
}
TEST_CASE("small inputs are copied, and large ones whose memory is used again") {
  check_equal_bits<false, 7, 203>(perceptron, adam{});
  check_equal_bits<false, 33, 203>(tanh | perceptron, adam{});
}
TEST_CASE("an input that is not finite is found where steps would read it in place") {
  auto net = model(perceptron, input<203>, cpu, seed{1});
  auto t = make_trainer(net, cross_entropy, adam{}, batch<33>);
  auto x = numbers<33, 203>(0);
  x.data()[7] = std::numeric_limits<float>::quiet_NaN();
  CHECK(!(t.step(x, labels<33>()) < 100));
  CHECK(t.steps() == 0);
  non_finite const why = find_non_finite(t, x, labels<33>());
  REQUIRE(why);
  CHECK(why.sentence.find("input") != std::string::npos);
  CHECK(!find_non_finite(t, numbers<33, 203>(0), labels<33>()));
  CHECK(t.step(numbers<33, 203>(0), labels<33>()) < 100);
}
