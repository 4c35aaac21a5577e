// SPDX-License-Identifier: MIT
#pragma once
#include <ashlar/backend/product_epilogue.hpp>
#include <ashlar/backend/step_tables.hpp>

namespace ashlar::inline ASHLAR_ABI::detail {

/// Of a ReLU's gradient, equal and select of two inputs: the input by which it selects; -1: a step is none.
template <class Tables>
constexpr int relu_mask_of(step_tables<Tables> const& t, int s) {
  using layout = fused_code;
  if (!t.is_a(kernel_kind::row, s) || t.code(s, layout::inputs) != 2 || t.code(s, layout::instructions) != 2 ||
      t.field(s, 0, 0) != static_cast<int>(op::equal) || t.field(s, 1, 0) != static_cast<int>(op::select))
    return -1;
  int const saved = -1 - t.field(s, 0, 3), gradient = -1 - t.field(s, 1, 5);
  bool const selects = (saved == 0 || saved == 1) && gradient == 1 - saved && t.field(s, 1, 3) == 0 &&
                       t.is_constant(s, t.field(s, 0, 4), 0) && t.is_constant(s, t.field(s, 1, 4), 0);
  return selects ? saved : -1;
}

/// A product and the step behind it, which may be what is done to the product on the way to memory.
template <class Tables>
class epilogue_pattern {
 public:
  constexpr epilogue_pattern(step_tables<Tables> const& t, int product)
      : t_(t), product_(product), next_(product + 1) {}

  /// Whether the next step is pointwise and alone reads what the product makes.
  constexpr bool is_pair() const {
    return t_.is_a(kernel_kind::matmul, product_) && t_.is_pointwise_on(product_, next_) && is_read_by_next();
  }
  /// Where the next step adds something to one of its operands: with what behind.
  constexpr product_epilogue kind_of() const {
    int const count = t_.code(next_, layout::instructions);
    if (!t_.is_instruction(next_, 0, op::add, -1, -2) && !t_.is_instruction(next_, 0, op::add, -2, -1))
      return product_epilogue::none;
    if (count == 1) return product_epilogue::bias;
    if (count == 2 && t_.field(next_, 1, 0) == static_cast<int>(op::relu) && t_.field(next_, 1, 3) == 0)
      return product_epilogue::bias_and_relu;
    return is_tanh_gelu(count) ? product_epilogue::bias_and_gelu : product_epilogue::none;
  }

 private:
  using layout = fused_code;

  /// x * sigmoid(x * (square(x) * a + b)), as nn/gelu.hpp writes it.
  constexpr bool is_tanh_gelu(int count) const {
    constexpr double b = 1.5957691216057308, a = b * 0.044715;
    auto of = [&](int i, op what, int x) {  // the other operand of an instruction that reads x; 0: it does not
      if (t_.field(next_, i, 0) != static_cast<int>(what)) return 0;
      int const p = t_.field(next_, i, 3), q = t_.field(next_, i, 4);
      return p == x ? q : q == x ? p : 0;
    };
    return count == 7 && t_.is_instruction(next_, 1, op::mul, 0, 0) && t_.is_constant(next_, of(2, op::mul, 1), a) &&
           t_.is_constant(next_, of(3, op::add, 2), b) && is_product_of_first(4, 3) &&
           t_.field(next_, 5, 0) == static_cast<int>(op::sigmoid) && t_.field(next_, 5, 3) == 4 &&
           is_product_of_first(6, 5);
  }
  constexpr bool is_product_of_first(int i, int other) const {
    return t_.is_instruction(next_, i, op::mul, 0, other) || t_.is_instruction(next_, i, op::mul, other, 0);
  }

 protected:
  /// Whether the next step is of the same body and nothing else there reads what the product makes.
  constexpr bool is_read_by_next() const {
    for (int b = 0; b < t_.t.sizes.bodies; ++b) {
      int const begin = t_.t.bodies[b].first_step, end = begin + t_.t.bodies[b].step_count;
      if (product_ >= begin && next_ < end) return is_read_once(end);
    }
    return false;
  }
  /// Whether nothing in the body but the next step reads what the product makes.
  constexpr bool is_read_once(int end) const {
    int const made = t_.operand(product_, 2);
    if (t_.t.operands[made].place != arena_place) return false;
    for (int s = next_; s < end; ++s) {
      if (t_.t.steps[s].loop >= 0 || (s > next_ && t_.reads(s, made))) return false;
      if (t_.writes(s, made)) return true;  // memory is used again when nobody reads it
    }
    return !t_.is_output(made);
  }
  step_tables<Tables> const& t_;
  int product_, next_;
};

}  // namespace ashlar::inline ASHLAR_ABI::detail
