// SPDX-License-Identifier: MIT
#pragma once
#include <ashlar/backend/thrust/gpu/libraries/epilogues.hpp>

/// Which products a library multiplies by a ReLU's gradient on the way to memory: where the product of the forward pass
/// has left a bit for each of its results that says whether it was above zero. The sum of columns that follows, the
/// bias's gradient, is done with them.
namespace ashlar::inline ASHLAR_ABI::detail::inline ASHLAR_DEVICE_ABI {

#if ASHLAR_HAS_CUBLASLT
/// What the steps of a program are to its products.
template <int Steps>
struct matched_epilogues {
  matched_epilogue of[Steps + 1]{};
  std::int64_t mask_bytes = 0;
};

/// Finds the product of a step that selects by a ReLU's result, outside of loops.
template <class Tables, class Matches>
class relu_gradient_search {
 public:
  constexpr relu_gradient_search(step_tables<Tables> const& t, Matches& found) : t_(t), found_(found) {
    body_entry const& top = t.t.bodies[t.t.top];
    begin_ = top.first_step;
    end_ = begin_ + top.step_count;
    for (int s = begin_ + 1; s < end_; ++s) match(s);
  }

 private:
  using layout = fused_code;

  constexpr void match(int s) {
    int const saved = relu_mask_of(t_, s), gradient = 1 - saved;
    if (saved < 0) return;
    int const product = maker_of(s, gradient);
    if (product < 0 || !t_.is_a(kernel_kind::matmul, product) || !t_.is_pointwise_on(product, s)) return;
    int const relu = maker_of(s, saved);
    if (relu <= begin_ || !is_alone(product, s)) return;
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
    if (sums_columns(product, s)) e.bias_gradient_step = s + 1;
  }
  /// The step that wrote, last before step s, exactly what s reads as its operand k; -1: it is not known.
  constexpr int maker_of(int s, int k) const {
    int const operand = t_.operand(s, k);
    for (int r = s - 1; r >= begin_; --r) {
      if (t_.t.steps[r].loop >= 0) return -1;
      if (!t_.writes(r, operand)) continue;
      step_entry const& maker = t_.t.steps[r];
      if (maker.variant && maker.variant != t_.t.steps[s].variant) return -1;
      bool const is_exact = maker.outputs == 1 && t_.is_same(t_.place_of(r, maker.inputs), t_.t.operands[operand]) &&
                            t_.bytes(maker.operands + maker.inputs) == t_.bytes(operand);
      return is_exact ? r : -1;
    }
    return -1;
  }
  /// Whether the step's result lies where the product's does, which nobody reads in between.
  constexpr bool is_alone(int product, int s) const {
    if (!t_.is_same(t_.place_of(s, 2), t_.place_of(product, 2))) return false;
    for (int r = product + 1; r < s; ++r)
      if (t_.reads(r, t_.operand(product, 2))) return false;
    return true;
  }
  /// Whether the next step sums the columns, into memory that nobody uses meanwhile.
  constexpr bool sums_columns(int product, int s) const {
    int const next = s + 1;
    if (next >= end_ || !t_.is_a(kernel_kind::column, next) || t_.t.steps[next].variant != t_.t.steps[s].variant)
      return false;
    if (t_.code(next, layout::inputs) != 1 || t_.code(next, layout::instructions) != 1 ||
        t_.code(next, layout::outputs) != 1 || t_.code(next, 1) != t_.code(product, 1))
      return false;
    std::int64_t const *const p = t_.numbers(product), *const n = t_.numbers(next);
    bool const sums = t_.field(next, 0, 0) == static_cast<int>(op::sum) && t_.field(next, 0, 3) == -1 &&
                      t_.is_same(t_.place_of(next, 0), t_.place_of(s, 2)) && n[0] == 2 && n[3] == p[1] &&
                      n[4] == p[2] && n[5] == p[2] && n[6] == 1 && n[7] == 0 && n[8] == 1;
    int const sum = t_.operand(next, 1);
    address const at = t_.t.operands[sum];
    if (!sums || at.place != arena_place) return false;
    for (int r = product; r <= s; ++r)
      for (int k = 0; k < t_.t.steps[r].operand_count; ++k) {
        int const other = t_.operand(r, k);
        address const& o = t_.t.operands[other];
        bool const has_size = t_.bytes(other) > 0;  // of whole numbers it is not known
        if (o.place == arena_place && o.offset < at.offset + t_.bytes(sum) && (!has_size || t_.overlap(other, sum)))
          return false;
      }
    return true;
  }

  step_tables<Tables> const& t_;
  Matches& found_;
  int begin_ = 0, end_ = 0;
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
    return found;
  }();
};
#endif

}  // namespace ashlar::inline ASHLAR_ABI::detail::inline ASHLAR_DEVICE_ABI
