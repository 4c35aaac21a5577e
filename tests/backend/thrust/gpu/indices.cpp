// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <ashlar/device.hpp>

#include "backend/thrust/gpu/parity.hpp"

using namespace ashlar;

namespace {

// Indices that are the network's input, or that it makes of it.
struct mean_of_rows : detail::layer<mean_of_rows> {
  template <class T, int B, int N>
  static constexpr auto apply(basic_value<T, B, N> x) {
    auto table = detail::parameter<float, 6, 3>(*x.g, "weight", {detail::initialiser::normal, 1});
    return mean(take(table, convert<std::int32_t>(x)), axes<1>);
  }
};
constexpr auto taking_network = [](auto x) { return linear<2>(named<"table">(mean_of_rows{})(x)); };

tensor<float, 3, 4> images(int step) {
  tensor<float, 3, 4> x;
  for (int i = 0; i < 12; ++i) x.data()[i] = static_cast<float>((i * 5 + step) % 6);
  return x;
}
tensor<std::int32_t, 3> const labels{0, 1, 1};

}  // namespace

TEST_CASE("a step with indices out of range is not taken, its loss says so, and those behind it are") {
  auto host = model(taking_network, input<4>, cpu, seed{1});
  auto gpu = model(taking_network, input<4>, device, seed{1});
  auto expected = make_trainer(host, cross_entropy, adam{}, batch<3>);
  auto trainer = make_trainer(gpu, cross_entropy, adam{}, batch<3>);
  std::vector<float> wanted;
  for (int i : {0, 2, 3, 4}) wanted.push_back(expected.step(images(i), labels));
  tensor<float, 3, 4> beyond = images(1);
  beyond(1, 2) = 6;
  beyond(2, 0) = -1;
  beyond(2, 3) = 1e9f;
  auto first = trainer.step(images(0), labels);
  auto refused = trainer.step(beyond, labels);
  auto second = trainer.step(images(2), labels);
  auto third = trainer.step(images(3), labels);
  CHECK_THROWS_WITH(static_cast<void>(static_cast<float>(refused)),
                    doctest::Contains("step 2: 3 indices in layer 'table' out of range, of an axis of 6: nothing is "
                                      "changed"));
  auto fourth = trainer.step(images(4), labels);
  std::vector<float> const losses{first, second, third, fourth};
  CHECK(largest_difference(losses, wanted) < 1e-5);
  CHECK_THROWS(static_cast<void>(static_cast<float>(refused)));  // as often as it is asked for
  CHECK(trainer.steps() == 4);
  CHECK(largest_difference(numbers_of(gpu), numbers_of(host)) < 1e-5);

  SUBCASE("predictions fail where they are made") {
    CHECK_THROWS_WITH(predict(gpu, beyond), doctest::Contains("3 indices in layer 'table'"));
    auto const y = predict(gpu, images(0)), of_host = predict(host, images(0));
    for (int i = 0; i < 6; ++i) CHECK(y.data()[i] == doctest::Approx(of_host.data()[i]).epsilon(1e-4));
  }
}

TEST_CASE("labels and indices of the host that are out of range are refused before anything is launched") {
  auto net = model(taking_network, input_of<std::int32_t, 4>, device, seed{1});
  auto t = make_trainer(net, cross_entropy, adam{}, batch<3>);
  tensor<std::int32_t, 3, 4> const x{0, 1, 2, 3, 4, 5, 0, 1, 2, 3, 4, 5};
  tensor<std::int32_t, 3, 4> beyond = x;
  beyond(2, 1) = 6;
  t.step(x, labels);
  t.step(x, labels);
  std::int64_t const replays = detail::emulated_gpu().graph_launches, launches = detail::emulated_gpu().launches;
  CHECK_THROWS_WITH(static_cast<void>(t.step(x, tensor<std::int32_t, 3>{0, 2, 1})),
                    doctest::Contains("a label is 2; the network has outputs for 0 to 1"));
  CHECK_THROWS_WITH(static_cast<void>(t.step(beyond, labels)),
                    doctest::Contains("an index of the input is 6; the network takes 0 to 5"));
  CHECK_THROWS_WITH(predict(net, beyond), doctest::Contains("an index of the input is 6; the network takes 0 to 5"));
  CHECK(detail::emulated_gpu().graph_launches == replays);
  CHECK(detail::emulated_gpu().launches == launches);
  CHECK(std::isfinite(static_cast<float>(t.step(x, labels))));
  CHECK(t.steps() == 3);
}

TEST_CASE("indices out of range of evaluate and compile are counted on the device") {
  auto const taken = [](auto x, auto i) { return take(x, i); };
  auto const added = [](auto x, auto i, auto v) { return scatter_add<0>(x, i, v); };
  tensor<std::int32_t, 4> const index{-1, 0, 2, 7};
  tensor<float, 3> const x{1, 2, 3};
  CHECK_THROWS_WITH(evaluate(device, taken, x, index), doctest::Contains("2 indices out of range, of an axis of 3"));
  CHECK_THROWS_WITH(evaluate(device, added, x, index, tensor<float, 4>{1, 2, 3, 4}), doctest::Contains("2 indices"));
  CHECK(evaluate(device, taken, x, tensor<std::int32_t, 2>{2, 0}) == tensor<float, 2>{3, 1});
}
