// SPDX-License-Identifier: MIT
// Products by cuBLASLt, with what is done to them on the way to memory.
#include <doctest/doctest.h>

#include "backend/thrust/gpu/libraries/trained.hpp"

using namespace ashlar;
using namespace gpu_libraries;

namespace {

constexpr auto looped = repeat<3>(linear<24> | tanh) | linear<4>;
constexpr auto odd_loop = repeat<3>(linear<19> | tanh) | linear<3>;
// The ReLU's operand has another reader; so has its gradient.
constexpr auto skipping = [](auto x) {
  auto const z = linear<24>(x);
  return linear<3>(relu(z)) + linear<3>(z);
};
constexpr auto forking = [](auto x) {
  auto const h = relu(linear<24>(x));
  return linear<3>(h) + linear<3>(h);
};

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
