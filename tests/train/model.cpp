// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <cmath>
#include <string>
#include <vector>

#include <ashlar/ashlar.hpp>

#include "support/elements_of.hpp"
#include "train/clusters.hpp"

using namespace ashlar;

namespace {

inline constexpr auto swish = [](auto x) { return x * sigmoid(x); };
inline constexpr auto block = [](auto x) { return x + (linear<8> | swish | layer_norm)(x); };
inline constexpr auto pictures =
    conv2d<4, 3> | batch_norm | relu | flatten | linear<8> | repeat<3>(block) | named<"head">(linear<2>);
inline constexpr auto shared = named<"same">(linear<3>) | relu | named<"same">(linear<3>);

template <class Model>
std::vector<std::string> names(Model const& net) {
  std::vector<std::string> all;
  net.each_variable([&](parameter_reference const& p, auto const&) { all.push_back(p.name()); });
  return all;
}

// The mean, the mean square and the largest magnitude of a parameter.
struct spread {
  double mean = 0, square = 0, largest = 0;
  explicit spread(parameter_reference const& p) {
    for (float x : proof::elements_of<float>(p)) {
      mean += x / static_cast<double>(p.size());
      square += double{x} * x / static_cast<double>(p.size());
      largest = std::max(largest, std::abs(double{x}));
    }
  }
};

}  // namespace

TEST_CASE("model: the same seed gives the same bits, another seed others") {
  auto const first = model(three_classes, input<2>, cpu, seed{3});
  auto const again = model(three_classes, input<2>, cpu, seed{3});
  auto const other = model(three_classes, input<2>, cpu, seed{4});
  CHECK(bytes_of_model(first) == bytes_of_model(again));
  CHECK(bytes_of_model(first) != bytes_of_model(other));
  tensor<float, 16, 2> const mine = first.parameter("0.weight"), theirs = other.parameter("0.weight");
  for (std::int64_t i = 0; i < mine.size(); ++i) CHECK(mine[i] != theirs[i]);
}

TEST_CASE("model: a layer begins the same whatever stands around it, and two layers begin differently") {
  auto const net = model(linear<4> | linear<4>, input<4>, cpu, seed{3});
  auto const longer = model(linear<4> | linear<4> | relu | linear<7>, input<4>, cpu, seed{3});
  tensor<float, 4, 4> const a = net.parameter("0.weight"), b = net.parameter("1.weight");
  tensor<float, 4, 4> const c = longer.parameter("1.weight");
  CHECK_FALSE(a == b);
  CHECK(b == c);
}

TEST_CASE("model: weights and biases begin evenly spread within 1 / sqrt(fan in), as in PyTorch") {
  auto const net = model(conv2d<16, 3> | relu | flatten | linear<64>, input<4, 8, 8>, cpu, seed{1});
  struct fan {
    char const* name;
    double in;
  };
  fan const expected[] = {
      {"0.weight", 4 * 3 * 3}, {"3.weight", 16 * 6 * 6}, {"3.bias", 16 * 6 * 6}, {"0.bias", 4 * 3 * 3}};
  for (fan const& each : expected) {
    CAPTURE(each.name);
    double const bound = 1 / std::sqrt(each.in);
    auto const p = net.parameter(each.name);
    spread const s(p);
    CHECK(s.largest <= bound * (1 + 1e-6));
    CHECK(s.largest > 0.8 * bound);
    if (p.size() < 500) continue;
    CHECK(std::abs(s.mean) < 0.05 * bound);
    CHECK(s.square == doctest::Approx(bound * bound / 3).epsilon(0.08));
  }
}

TEST_CASE("model: normalisations begin as the identity") {
  auto const net = model(pictures, input<1, 6, 6>, cpu, seed{1});
  for (float x : static_cast<tensor<float, 4>>(net.parameter("1.weight"))) CHECK(x == 1);
  for (float x : static_cast<tensor<float, 4>>(net.parameter("1.bias"))) CHECK(x == 0);
  for (float x : static_cast<tensor<float, 4>>(net.parameter("1.running_mean"))) CHECK(x == 0);
  for (float x : static_cast<tensor<float, 4>>(net.parameter("1.running_var"))) CHECK(x == 1);
  CHECK(static_cast<tensor<std::int64_t>>(net.parameter("1.num_batches_tracked")) == 0);
  for (float x : static_cast<tensor<float, 8>>(net.parameter("5.2.2.weight"))) CHECK(x == 1);
}

TEST_CASE("model: parameters are named by their paths, iterations by their numbers, states come last") {
  auto const net = model(pictures, input<1, 6, 6>, cpu, seed{1});
  std::vector<std::string> expected = {"0.weight", "0.bias", "1.weight", "1.bias", "4.weight", "4.bias"};
  for (char const* field : {"0.weight", "0.bias", "2.weight", "2.bias"})
    for (char const* iteration : {"0", "1", "2"}) expected.push_back(std::string("5.") + iteration + "." + field);
  for (char const* name : {"head.weight", "head.bias", "1.running_mean", "1.running_var", "1.num_batches_tracked"})
    expected.push_back(name);
  CHECK(names(net) == expected);
  CHECK(net.parameter("0.weight").shape() == make_shape<4, 1, 3, 3>());
  CHECK(net.parameter("4.weight").shape() == make_shape<8, 64>());
  CHECK(net.parameter("5.1.0.weight").shape() == make_shape<8, 8>());
  CHECK(net.parameter("head.bias").shape() == make_shape<2>());
  CHECK(net.parameter("1.num_batches_tracked").shape() == make_shape<>());
  CHECK(net.parameter("1.num_batches_tracked").type() == dtype::int64);
  CHECK(net.parameters() == 4 * 9 + 4 + 2 * 4 + 8 * 64 + 8 + 3 * (64 + 8 + 2 * 8) + 2 * 8 + 2);
}

TEST_CASE("model: the iterations of a repeated layer begin differently") {
  auto const net = model(pictures, input<1, 6, 6>, cpu, seed{1});
  tensor<float, 8, 8> const first = net.parameter("5.0.0.weight"), second = net.parameter("5.1.0.weight");
  CHECK_FALSE(first == second);
}

TEST_CASE("model: layers of one name are one layer") {
  auto const net = model(shared, input<3>, cpu, seed{1});
  CHECK(names(net) == std::vector<std::string>{"same.weight", "same.bias"});
  CHECK(net.parameters() == 12);
}

TEST_CASE("model: a parameter is read and assigned as a tensor") {
  auto net = model(three_classes, input<2>, cpu, seed{3});
  tensor<float, 3> const wanted{1, 2, 3};
  net.parameter("2.bias") = wanted;
  tensor<float, 3> const got = net.parameter("2.bias");
  CHECK(got == wanted);
  tensor<float, 1, 2> const x;
  net.parameter("0.bias") = tensor<float, 16>();
  CHECK(predict(net, x)(0, 2) == 3);  // tanh(0) = 0: what is left is the last bias
}

TEST_CASE("model: a parameter is assigned from another model's") {
  auto const wide = linear<40>;  // whose weight lies column by column
  auto a = model(wide, input<3>, cpu, seed{1});
  auto const b = model(wide, input<3>, cpu.with(debug), seed{2});
  CHECK(proof::elements_of<float>(a.parameter("0.weight")) != proof::elements_of<float>(b.parameter("0.weight")));
  a.parameter("0.weight") = b.parameter("0.weight");
  CHECK(proof::elements_of<float>(a.parameter("0.weight")) == proof::elements_of<float>(b.parameter("0.weight")));
  CHECK_THROWS_AS(a.parameter("0.weight") = b.parameter("0.bias"), error);
}

TEST_CASE("model: a parameter of another shape or dtype is refused with both") {
  auto net = model(three_classes, input<2>, cpu, seed{3});
  std::string const before = bytes_of_model(net);
  CHECK(complaint_of([&] { net.parameter("2.weight") = tensor<float, 16, 3>(); }) ==
        "parameter '2.weight': it is float32 [3, 16], the tensor float32 [16, 3]");
  CHECK(complaint_of([&] { net.parameter("2.bias") = tensor<double, 3>(); }) ==
        "parameter '2.bias': it is float32 [3], the tensor float64 [3]");
  CHECK(complaint_of([&] { tensor<float, 4> const x = net.parameter("2.bias"); }) ==
        "parameter '2.bias': it is float32 [3], the tensor float32 [4]");
  CHECK(bytes_of_model(net) == before);
}

TEST_CASE("model: an unknown parameter is refused with the names there are") {
  auto const net = model(three_classes, input<2>, cpu, seed{3});
  CHECK(complaint_of([&] { net.parameter("1.weight"); }) ==
        "the network has no parameter '1.weight'; it has 0.weight, 0.bias, 2.weight, 2.bias");
}

TEST_CASE("model: a copy has parameters of its own") {
  auto net = model(three_classes, input<2>, cpu, seed{3});
  auto const copy = net;
  std::string const before = bytes_of_model(net);
  net.parameter("2.bias") = tensor<float, 3>{7, 8, 9};
  CHECK(bytes_of_model(copy) == before);
  CHECK(bytes_of_model(net) != before);
}

TEST_CASE("model: an input of doubles makes parameters of doubles") {
  auto const net = model(linear<3>, input_of<double, 4>, cpu, seed{3});
  CHECK(net.parameter("0.weight").type() == dtype::float64);
}

TEST_CASE("model: a network without parameters is a model too") {
  auto const net = model(relu, input<3>, cpu, seed{3});
  CHECK(net.parameters() == 0);
  CHECK(names(net).empty());
  CHECK(predict(net, tensor<float, 2, 3>{-1, 2, -3, 4, -5, 6}) == tensor<float, 2, 3>{0, 2, 0, 4, 0, 6});
}

TEST_CASE("model: a network may be a constant of the function that makes the model") {
  constexpr auto local = linear<3> | dropout<0.375> | relu;
  auto const net = model(local, input<11>, cpu, seed{3});  // clang instantiates input<11> here
  CHECK(net.parameters() == 36);
}
