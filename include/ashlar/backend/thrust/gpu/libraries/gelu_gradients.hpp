// SPDX-License-Identifier: MIT
#pragma once
#include <ashlar/backend/thrust/gpu/libraries/factor_sums.hpp>
#include <ashlar/backend/thrust/gpu/libraries/looped_gelus.hpp>
#include <ashlar/backend/thrust/gpu/libraries/product_sums.hpp>
#include <ashlar/backend/thrust/gpu/libraries/relu_gradients.hpp>

/// Which products a library multiplies by a GELU's gradient on the way to memory. The plan keeps the product of the
/// forward pass until then, and the sigmoid that the GELU multiplies by; in the latter's place the library keeps what
/// the GELU reads, and needs neither.
namespace ashlar::inline ASHLAR_ABI::detail::inline ASHLAR_DEVICE_ABI {

#if ASHLAR_HAS_CUBLASLT
/// Finds the product of a step that multiplies by a GELU's gradient, outside of loops.
template <class Tables, class Matches>
class gelu_gradient_search : gelu_steps<Tables> {
 public:
  constexpr gelu_gradient_search(step_tables<Tables> const& t, Matches& found)
      : gelu_steps<Tables>(t), t_(t), steps_(t), found_(found) {
    for (int s = steps_.begin + 1; s < steps_.end; ++s)
      if (this->is_pointwise(s, 4, 1)) match(s);
  }

 private:
  /// Whether a step is what multiplies a product by the slope at P + b, where P is a product of the forward pass.
  constexpr void match(int s) {
    int product = -1, forward = -1, gradient = -1, sums = -1;
    for (int k = 0; k < 4; ++k) {
      int const maker = steps_.maker_of(s, k);
      if (maker < 0 || !t_.is_a(kernel_kind::matmul, maker)) continue;
      if (forward < 0 || maker < forward)
        product = forward, gradient = sums, forward = maker, sums = k;
      else if (product < 0)
        product = maker, gradient = k;
      else
        return;
    }
    int const gelu = forward + 1;
    auto variant = [&](int step) { return t_.t.steps[step].variant; };
    if (product < 0 || product == gelu || !this->is_pointwise(gelu, 2, 2) || variant(forward) != variant(gelu) ||
        variant(product) != variant(s))
      return;
    int const bias_of_gelu = t_.is_same(t_.place_of(gelu, 0), t_.place_of(forward, 2)) ? 1 : 0;
    int sigmoid = -1, bias = -1;
    for (int k = 0; k < 4; ++k) {
      if (k == gradient || k == sums) continue;
      if (steps_.maker_of(s, k) == gelu) sigmoid = k;
      if (t_.is_same(t_.place_of(s, k), t_.place_of(gelu, bias_of_gelu))) bias = k;
    }
    if (sigmoid < 0 || bias < 0 || sigmoid == bias) return;
    int const kept = t_.is_same(t_.place_of(gelu, 2), t_.place_of(s, sigmoid)) ? 2 : 3, result = 5 - kept;
    bool const is_one = t_.is_same(t_.place_of(gelu, 1 - bias_of_gelu), t_.place_of(forward, 2)) &&
                        t_.is_same(t_.place_of(gelu, kept), t_.place_of(s, sigmoid)) &&
                        this->has_shape(forward, product, gelu, bias_of_gelu) &&
                        this->has_shape(forward, product, s, bias) && this->is_gelu(gelu, bias_of_gelu, result - 2) &&
                        this->is_slope(s, gradient, sums, bias, sigmoid) && is_free(forward, gelu, kept, s) &&
                        this->may_be_kept(forward, gelu, kept, result) &&
                        may_be_written(product, s, t_.operand(gelu, kept));
    if (!is_one) return;
    this->set(found_, forward, bias_of_gelu, kept, product, s);
    if (steps_.sums_columns(product, s)) found_.of[product].bias_gradient_step = s + 1;
  }
  /// Whether nobody else reads what is not made: the product, the sigmoid.
  constexpr bool is_free(int forward, int gelu, int kept, int s) const {
    return steps_.is_read_by(gelu, s, forward, t_.operand(forward, 2)) &&
           steps_.is_read_by(s, s, gelu, t_.operand(gelu, kept));
  }
  /// Whether the step's result may be written when the product is launched, which reads what was kept.
  constexpr bool may_be_written(int product, int s, int kept) const {
    int const result = steps_.result_of(s);
    if (t_.t.operands[result].place != arena_place || t_.overlap(result, kept)) return false;
    for (int k = 0; k < 2; ++k)
      if (t_.overlap(result, t_.operand(product, k))) return false;
    for (int r = product + 1; r < s; ++r)
      if (t_.reads(r, result) || t_.writes(r, result) || t_.reads(r, t_.operand(product, 2))) return false;
    return steps_.is_read_by(s, s, product, t_.operand(product, 2));
  }

  step_tables<Tables> const& t_;
  gradient_steps<Tables> steps_;
  Matches& found_;
};

/// Of each step of a program.
template <class Program>
struct epilogues_of {
  static constexpr auto const& tables = Program::tables;
  static constexpr auto steps = [] {
    matched_epilogues<tables.sizes.steps> found;
    step_tables const t(tables);
    for (int s = 0; s + 1 < tables.sizes.steps; ++s) found.of[s] = epilogue_search(t, s).found;
    relu_gradient_search(t, found);
    gelu_gradient_search(t, found);
    looped_gelu_search(t, found);
    factor_sum_search(t, found);
    product_sum_search(t, found);
    return found;
  }();
};
#endif

}  // namespace ashlar::inline ASHLAR_ABI::detail::inline ASHLAR_DEVICE_ABI
