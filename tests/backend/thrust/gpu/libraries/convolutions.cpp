// SPDX-License-Identifier: MIT
// Convolutions by cuDNN.
#include <doctest/doctest.h>

#include "backend/thrust/gpu/libraries/trained.hpp"

using namespace ashlar;
using namespace gpu_libraries;

namespace {

constexpr auto with_relus =
    conv2d<6, 3, padding<1>> | relu | max_pool2d<2> | conv2d<8, 3, groups<2>> | relu | flatten | linear<3>;
// The ReLU's operand has another reader.
constexpr auto skipping_relu = [](auto x) {
  auto const z = conv2d<6, 3>(x);
  return linear<3>(flatten(relu(z) + tanh(z)));
};

}  // namespace

TEST_CASE("gpu libraries: convolutions go to cuDNN, the repeatable ones that fit the workspace and can be launched") {
  calls() = {};
  auto const gpu = trained(images, input<2, 9, 9>, device, 8);
  constexpr int passes = 3 + 2 + 3;
  CHECK(calls().convolutions == 2 * passes + 2);  // twice, before steps are replayed; its ReLU is asked two things
  CHECK(calls().failed_convolutions == passes);
  CHECK(calls().math == CUDNN_FMA_MATH);
  CHECK(largest_difference(gpu, trained(images, input<2, 9, 9>, cpu, 8)) < rounding);
}

TEST_CASE("gpu libraries: a convolution's bias and ReLU go with it, where its ReLU of NaN is NaN") {
  calls() = {};
  std::int64_t const before = detail::emulated_gpu().launches;
  auto const gpu = trained(with_relus, input<2, 9, 8>, device, 8), wanted = trained(with_relus, input<2, 9, 8>, cpu, 8);
  std::int64_t const launches = detail::emulated_gpu().launches - before;
  CHECK(calls().activations == 2 * 2 + 2 * 2);  // two layers, twice before steps are replayed; each is asked two things
  CHECK(largest_difference(gpu, wanted) < rounding);

  SUBCASE("each of them spares a kernel") {
    calls() = {};
    calls().refuses_activations = true;
    std::int64_t const begin = detail::emulated_gpu().launches;
    CHECK(largest_difference(trained(with_relus, input<2, 9, 8>, device, 8), wanted) < rounding);
    CHECK(detail::emulated_gpu().launches - begin == launches + 2 * 2);
    CHECK(calls().activations == 0);
  }
  SUBCASE("one that makes 0 of NaN is not ours") {
    calls() = {};
    calls().relu_takes_nan = true;
    CHECK(largest_difference(trained(with_relus, input<2, 9, 8>, device, 8), wanted) < rounding);
    CHECK(calls().activations == 2);
  }
  SUBCASE("one that takes what it is given for a bound is not ours") {
    calls() = {};
    calls().relu_is_bounded = true;
    CHECK(largest_difference(trained(with_relus, input<2, 9, 8>, device, 8), wanted) < rounding);
    CHECK(calls().activations == 2 * 2);
  }
  SUBCASE("one that fails later has kernels of our own from then on") {
    calls() = {};
    calls().last_activation = 5;
    CHECK(largest_difference(trained(with_relus, input<2, 9, 8>, device, 8), wanted) < rounding);
    CHECK(calls().activations == 5);
  }
  SUBCASE("partial batches between whole ones, and convolutions of bf16, have kernels of our own") {
    calls() = {};
    std::vector<int> const rows{8, 5, 8, 8, 5};
    CHECK(largest_difference(trained(with_relus, input<2, 9, 8>, device, rows),
                             trained(with_relus, input<2, 9, 8>, cpu, rows)) < rounding);
    CHECK(calls().activations == 2 * 2 + 2 * 2);
    calls() = {};
    trained(with_relus, input<2, 9, 8>, device.with(bf16), 8);
    CHECK(calls().activations == 0);
  }
  SUBCASE("what another step reads is written") {
    calls() = {};
    CHECK(largest_difference(trained(skipping_relu, input<2, 9, 8>, device, 8),
                             trained(skipping_relu, input<2, 9, 8>, cpu, 8)) < rounding);
    CHECK(calls().activations == 0);
    CHECK(calls().convolutions > 0);
  }
}

TEST_CASE("gpu libraries: convolutions of doubles and of one image have their ReLU, too") {
  auto check = [](auto const& x, auto const& w, auto const& b) {
    auto const f = [](auto image, auto filter, auto bias) {
      return relu(convolution<padding<1>>(image, filter) + reshape<4, 1, 1>(bias));
    };
    calls() = {};
    auto const y = evaluate(device, f, x, w, b), z = evaluate(cpu, f, x, w, b);
    CHECK(calls().activations >= 1);
    std::vector<double> const found(y.data(), y.data() + y.size()), expected(z.data(), z.data() + z.size());
    CHECK(largest_difference(found, expected) < 1e-5);
  };
  auto filled = [](auto x, seed s) {
    random_normal(x, s);
    return x;
  };
  check(filled(tensor<double, 2, 3, 5, 6>(), seed{1}), filled(tensor<double, 4, 3, 3, 3>(), seed{2}),
        filled(tensor<double, 4>(), seed{3}));
  check(filled(tensor<float, 1, 3, 5, 6>(), seed{1}), filled(tensor<float, 4, 3, 3, 3>(), seed{2}),
        filled(tensor<float, 4>(), seed{3}));
}

TEST_CASE("gpu libraries: a large convolution has room for copies of its operands") {
  tensor<float, 1, 1, 2100, 4096> x;
  tensor<float, 1, 1, 1, 1> w{0.5f};
  random_normal(x, seed{1});
  auto const f = [](auto image, auto weight) { return convolution<>(image, weight); };
  calls() = {};
  auto const y = evaluate(device, f, x, w);
  CHECK(calls().convolutions >= 1);
  for (std::int64_t i = 0; i < x.size(); i += 104729) CHECK(y.data()[i] == 0.5f * x.data()[i]);
}

TEST_CASE("gpu libraries: convolutions of bf16 are those of our own kernels, their results rounded") {
  auto const apart = [](std::vector<double> const& a, std::vector<double> const& b) {  // by the size of the largest
    double largest = 0, most = 0;
    for (std::size_t i = 0; i < b.size(); ++i) {
      most = std::fmax(most, std::fabs(b[i]));
      largest = std::fmax(largest, std::fabs(a[i] - b[i]));
    }
    return largest / most;
  };
  tensor<float, 3, 4, 7, 6> x;
  tensor<float, 6, 2, 3, 3> w;
  random_normal(x, seed{1});
  random_normal(w, seed{2});
  auto const energy = [](auto image, auto weight) {
    return sum(square(convolution<stride<2>, padding<1>, groups<2>>(image, weight)));
  };
  auto const all = [&](auto const& policy) {
    auto numbers = [](auto const& t) { return std::vector<double>(t.data(), t.data() + t.size()); };
    auto const forward = [](auto i, auto f) { return convolution<stride<2>, padding<1>, groups<2>>(i, f); };
    return std::vector{numbers(evaluate(policy, forward, x, w)), numbers(evaluate(policy, grad<0>(energy), x, w)),
                       numbers(evaluate(policy, grad<1>(energy), x, w))};
  };
  calls() = {};
  auto const library = all(device.with(bf16)), own = all(device.with(bf16, own_kernels)), exact = all(cpu);
  CHECK(calls().convolutions >= 5);
  for (std::size_t k = 0; k < 3; ++k) {
    CHECK(apart(library[k], own[k]) > 1e-4);       // results are rounded
    CHECK(apart(library[k], own[k]) < 1.0 / 128);  // and gradients are of rounded ones
    CHECK(apart(own[k], exact[k]) > 1e-4);
    CHECK(apart(own[k], exact[k]) < 1.0 / 128);
  }
}
