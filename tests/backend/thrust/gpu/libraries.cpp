// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <ashlar/device.hpp>

#include "backend/thrust/gpu/parity.hpp"
#include "support/emulated_libraries.hpp"

using namespace ashlar;
using emulated_libraries::calls;

namespace {

bool const installed = (emulated_libraries::install(), true);  // before a program looks for them

// Every transpose and extent of a product that a network makes, with a ReLU and without one behind the bias.
inline constexpr auto perceptron = linear<24> | relu | linear<20> | relu | linear<3>;
inline constexpr auto images = conv2d<6, 3, padding<1>, no_bias> | batch_norm | relu |
                               conv2d<8, 3, stride<2>, groups<2>> | relu | conv2d<4, 1, dilation<2>> | flatten |
                               linear<3>;

template <class Net, class Policy, int... D>
std::vector<double> trained(Net const& network, input_type<float, D...> const& sample, Policy const& policy, int rows) {
  auto net = model(network, sample, policy, seed{3});
  auto t = make_trainer(net, cross_entropy, adam{}, batch<8>);
  std::vector<double> seen;
  for (int i = 0; i < 6; ++i) {
    tensor<float, 8, D...> x;
    tensor<std::int32_t, 8> y;
    random_normal(x, seed{static_cast<std::uint64_t>(i)});
    for (int r = 0; r < 8; ++r) y[r] = (r + i) % 3;
    if (rows == 8) {
      seen.push_back(t.step(x, y));
    } else {
      tensor<float, 5, D...> less;
      tensor<std::int32_t, 5> labels;
      std::memcpy(less.data(), x.data(), static_cast<std::size_t>(less.size()) * sizeof(float));
      for (int r = 0; r < 5; ++r) labels[r] = y[r];
      seen.push_back(t.step(less, labels));
    }
  }
  auto const numbers = numbers_of(net);
  seen.insert(seen.end(), numbers.begin(), numbers.end());
  return seen;
}

// Sums are added in double by the emulated libraries; Adam divides by them where they are small.
constexpr double rounding = 2e-4;

}  // namespace

TEST_CASE("gpu libraries: products go to cuBLASLt, with bias and ReLU on the way to memory") {
  calls() = {};
  auto const gpu = trained(perceptron, input<10>, device, 8);
  CHECK(calls().products > 0);
  CHECK(calls().epilogues > 0);
  CHECK(calls().compute == CUBLAS_COMPUTE_32F);
  CHECK(largest_difference(gpu, trained(perceptron, input<10>, cpu, 8)) < rounding);
}

TEST_CASE("gpu libraries: convolutions go to cuDNN, the repeatable ones that fit the workspace") {
  calls() = {};
  auto const gpu = trained(images, input<2, 9, 9>, device, 8);
  CHECK(calls().convolutions > 0);
  CHECK(calls().math == CUDNN_FMA_MATH);
  CHECK(largest_difference(gpu, trained(images, input<2, 9, 9>, cpu, 8)) < rounding);
}

TEST_CASE("gpu libraries: partial batches and what a library refuses run by kernels of our own") {
  calls() = {};
  CHECK(largest_difference(trained(images, input<2, 9, 9>, device, 5), trained(images, input<2, 9, 9>, cpu, 5)) <
        rounding);
  CHECK(calls().convolutions == 0);
  calls().refuses = true;
  CHECK(largest_difference(trained(perceptron, input<10>, device, 8), trained(perceptron, input<10>, cpu, 8)) <
        rounding);
  CHECK(largest_difference(trained(images, input<2, 9, 9>, device, 8), trained(images, input<2, 9, 9>, cpu, 8)) <
        rounding);
  calls() = {};
  calls().refuses_epilogues = true;
  CHECK(largest_difference(trained(perceptron, input<10>, device, 8), trained(perceptron, input<10>, cpu, 8)) <
        rounding);
  CHECK(calls().products > 0);
  CHECK(calls().epilogues == 0);
  calls() = {};
  trained(perceptron, input<10>, device.with(own_kernels), 8);
  CHECK(calls().products == 0);
}

TEST_CASE("gpu libraries: precision is an option of the policy") {
  calls() = {};
  trained(images, input<2, 9, 9>, device.with(tf32), 8);
  CHECK(calls().compute == CUBLAS_COMPUTE_32F_FAST_TF32);
  CHECK(calls().math == CUDNN_DEFAULT_MATH);
  trained(images, input<2, 9, 9>, device.with(bf16), 8);
  CHECK(calls().compute == CUBLAS_COMPUTE_32F_FAST_16BF);
}

TEST_CASE("gpu libraries: products of any operands, batched ones and doubles") {
  tensor<double, 3, 4, 5> a;
  tensor<double, 3, 5, 6> b;
  tensor<double, 5, 7> w;
  random_normal(a, seed{1});
  random_normal(b, seed{2});
  random_normal(w, seed{3});
  calls() = {};
  auto const each = [](auto x, auto y) { return matmul(x, y); };
  auto const turned = [](auto x, auto y) { return matmul(transpose(x), y); };
  auto close = [](auto const& x, auto const& y) {
    std::vector<double> const p(x.data(), x.data() + x.size()), q(y.data(), y.data() + y.size());
    return largest_difference(p, q) < 1e-12;
  };
  CHECK(close(evaluate(device, each, a, b), evaluate(cpu, each, a, b)));
  CHECK(close(evaluate(device, each, a, w), evaluate(cpu, each, a, w)));
  CHECK(close(evaluate(device, turned, w, w), evaluate(cpu, turned, w, w)));
  CHECK(calls().products >= 3);
  CHECK(calls().compute == CUBLAS_COMPUTE_64F);
}

TEST_CASE("gpu libraries: describe names them") {
  std::string const words = device.describe();
  CAPTURE(words);
  CHECK(words.find("products by cuBLASLt 13.1.2, convolutions by cuDNN 9.14.0") != std::string::npos);
}
