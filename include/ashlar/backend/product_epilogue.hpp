// SPDX-License-Identifier: MIT
#pragma once
#include <ashlar/core/config.hpp>

namespace ashlar::inline ASHLAR_ABI::detail {

/// What is done to a product C [m, n] on the way to memory: a bias for each of its n columns, then perhaps a ReLU
/// (which may leave a mask of what it let through) or the GELU by a hyperbolic tangent (whose operand may be kept); or
/// where a ReLU let nothing through it becomes 0, or it is multiplied by the GELU's slope at what was kept, and its
/// columns may be summed. Of pooling's windows positions their maxima, too. Or beside C what its first or second
/// factor is summed to over the depth that both share: where C is the gradient of weights, that of the bias. Or it
/// begins from an addend, a matrix like C, maybe before a bias and a ReLU.
enum class product_epilogue {
  none,
  bias,
  bias_and_relu,
  bias_and_masking_relu,
  bias_and_gelu,
  bias_and_kept_gelu,
  relu_gradient,
  relu_and_bias_gradient,
  gelu_gradient,
  gelu_and_bias_gradient,
  maxima,
  sums_of_first,
  sums_of_second,
  addend,
  addend_and_bias,
  addend_bias_and_relu
};

constexpr bool has_addend(product_epilogue e) {
  return e == product_epilogue::addend || e == product_epilogue::addend_and_bias ||
         e == product_epilogue::addend_bias_and_relu;
}

}  // namespace ashlar::inline ASHLAR_ABI::detail
