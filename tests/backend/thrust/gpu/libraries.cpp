// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <ashlar/device.hpp>

#include "backend/thrust/gpu/library_parity.hpp"

using namespace ashlar;
using namespace library_parity;

namespace {

// Every transpose and extent of a product that a network makes, with a ReLU and without one behind the bias.
inline constexpr auto perceptron = linear<24> | relu | linear<20> | relu | linear<3>;
inline constexpr auto images = conv2d<6, 3, padding<1>, no_bias> | batch_norm | relu |
                               conv2d<8, 3, stride<2>, groups<2>> | relu | conv2d<4, 1, dilation<2>> | flatten |
                               linear<3>;

inline constexpr auto looped = repeat<3>(linear<24> | tanh) | linear<4>;
inline constexpr auto odd_loop = repeat<3>(linear<19> | tanh) | linear<3>;
inline constexpr auto with_relus =
    conv2d<6, 3, padding<1>> | relu | max_pool2d<2> | conv2d<8, 3, groups<2>> | relu | flatten | linear<3>;
// The ReLU's operand has another reader.
constexpr auto skipping_relu = [](auto x) {
  auto const z = conv2d<6, 3>(x);
  return linear<3>(flatten(relu(z) + tanh(z)));
};

inline constexpr auto with_gelu = linear<24> | gelu.with(tanh_approximation) | linear<3>;
inline constexpr auto narrow_gelu = linear<20> | gelu.with(tanh_approximation) | linear<3>;
inline constexpr auto two_gelus =
    linear<24> | gelu.with(tanh_approximation) | linear<16> | gelu.with(tanh_approximation) | linear<3>;
constexpr auto skipping_gelu = [](auto x) {
  auto const z = linear<24>(x);
  return linear<3>(gelu.with(tanh_approximation)(z)) + linear<3>(z);
};
inline constexpr auto with_exact_gelu = linear<24> | gelu | linear<3>;
// The ReLU's operand has another reader; so has its gradient.
constexpr auto skipping = [](auto x) {
  auto const z = linear<24>(x);
  return linear<3>(relu(z)) + linear<3>(z);
};
constexpr auto forking = [](auto x) {
  auto const h = relu(linear<24>(x));
  return linear<3>(h) + linear<3>(h);
};

template <class Net, class Policy>
std::vector<double> predicted(Net const& network, Policy const& policy) {
  auto const net = model(network, input<10>, policy, seed{3});
  tensor<float, 64, 10> x;  // as many as predictions are made at once
  random_normal(x, seed{5});
  auto const y = predict(net, x);
  return {y.data(), y.data() + y.size()};
}
}  // namespace

TEST_CASE("gpu libraries: products go to cuBLASLt, with bias and ReLU on the way to memory") {
  calls() = {};
  auto const gpu = trained(perceptron, input<10>, device, 8);
  CHECK(calls().products > 0);
  CHECK(calls().epilogues > 0);
  CHECK(calls().compute == CUBLAS_COMPUTE_32F);
  CHECK(largest_difference(gpu, trained(perceptron, input<10>, cpu, 8)) < rounding);
}

TEST_CASE("gpu libraries: a ReLU's gradient and a bias's go with the product, by the mask of the forward pass") {
  calls() = {};
  std::int64_t const before = detail::emulated_gpu().launches;
  auto const gpu = trained(perceptron, input<10>, device, 8);
  std::int64_t const launches = detail::emulated_gpu().launches - before;
  // Twice, before steps are replayed: two layers; and once the library is asked what its ReLU is.
  CHECK(count_of(CUBLASLT_EPILOGUE_RELU_AUX_BIAS) == 2 * 2 + 1);
  CHECK(count_of(CUBLASLT_EPILOGUE_DRELU_BGRAD) == 2 * 2);
  CHECK(count_of(CUBLASLT_EPILOGUE_DRELU) == 0);
  CHECK(largest_difference(gpu, trained(perceptron, input<10>, cpu, 8)) < rounding);

  SUBCASE("each of them spares two kernels") {
    calls() = {};
    calls().refused = {CUBLASLT_EPILOGUE_DRELU_BGRAD, CUBLASLT_EPILOGUE_DRELU, CUBLASLT_EPILOGUE_BGRADA,
                       CUBLASLT_EPILOGUE_BGRADB};
    std::int64_t const begin = detail::emulated_gpu().launches;
    auto const without = trained(perceptron, input<10>, device, 8);
    CHECK(detail::emulated_gpu().launches - begin == launches + 2 * 2 * 2 + 2);  // and the last layer's bias
    CHECK(largest_difference(gpu, without) < rounding);
  }
  SUBCASE("of the sum of columns that is refused, the ReLU's remains") {
    calls() = {};
    calls().refused = {CUBLASLT_EPILOGUE_DRELU_BGRAD};
    CHECK(largest_difference(gpu, trained(perceptron, input<10>, device, 8)) < rounding);
    CHECK(count_of(CUBLASLT_EPILOGUE_DRELU) == 2 * 2);
  }
  SUBCASE("without masks the ReLU remains of the forward pass") {
    calls() = {};
    calls().refused = {CUBLASLT_EPILOGUE_RELU_AUX_BIAS};
    CHECK(largest_difference(gpu, trained(perceptron, input<10>, device, 8)) < rounding);
    CHECK(count_of(CUBLASLT_EPILOGUE_RELU_BIAS) == 2 * 2 + 1);
    CHECK(count_of(CUBLASLT_EPILOGUE_DRELU_BGRAD) + count_of(CUBLASLT_EPILOGUE_DRELU) == 0);
  }
  SUBCASE("masks that let zeros through are not ours") {
    calls() = {};
    calls().masks_hold_zeros = true;
    CHECK(largest_difference(gpu, trained(perceptron, input<10>, device, 8)) < rounding);
    CHECK(count_of(CUBLASLT_EPILOGUE_RELU_AUX_BIAS) == 1);
    CHECK(count_of(CUBLASLT_EPILOGUE_RELU_BIAS) == 2 * 2 + 1);
    CHECK(count_of(CUBLASLT_EPILOGUE_DRELU_BGRAD) + count_of(CUBLASLT_EPILOGUE_DRELU) == 0);
  }
  SUBCASE("a ReLU that makes 0 of NaN is not ours, with a mask or without") {
    calls() = {};
    calls().relu_takes_nan = true;
    CHECK(largest_difference(gpu, trained(perceptron, input<10>, device, 8)) < rounding);
    CHECK(count_of(CUBLASLT_EPILOGUE_RELU_AUX_BIAS) == 1);
    CHECK(count_of(CUBLASLT_EPILOGUE_RELU_BIAS) == 1);
    CHECK(calls().products > 0);
    CHECK(count_of(CUBLASLT_EPILOGUE_DRELU_BGRAD) + count_of(CUBLASLT_EPILOGUE_DRELU) == 0);
  }
  SUBCASE("a partial batch between whole ones uses no mask of theirs") {
    std::vector<int> const rows{8, 5, 8, 8, 5};
    CHECK(largest_difference(trained(perceptron, input<10>, device, rows), trained(perceptron, input<10>, cpu, rows)) <
          rounding);
  }
}

TEST_CASE("gpu libraries: a bias's gradient goes with that of the weights, in loops too") {
  calls() = {};
  std::int64_t const before = detail::emulated_gpu().launches;
  auto const gpu = trained(looped, input<24>, device, 8), wanted = trained(looped, input<24>, cpu, 8);
  std::int64_t const launches = detail::emulated_gpu().launches - before;
  CHECK(count_of(CUBLASLT_EPILOGUE_BGRADB) == 2 * 4 + 1);  // of four layers, twice; once it is asked
  CHECK(largest_difference(gpu, wanted) < rounding);

  SUBCASE("each spares a kernel") {
    calls() = {};
    calls().refused = {CUBLASLT_EPILOGUE_BGRADB};
    std::int64_t const begin = detail::emulated_gpu().launches;
    CHECK(largest_difference(trained(looped, input<24>, device, 8), wanted) < rounding);
    CHECK(detail::emulated_gpu().launches - begin == launches + 2 * 4);
  }
  SUBCASE("sums of rounded numbers are not ours") {
    calls() = {};
    calls().gelu_is_rough = true;
    CHECK(largest_difference(trained(looped, input<24>, device, 8), wanted) < rounding);
    CHECK(count_of(CUBLASLT_EPILOGUE_BGRADB) == 1);
  }
  SUBCASE("partial batches between whole ones, and slices that lie at no multiple of 16 bytes") {
    calls() = {};
    std::vector<int> const rows{8, 5, 8, 8, 5};
    CHECK(largest_difference(trained(looped, input<24>, device, rows), trained(looped, input<24>, cpu, rows)) <
          rounding);
    CHECK(largest_difference(trained(odd_loop, input<19>, device, 8), trained(odd_loop, input<19>, cpu, 8)) < rounding);
  }
  SUBCASE("of weights that are not transposed it is the other factor's") {
    calls() = {};
    tensor<float, 32, 8> x;
    tensor<float, 32, 12> d;
    random_normal(x, seed{1});
    random_normal(d, seed{2});
    auto const f = [](auto a, auto b) { return std::tuple{sum(b, axes<0>), matmul(permute<1, 0>(a), b)}; };
    auto const [sums, product] = evaluate(device, f, x, d);
    auto const [sums_of_cpu, product_of_cpu] = evaluate(cpu, f, x, d);
    CHECK(count_of(CUBLASLT_EPILOGUE_BGRADA) == 1 + 1);
    for (int j = 0; j < 12; ++j) CHECK(sums[j] == doctest::Approx(sums_of_cpu[j]).epsilon(1e-5));
    for (int i = 0; i < 96; ++i) CHECK(product.data()[i] == doctest::Approx(product_of_cpu.data()[i]).epsilon(1e-5));
  }
}

TEST_CASE("gpu libraries: what another step reads is written") {
  calls() = {};
  CHECK(largest_difference(trained(skipping, input<10>, device, 8), trained(skipping, input<10>, cpu, 8)) < rounding);
  CHECK(calls().products > 0);
  CHECK(count_of(CUBLASLT_EPILOGUE_RELU_BIAS) + count_of(CUBLASLT_EPILOGUE_RELU_AUX_BIAS) == 0);
  CHECK(count_of(CUBLASLT_EPILOGUE_DRELU_BGRAD) + count_of(CUBLASLT_EPILOGUE_DRELU) == 0);
  calls() = {};
  CHECK(largest_difference(trained(forking, input<10>, device, 8), trained(forking, input<10>, cpu, 8)) < rounding);
  CHECK(count_of(CUBLASLT_EPILOGUE_RELU_BIAS) == 2 + 1);
  CHECK(count_of(CUBLASLT_EPILOGUE_DRELU_BGRAD) + count_of(CUBLASLT_EPILOGUE_DRELU) == 0);
}

TEST_CASE("gpu libraries: predictions write no product over its own factors") {
  calls() = {};
  CHECK(largest_difference(predicted(perceptron, device), predicted(perceptron, cpu)) < 1e-5);
  CHECK(count_of(CUBLASLT_EPILOGUE_RELU_BIAS) == 2 + 1);
  CHECK(count_of(CUBLASLT_EPILOGUE_BIAS) == 1);
  CHECK(count_of(CUBLASLT_EPILOGUE_RELU_AUX_BIAS) == 0);
}

TEST_CASE("gpu libraries: the library's GELU is the one by a hyperbolic tangent") {
  calls() = {};
  CHECK(largest_difference(predicted(with_gelu, device), predicted(with_gelu, cpu)) < 1e-5);
  CHECK(count_of(CUBLASLT_EPILOGUE_GELU_BIAS) == 1 + 1);  // once it is asked how exact its GELU is
  calls() = {};
  calls().gelu_is_rough = true;
  CHECK(largest_difference(predicted(with_gelu, device), predicted(with_gelu, cpu)) < 1e-5);
  CHECK(count_of(CUBLASLT_EPILOGUE_GELU_BIAS) == 1);
  calls() = {};
  calls().gelu_is_rough = true;
  predicted(with_gelu, device.with(tf32));
  CHECK(count_of(CUBLASLT_EPILOGUE_GELU_BIAS) == 1 + 1);
  calls() = {};
  CHECK(largest_difference(predicted(with_exact_gelu, device), predicted(with_exact_gelu, cpu)) < 1e-5);
  CHECK(count_of(CUBLASLT_EPILOGUE_GELU_BIAS) == 0);
  CHECK(calls().products == 2);
  calls() = {};
  CHECK(largest_difference(trained(with_gelu, input<10>, device, 8), trained(with_gelu, input<10>, cpu, 8)) < rounding);
}

TEST_CASE("gpu libraries: a GELU's gradient and a bias's go with the product, by what the forward pass has kept") {
  calls() = {};
  std::int64_t const before = detail::emulated_gpu().launches;
  auto const gpu = trained(with_gelu, input<10>, device, 8), wanted = trained(with_gelu, input<10>, cpu, 8);
  std::int64_t const launches = detail::emulated_gpu().launches - before;
  CHECK(count_of(CUBLASLT_EPILOGUE_GELU_AUX_BIAS) == 2 + 1);  // twice, before steps are replayed; once it is asked
  CHECK(count_of(CUBLASLT_EPILOGUE_DGELU_BGRAD) == 2);
  CHECK(count_of(CUBLASLT_EPILOGUE_DGELU) == 1);
  CHECK(largest_difference(gpu, wanted) < rounding);

  SUBCASE("together they spare three kernels") {
    calls() = {};
    calls().refused = {CUBLASLT_EPILOGUE_GELU_AUX_BIAS, CUBLASLT_EPILOGUE_BGRADA, CUBLASLT_EPILOGUE_BGRADB};
    std::int64_t const begin = detail::emulated_gpu().launches;
    CHECK(largest_difference(trained(with_gelu, input<10>, device, 8), wanted) < rounding);
    CHECK(detail::emulated_gpu().launches - begin == launches + 2 * 3 + 2);  // and the last layer's bias
    CHECK(count_of(CUBLASLT_EPILOGUE_DGELU_BGRAD) == 0);
    CHECK(count_of(CUBLASLT_EPILOGUE_DGELU) == 1);
  }
  SUBCASE("a rough GELU is none of ours, nor is its slope") {
    calls() = {};
    calls().gelu_is_rough = true;
    CHECK(largest_difference(trained(with_gelu, input<10>, device, 8), wanted) < rounding);
    CHECK(count_of(CUBLASLT_EPILOGUE_GELU_AUX_BIAS) == 0);
    CHECK(count_of(CUBLASLT_EPILOGUE_DGELU) == 1);
    CHECK(count_of(CUBLASLT_EPILOGUE_DGELU_BGRAD) == 0);
  }
  SUBCASE("of the sum of columns that is refused, the GELU's remains") {
    calls() = {};
    calls().refused = {CUBLASLT_EPILOGUE_DGELU_BGRAD};
    CHECK(largest_difference(trained(with_gelu, input<10>, device, 8), wanted) < rounding);
    CHECK(count_of(CUBLASLT_EPILOGUE_DGELU) == 2 + 1);
  }
  SUBCASE("nothing is kept for a gradient that is refused") {
    calls() = {};
    calls().refused = {CUBLASLT_EPILOGUE_DGELU_BGRAD, CUBLASLT_EPILOGUE_DGELU};
    CHECK(largest_difference(trained(with_gelu, input<10>, device, 8), wanted) < rounding);
    CHECK(count_of(CUBLASLT_EPILOGUE_GELU_AUX_BIAS) == 0);
  }
  SUBCASE("rows of what is kept are multiples of 8") {
    calls() = {};
    CHECK(largest_difference(trained(narrow_gelu, input<10>, device, 8), trained(narrow_gelu, input<10>, cpu, 8)) <
          rounding);
    CHECK(count_of(CUBLASLT_EPILOGUE_GELU_AUX_BIAS) == 0);
  }
  SUBCASE("an exact GELU's operand, and one that is read elsewhere, are not kept") {
    calls() = {};
    CHECK(largest_difference(trained(with_exact_gelu, input<10>, device, 8),
                             trained(with_exact_gelu, input<10>, cpu, 8)) < rounding);
    CHECK(largest_difference(trained(skipping_gelu, input<10>, device, 8), trained(skipping_gelu, input<10>, cpu, 8)) <
          rounding);
    CHECK(count_of(CUBLASLT_EPILOGUE_GELU_AUX_BIAS) == 0);
  }
  SUBCASE("several of them, and partial batches between whole ones") {
    calls() = {};
    std::vector<int> const rows{8, 5, 8, 8, 5};
    CHECK(largest_difference(trained(two_gelus, input<10>, device, rows), trained(two_gelus, input<10>, cpu, rows)) <
          rounding);
    CHECK(count_of(CUBLASLT_EPILOGUE_GELU_AUX_BIAS) == 2 * 2 + 1);
    CHECK(count_of(CUBLASLT_EPILOGUE_DGELU_BGRAD) == 2 * 2);
  }
}

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
  CHECK(calls().type == CUDNN_DATA_FLOAT);
  trained(images, input<2, 9, 9>, device.with(bf16), 8);
  CHECK(calls().compute == CUBLAS_COMPUTE_32F_FAST_16BF);
  CHECK(calls().math == CUDNN_TENSOR_OP_MATH);
  CHECK(calls().type == CUDNN_DATA_BFLOAT16);
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
