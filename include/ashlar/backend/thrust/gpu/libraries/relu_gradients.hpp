// SPDX-License-Identifier: MIT
#pragma once
#include <ashlar/backend/thrust/gpu/libraries/product_gradients.hpp>

/// Which products a library multiplies by a ReLU's gradient on the way to memory: where the product of the forward pass
/// has left a bit for each of its results that says whether it was above zero. The sum of columns that follows, the
/// bias's gradient, is done with them.
namespace ashlar::inline ASHLAR_ABI::detail::inline ASHLAR_DEVICE_ABI {

#if ASHLAR_HAS_CUBLASLT
/// Finds the product of a step that selects by a ReLU's result, outside of loops.
template <class Tables, class Matches>
class relu_gradient_search {
 public:
  constexpr relu_gradient_search(step_tables<Tables> const& t, Matches& found) : t_(t), steps_(t), found_(found) {
    for (int s = steps_.begin + 1; s < steps_.end; ++s) match(s);
  }

 private:
  constexpr void match(int s) {
    int const saved = relu_mask_of(t_, s), gradient = 1 - saved;
    if (saved < 0) return;
    int const product = steps_.maker_of(s, gradient);
    if (product < 0 || !t_.is_a(kernel_kind::matmul, product) || !t_.is_pointwise_on(product, s)) return;
    int const relu = steps_.maker_of(s, saved);
    if (relu <= steps_.begin || !steps_.is_alone(product, s)) return;
    matched_epilogue& forward = found_.of[relu - 1];
    bool const masks = forward.is_of_next_step() && (forward.kind == product_epilogue::bias_and_relu ||
                                                     forward.kind == product_epilogue::bias_and_masking_relu);
    if (!masks) return;
    std::int64_t const *const f = t_.numbers(relu - 1), *const p = t_.numbers(product), *const n = t_.numbers(s);
    if (p[0] != 1 || f[1] != p[1] || f[2] != p[2] || n[0] != 1 || n[3] != p[1] * p[2]) return;
    if (forward.mask_at < 0) {
      forward.kind = product_epilogue::bias_and_masking_relu;
      forward.mask_at = found_.mask_bytes;
      found_.mask_bytes += (mask_row_bytes(p[2]) * p[1] + 255) / 256 * 256;
    }
    matched_epilogue& e = found_.of[product];
    e.kind = product_epilogue::relu_gradient;
    e.mask = relu - 1;
    e.step = s;
    if (steps_.sums_columns(product, s)) e.bias_gradient_step = s + 1;
  }
  step_tables<Tables> const& t_;
  gradient_steps<Tables> steps_;
  Matches& found_;
};
#endif

}  // namespace ashlar::inline ASHLAR_ABI::detail::inline ASHLAR_DEVICE_ABI
