// SPDX-License-Identifier: MIT
// What the policy, a batch or a library itself decides about libraries.
#include <doctest/doctest.h>

#include "backend/thrust/gpu/libraries/trained.hpp"

using namespace ashlar;
using namespace gpu_libraries;

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

TEST_CASE("gpu libraries: describe names them") {
  std::string const words = device.describe();
  CAPTURE(words);
  CHECK(words.find("products by cuBLASLt 13.1.2, convolutions by cuDNN 9.14.0") != std::string::npos);
}
