// SPDX-License-Identifier: MIT
#include <cstring>
#include <thread>
#include <type_traits>
#include <vector>

#include <doctest/doctest.h>

#include <ashlar/ashlar.hpp>

using namespace ashlar;

namespace {

inline constexpr auto perceptron = linear<70> | relu | linear<3>;
inline constexpr auto convolutional = conv2d<6, 3, padding<1>> | batch_norm | relu | max_pool2d<2> | dropout<0.25> |
                                      conv2d<5, 2> | relu | flatten | linear<3>;
inline constexpr auto winograd_block = conv2d<16, 3, padding<1>> | relu;  // the second one by Winograd's algorithm
inline constexpr auto block = [](auto x) { return x + (linear<20> | tanh | dropout<0.1> | layer_norm)(x); };
inline constexpr auto repeated = flatten | linear<20> | repeat<3>(block) | linear<3>;
inline constexpr auto energy = [](auto x, auto w) { return sum(square(tanh(matmul(x, w))), axes<1>); };

dataset<2, 8, 8> images(int number) {
  random_stream const stream(seed{5}, 1);
  std::vector<float> pixels(static_cast<std::size_t>(128 * number));
  for (std::size_t i = 0; i < pixels.size(); ++i) pixels[i] = stream.normal(i);
  std::vector<std::int32_t> labels(static_cast<std::size_t>(number));
  for (std::size_t i = 0; i < labels.size(); ++i) labels[i] = static_cast<std::int32_t>(i % 3);
  return {std::move(pixels), std::move(labels)};
}

template <class Model>
std::vector<char> memory_of(Model const& net) {
  std::vector<char> all(net.parameter_memory(), net.parameter_memory() + net.tables().counts.parameter_bytes);
  all.insert(all.end(), net.state_memory(), net.state_memory() + net.tables().counts.state_bytes);
  return all;
}

/// Parameters and states after two epochs of batches, the last of them with 6 of 16 rows. Every step is divided, and
/// every worker has had its share of some.
template <class Net, class Optimizer>
std::vector<char> trained(Net const& network, Optimizer const& optimizer, int workers) {
  thread_pool pool(threads{workers});
  pool.set_break_even(0);
  auto net = model(network, input<2, 8, 8>, cpu.with(pool), seed{1});
  auto const data = images(54);
  auto order = batches(data, 16, seed{2});
  auto t = make_trainer(net, cross_entropy, optimizer, batch<16>);
  for (int epoch = 0; epoch < 2; ++epoch) {
    for (auto rows : order) t.step(rows);
    order.reshuffle(seed{2}, static_cast<std::uint64_t>(epoch) + 1);
  }
  for (int w = 0; workers > 1 && w < workers; ++w) {
    CAPTURE(w);
    CHECK(pool.shares_of(w) > 8);
  }
  return memory_of(net);
}
template <class Net, class Optimizer>
void check_equal_bits(Net const& network, Optimizer const& optimizer) {
  std::vector<char> const alone = trained(network, optimizer, 1);
  for (int workers : {2, 4}) {
    CAPTURE(workers);
    CHECK(trained(network, optimizer, workers) == alone);
    CHECK(trained(network, optimizer, workers) == alone);  // from run to run
  }
}

}  // namespace

TEST_CASE("a trained perceptron has the same bits on 1, 2 and 4 threads and from run to run") {
  check_equal_bits(flatten | perceptron, adam{});
}
TEST_CASE("so has a convolutional network with batch norm and dropout") {
  check_equal_bits(convolutional, sgd{.learning_rate = 0.05f, .momentum = 0.9f});
}

TEST_CASE("so has a network of Winograd's convolutions") {
  check_equal_bits(winograd_block | winograd_block | flatten | linear<3>, sgd{.learning_rate = 0.05f});
}
TEST_CASE("so has a network with a repeated block") { check_equal_bits(repeated, adamw{}); }

TEST_CASE("predictions, compiled functions and evaluate give the same bits on threads") {
  auto const data = images(70);
  auto const alone = model(convolutional, input<2, 8, 8>, cpu, seed{1});
  auto const net = model(convolutional, input<2, 8, 8>, cpu.with(threads{3}), seed{1});
  net.resources().pool()->set_break_even(0);
  CHECK(predict(net, data) == predict(alone, data));
  CHECK(accuracy(net, data) == accuracy(alone, data));
  for (int w = 0; w < 3; ++w) CHECK(net.resources().pool()->shares_of(w) > 0);

  tensor<float, 40, 30> x;
  tensor<float, 30, 20> w;
  random_normal(x, seed{1});
  random_normal(w, seed{2});
  thread_pool pool(threads{3});
  pool.set_break_even(0);
  auto const expected = evaluate(cpu, energy, x, w), shared = evaluate(cpu.with(pool), energy, x, w);
  auto compiled = compile(cpu.with(pool), energy, x, w);
  auto const again = compiled(x, w);
  for (int i = 0; i < 40; ++i) {
    CHECK(shared(i) == expected(i));
    CHECK(again(i) == expected(i));
  }
  for (int worker = 0; worker < 3; ++worker) CHECK(pool.shares_of(worker) > 0);
}
TEST_CASE("two threads that predict with one model on one pool get the same results as one alone") {
  auto const data = images(70);
  thread_pool pool(threads{2});
  pool.set_break_even(0);
  auto const net = model(convolutional, input<2, 8, 8>, cpu.with(pool), seed{1});
  auto const expected = predict(model(convolutional, input<2, 8, 8>, cpu, seed{1}), data);
  std::vector<int> wrong(2, 0);
  auto call = [&](std::size_t caller) {
    for (int k = 0; k < 30; ++k) wrong[caller] += predict(net, data) != expected;
  };
  std::thread other(call, 1);
  call(0);
  other.join();
  CHECK(wrong[0] + wrong[1] == 0);
  CHECK(pool.shares_of(1) > 0);
}
TEST_CASE("a step with little work is not divided: the workers of a small network are left alone") {
  thread_pool pool(threads{2});
  auto net = model(flatten | linear<3>, input<2, 8, 8>, cpu.with(pool), seed{1});
  predict(net, images(4));
  CHECK(pool.shares_of(0) + pool.shares_of(1) == 0);
}
TEST_CASE("the shorter steps of a program that starts the workers are divided, of others they are not") {
  auto const doubled = [](auto x) { return abs(x) + 1; };
  auto const with_a_product = [](auto x, auto w) { return matmul(abs(x) + 1, w); };
  tensor<float, 64, 512> x;
  tensor<float, 512, 512> w;
  random_normal(x, seed{1});
  random_normal(w, seed{2});
  thread_pool pool(threads{2});
  pool.set_break_even(4000);  // what one of the steps below is estimated at, and 20 us the other
  CHECK(pool.start_break_even() == 20000);
  evaluate(cpu.with(pool), doubled, x);
  CHECK(pool.shares_of(1) == 0);
  evaluate(cpu.with(pool), with_a_product, x, w);
  CHECK(pool.shares_of(1) == 2);
  pool.set_break_even(30000);  // the product alone
  evaluate(cpu.with(pool), with_a_product, x, w);
  CHECK(pool.shares_of(1) == 3);
}
TEST_CASE("models that are copied share their threads, and so do models on one pool; others have their own") {
  auto const net = model(flatten | linear<3>, input<2, 8, 8>, cpu.with(threads{2}), seed{1});
  auto const copy = net;
  CHECK(copy.resources().pool() == net.resources().pool());
  CHECK(net.resources().pool()->size() == 2);
  thread_pool pool(threads{2});
  auto const first = model(flatten | linear<3>, input<2, 8, 8>, cpu.with(pool), seed{1});
  auto const second = model(flatten | linear<5>, input<2, 8, 8>, cpu.with(pool), seed{1});
  CHECK(first.resources().pool() == &pool);
  CHECK(second.resources().pool() == &pool);
  CHECK(model(flatten | linear<3>, input<2, 8, 8>, cpu, seed{1}).resources().pool() == nullptr);
  CHECK(model(flatten | linear<3>, input<2, 8, 8>, cpu.with(threads{1}), seed{1}).resources().pool() == nullptr);
}
TEST_CASE("threads are a run-time number of a policy, beside options that are types, and its description names them") {
  int n = 3;
  auto const policy = cpu.with(threads{n}, no_fusion);
  static_assert(std::is_same_v<decltype(policy), cpu_policy<no_fusion_type> const>);
  static_assert(std::is_same_v<decltype(cpu.with(threads{2})), cpu_policy<>>);
  constexpr auto constant = cpu.with(no_reuse).with(threads{2});
  auto ends = [](std::string const& all, std::string const& end) {
    return all.size() > end.size() && all.compare(all.size() - end.size(), end.size(), end) == 0;
  };
  CHECK(ends(policy.describe(), ", 3 threads"));
  CHECK(ends(constant.describe(), ", 2 threads"));
  CHECK(ends(cpu.describe(), ", 1 thread"));
  thread_pool pool(threads{4});
  CHECK(ends(cpu.with(pool).describe(), ", 4 threads"));
  auto net = model(flatten | linear<3>, input<2, 8, 8>, policy, seed{1});
  CHECK(net.resources().pool()->size() == 3);
}
TEST_CASE("indices out of range are counted once, however many threads there are") {
  auto const taken = [](auto x, auto i) { return square(take(x, i) + 1); };
  tensor<float, 50, 16> table;
  tensor<std::int32_t, 200> index;
  random_normal(table, seed{1});
  for (int i = 0; i < 200; ++i) index[i] = i % 51;  // 50 is beyond the table
  for (int workers : {1, 2, 5}) {
    CAPTURE(workers);
    thread_pool pool(threads{workers});
    pool.set_break_even(0);
    CHECK_THROWS_WITH(evaluate(cpu.with(pool), taken, table, index),
                      doctest::Contains("3 indices out of range, of an axis of 50"));
  }
}
