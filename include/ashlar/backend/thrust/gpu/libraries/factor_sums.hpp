// SPDX-License-Identifier: MIT
#pragma once
#include <ashlar/backend/thrust/gpu/libraries/epilogues.hpp>

/// Which sums of columns, the gradients of biases, a product behind them makes of its factor while it reads that for
/// the gradient of weights.
namespace ashlar::inline ASHLAR_ABI::detail::inline ASHLAR_DEVICE_ABI {

#if ASHLAR_HAS_CUBLASLT
/// Finds the product of a sum of columns, in loops too.
template <class Tables, class Matches>
class factor_sum_search {
 public:
  constexpr factor_sum_search(step_tables<Tables> const& t, Matches& found) : t_(t), found_(found) {
    for (int b = 0; b < t.t.sizes.bodies; ++b) {
      int const begin = t.t.bodies[b].first_step, end = begin + t.t.bodies[b].step_count;
      for (int s = begin; s < end; ++s)
        if (t.t.steps[s].loop < 0 && is_sum(s)) match(s, end);
    }
  }

 private:
  using layout = fused_code;
  static constexpr int farthest = 4;  // steps

  constexpr void match(int s, int end) {
    int const sums = t_.operand(s, 1);
    for (int p = s + 1; p < end && p <= s + farthest; ++p) {
      if (t_.t.steps[p].loop >= 0 || t_.reads(p, sums) || t_.writes(p, sums)) return;
      if (product_epilogue const kind = kind_of(s, p); kind != product_epilogue::none) {
        if (found_.of[p].kind != product_epilogue::none) return;
        found_.of[p].kind = kind;
        found_.of[s].summing_product = p;
        return;
      }
      if (t_.writes(p, t_.operand(s, 0))) return;
    }
  }
  /// Whether a step sums the columns of a matrix.
  constexpr bool is_sum(int s) const {
    if (!t_.is_a(kernel_kind::column, s) || t_.code(s, layout::inputs) != 1 || t_.code(s, layout::instructions) != 1 ||
        t_.code(s, layout::outputs) != 1)
      return false;
    int const type = static_cast<int>(t_.code(s, 1) ? element::float64 : element::float32);
    std::int64_t const* const n = t_.numbers(s);
    return t_.code(s, layout::head) == type && t_.output_field(s, 1) == type &&
           t_.field(s, 0, 0) == static_cast<int>(op::sum) && t_.field(s, 0, 3) == -1 && n[0] == 2 && n[5] == n[4] &&
           n[6] == 1 && n[7] == 0 && n[8] == 1;
  }
  /// Which factor of a product that matrix is, whose rows are the depth.
  constexpr product_epilogue kind_of(int s, int p) const {
    if (!t_.is_a(kernel_kind::matmul, p) || t_.code(p, 1) != t_.code(s, 1) ||
        t_.t.steps[p].variant != t_.t.steps[s].variant)
      return product_epilogue::none;
    std::int64_t const *const n = t_.numbers(s), *const shape = t_.numbers(p);
    address const& summed = t_.place_of(s, 0);
    if (shape[0] != 1 || shape[3] != n[3]) return product_epilogue::none;
    if (t_.code(p, 2) != 0 && shape[1] == n[4] && t_.is_same(t_.place_of(p, 0), summed))
      return product_epilogue::sums_of_first;
    if (t_.code(p, 3) == 0 && shape[2] == n[4] && t_.is_same(t_.place_of(p, 1), summed))
      return product_epilogue::sums_of_second;
    return product_epilogue::none;
  }
  step_tables<Tables> const& t_;
  Matches& found_;
};
#endif

}  // namespace ashlar::inline ASHLAR_ABI::detail::inline ASHLAR_DEVICE_ABI
