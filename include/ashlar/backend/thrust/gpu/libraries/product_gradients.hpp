// SPDX-License-Identifier: MIT
#pragma once
#include <ashlar/backend/thrust/gpu/libraries/epilogues.hpp>

/// What searches for the gradients of activations ask of a program's steps.
namespace ashlar::inline ASHLAR_ABI::detail::inline ASHLAR_DEVICE_ABI {

#if ASHLAR_HAS_CUBLASLT
/// What the steps of a program are to its products.
template <int Steps>
struct matched_epilogues {
  matched_epilogue of[Steps + 1]{};
  std::int64_t mask_bytes = 0;
};

/// A program's steps outside of loops, where the gradient of an activation is a step behind a product.
template <class Tables>
class gradient_steps {
 public:
  using layout = fused_code;
  constexpr explicit gradient_steps(step_tables<Tables> const& tables)
      : t(tables),
        begin(tables.t.bodies[tables.t.top].first_step),
        end(begin + tables.t.bodies[tables.t.top].step_count) {}

  /// Where a step's first result lies.
  constexpr int result_of(int s) const { return t.operand(s, t.t.steps[s].inputs); }
  /// The step that wrote, last before step s, exactly what s reads as its operand k; -1: it is not known.
  constexpr int maker_of(int s, int k) const {
    int const operand = t.operand(s, k);
    for (int r = s - 1; r >= begin; --r) {
      if (t.t.steps[r].loop >= 0) return -1;
      if (!t.writes(r, operand)) continue;
      step_entry const& maker = t.t.steps[r];
      if (maker.variant && maker.variant != t.t.steps[s].variant) return -1;
      for (int o = maker.inputs; o < maker.inputs + maker.outputs; ++o)
        if (t.is_same(t.place_of(r, o), t.t.operands[operand]) && t.bytes(maker.operands + o) == t.bytes(operand))
          return r;
      return -1;
    }
    return -1;
  }
  /// Whether what a step leaves at an operand is read by nobody but those two.
  constexpr bool is_read_by(int first, int second, int step, int operand) const {
    if (t.t.operands[operand].place != arena_place) return false;
    for (int r = step + 1; r < end; ++r) {
      if (t.t.steps[r].loop >= 0 || (r != first && r != second && t.reads(r, operand))) return false;
      if (t.writes(r, operand)) return true;  // memory is used again when nobody reads it
    }
    return !t.is_output(operand);
  }
  /// Whether the step's result lies where the product's does, which nobody reads in between.
  constexpr bool is_alone(int product, int s) const {
    if (!t.is_same(t.t.operands[result_of(s)], t.place_of(product, 2))) return false;
    for (int r = product + 1; r < s; ++r)
      if (t.reads(r, t.operand(product, 2))) return false;
    return true;
  }
  /// Whether the next step sums the columns, into memory that nobody uses meanwhile.
  constexpr bool sums_columns(int product, int s) const {
    int const next = s + 1;
    if (next >= end || !t.is_a(kernel_kind::column, next) || t.t.steps[next].variant != t.t.steps[s].variant)
      return false;
    if (t.code(next, layout::inputs) != 1 || t.code(next, layout::instructions) != 1 ||
        t.code(next, layout::outputs) != 1 || t.code(next, 1) != t.code(product, 1))
      return false;
    std::int64_t const *const p = t.numbers(product), *const n = t.numbers(next);
    bool const sums = t.field(next, 0, 0) == static_cast<int>(op::sum) && t.field(next, 0, 3) == -1 &&
                      t.is_same(t.place_of(next, 0), t.t.operands[result_of(s)]) && n[0] == 2 && n[3] == p[1] &&
                      n[4] == p[2] && n[5] == p[2] && n[6] == 1 && n[7] == 0 && n[8] == 1;
    int const sum = t.operand(next, 1);
    address const at = t.t.operands[sum];
    if (!sums || at.place != arena_place) return false;
    for (int r = product; r <= s; ++r)
      for (int k = 0; k < t.t.steps[r].operand_count; ++k) {
        int const other = t.operand(r, k);
        address const& o = t.t.operands[other];
        bool const has_size = t.bytes(other) > 0;  // of whole numbers it is not known
        if (o.place == arena_place && o.offset < at.offset + t.bytes(sum) && (!has_size || t.overlap(other, sum)))
          return false;
      }
    return true;
  }

  step_tables<Tables> const& t;
  int begin, end;
};
#endif

}  // namespace ashlar::inline ASHLAR_ABI::detail::inline ASHLAR_DEVICE_ABI
