// SPDX-License-Identifier: MIT
// What cuBLASLt and cuDNN compute with their epilogues, in each precision, is what the cpu policy does. These run on a
// GPU by its own libraries, and elsewhere on an emulated one by stand-ins for them.
#include <ashlar/device.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <vector>

#include "support/parity.hpp"

using namespace ashlar;

namespace {

constexpr auto with_relu = linear<48> | relu | linear<24> | relu | linear<4>;
constexpr auto with_gelu =
    linear<48> | gelu.with(tanh_approximation) | linear<24> | gelu.with(tanh_approximation) | linear<4>;
constexpr auto odd = linear<37> | relu | linear<19> | relu | linear<3>;  // rows at no multiple of 16 bytes
constexpr auto images =
    conv2d<6, 3, padding<1>> | relu | max_pool2d<2> | conv2d<8, 3, stride<2>, groups<2>> | relu | flatten | linear<4>;

struct training {
  std::vector<double> losses, numbers;
};
/// Steps of whole batches, then of a partial one, then of a whole one again; SGD, whose updates are no larger where
/// gradients are rounding alone.
template <class Net, class Policy, int... D>
training trained(Net const& network, input_type<float, D...> const& sample, Policy const& where) {
  auto net = model(network, sample, where, seed{3});
  auto t = make_trainer(net, cross_entropy, sgd{.learning_rate = 0.05f}, batch<32>);
  training seen;
  auto step = [&](auto& x, auto& label, int number) {
    random_normal(x, seed{static_cast<std::uint64_t>(number)});
    for (std::int64_t r = 0; r < label.size(); ++r) label.data()[r] = static_cast<std::int32_t>((r + number) % 3);
    seen.losses.push_back(t.step(x, label));
  };
  tensor<float, 32, D...> x;
  tensor<std::int32_t, 32> label;
  tensor<float, 11, D...> less;
  tensor<std::int32_t, 11> labels;
  for (int number = 0; number < 4; ++number) step(x, label, number);
  for (int number = 4; number < 7; ++number) step(less, labels, number);
  step(x, label, 7);
  for (std::vector<double> const& v : proof::variables_of(net))
    seen.numbers.insert(seen.numbers.end(), v.begin(), v.end());
  return seen;
}
double apart(std::vector<double> const& a, std::vector<double> const& b) {
  double most = a.size() == b.size() ? 0 : std::numeric_limits<double>::infinity();
  for (std::size_t i = 0; i < a.size() && i < b.size(); ++i) {
    double const here = std::fabs(a[i] - b[i]);
    most = here <= most ? most : here;  // NaN too
  }
  return most;
}
/// Numbers are of order 1, and so are sums of at most 144 products of them: in float within some 2^-20, of factors in
/// TF32 within 2^-8, of factors (and convolutions) in bf16 within 2^-4, over eight steps.
template <class Policy, class Net, int... D>
void check(Policy const& where, double tolerance, Net const& network, input_type<float, D...> const& sample) {
  training const wanted = trained(network, sample, cpu), seen = trained(network, sample, where);
  CHECK(apart(seen.losses, wanted.losses) < tolerance);
  CHECK(apart(seen.numbers, wanted.numbers) < tolerance);
  training const again = trained(network, sample, where);
  CHECK(seen.losses == again.losses);
  CHECK(seen.numbers == again.numbers);
}
constexpr double of_float = 2e-5, of_winograd = 2e-4, of_tf32 = 1.0 / 256, of_bf16 = 1.0 / 16;

}  // namespace

TEST_CASE("libraries: products with a bias, a ReLU and their gradients train as on the cpu") {
  check(device, of_float, with_relu, input<40>);
  check(device.with(tf32), of_tf32, with_relu, input<40>);
  check(device.with(bf16), of_bf16, with_relu, input<40>);
  check(device, of_float, odd, input<13>);
}

TEST_CASE("libraries: products with a GELU and its gradient train as on the cpu") {
  check(device, of_float, with_gelu, input<40>);
  check(device.with(bf16), of_bf16, with_gelu, input<40>);
}

TEST_CASE("libraries: convolutions train as on the cpu") {
  check(device, of_winograd, images, input<2, 16, 16>);
  check(device.with(tf32), of_tf32, images, input<2, 16, 16>);
  check(device.with(bf16), of_bf16, images, input<2, 16, 16>);
}

TEST_CASE("libraries: NaN goes through a ReLU, and its step is not taken") {
  auto net = model(with_relu, input<40>, device, seed{3});
  auto t = make_trainer(net, cross_entropy, sgd{.learning_rate = 0.05f}, batch<32>);
  tensor<float, 32, 40> x;
  tensor<std::int32_t, 32> label;
  random_normal(x, seed{1});
  for (int r = 0; r < 32; ++r) label[r] = r % 4;
  for (int k = 0; k < 3; ++k) CHECK(std::isfinite(float(t.step(x, label))));
  auto const before = proof::variables_of(net);
  x(5, 7) = std::numeric_limits<float>::quiet_NaN();
  CHECK(std::isnan(float(t.step(x, label))));
  CHECK(proof::variables_of(net) == before);
  CHECK(t.steps() == 3);
  tensor<float, 32, 4> const y = predict(net, x);
  for (int r = 0; r < 32; ++r)
    for (int c = 0; c < 4; ++c) CHECK(std::isnan(y(r, c)) == (r == 5));
}
