// SPDX-License-Identifier: MIT
#pragma once
#include <ashlar/backend/thrust/gpu/libraries/epilogues.hpp>

/// Which sums a product's library does on the way to memory: a step that only adds, perhaps a bias and a ReLU behind,
/// where the last product before it begins from the other operand instead of from nothing. Of several operands all but
/// the first are products that begin from the one before. A sum within another step, as of a layer norm, stays there:
/// as many numbers would be read and written.
namespace ashlar::inline ASHLAR_ABI::detail::inline ASHLAR_DEVICE_ABI {

#if ASHLAR_HAS_CUBLASLT
/// Finds the products of steps that add, in loops too.
template <class Tables, class Matches>
class product_sum_search {
 public:
  constexpr product_sum_search(step_tables<Tables> const& t, Matches& found) : t_(t), found_(found) {
    for (int b = 0; b < t.t.sizes.bodies; ++b) {
      begin_ = t.t.bodies[b].first_step;
      end_ = begin_ + t.t.bodies[b].step_count;
      for (int s = begin_ + 1; s < end_; ++s)
        if (is_free(s - 1, s)) match(s);
    }
  }

 private:
  using layout = fused_code;
  static constexpr int most = 8;  // operands

  struct operands_of_sum {
    int bias = -1, product = -1;      // which of them these are
    int addends = 0, addend[most]{};  // the others, in the order in which they are made
    int maker[most]{};                // of the addends; -1: none in this body
    bool has_relu = false, fits = false;
  };

  /// Whether a step is a product that nobody reads but step s, and has no other epilogue.
  constexpr bool is_free(int product, int s) const {
    if (!t_.is_a(kernel_kind::matmul, product) || found_.of[product].kind != product_epilogue::none) return false;
    int const made = t_.operand(product, 2);
    if (t_.t.steps[product].variant != t_.t.steps[s].variant || t_.t.operands[made].place != arena_place) return false;
    for (int r = product + 1; r < end_; ++r) {
      if (t_.t.steps[r].loop >= 0 || (r != s && t_.reads(r, made))) return false;
      if (t_.writes(r, made)) return r >= s;  // memory is used again when nobody reads it
    }
    return !t_.is_output(made);
  }
  constexpr void match(int s) {
    operands_of_sum const sum = operands_in(s);
    if (!sum.fits || sum.product < 0 || sum.addends == 0 || !may_be_written(s, sum)) return;
    if (sum.addends > 1 && (sum.bias >= 0 || !is_chain(s, sum))) return;
    for (int i = 1; i < sum.addends; ++i) {
      matched_epilogue& e = found_.of[sum.maker[i]];
      e.kind = product_epilogue::addend;
      e.step = s;
      e.is_chained = true;
      e.addend_apart = t_.place_of(s, sum.addend[i - 1]).offset - t_.place_of(s, sum.addend[i]).offset;
    }
    matched_epilogue& e = found_.of[s - 1];
    e.kind = sum.has_relu    ? product_epilogue::addend_bias_and_relu
             : sum.bias >= 0 ? product_epilogue::addend_and_bias
                             : product_epilogue::addend;
    e.bias = sum.bias >= 0 ? sum.bias : 0;
    e.result = t_.t.steps[s].inputs;
    e.addend = sum.addend[sum.addends - 1];
    e.is_chained = sum.addends > 1;
  }
  /// What a step adds, if it does nothing else, to matrices as large as the product before it.
  constexpr operands_of_sum operands_in(int s) const {
    operands_of_sum of;
    int const product = s - 1, count = is_sum(s, of.has_relu) ? t_.code(s, layout::inputs) : 0;
    std::int64_t const *const p = t_.numbers(product), *const n = t_.numbers(s), axes = count ? n[0] : 0;
    bool const is_flat = axes == 1 && n[3] == p[0] * p[1] * p[2];
    if (!is_flat && !(axes == 2 && p[0] == 1 && n[3] == p[1] && n[4] == p[2])) return of;
    for (int k = 0; k <= count; ++k) {
      std::int64_t const* const stride = n + 3 + axes + axes * k;
      if (stride[axes - 1] != 1) return of;
      bool const is_row = !is_flat && stride[0] == 0;
      if (!is_row && !is_flat && stride[0] != p[2]) return of;
      if (is_row) {
        if (of.bias >= 0 || k == count) return of;
        of.bias = k;
      } else if (k < count && t_.is_same(t_.place_of(s, k), t_.place_of(product, 2))) {
        of.product = k;
      } else if (k < count) {
        take(of, k, maker_of(s, k));
      }
    }
    of.fits = !of.has_relu || of.bias >= 0;
    return of;
  }
  static constexpr void take(operands_of_sum& of, int k, int maker) {
    int i = of.addends++;
    for (; i > 0 && of.maker[i - 1] > maker; --i) {
      of.maker[i] = of.maker[i - 1];
      of.addend[i] = of.addend[i - 1];
    }
    of.maker[i] = maker;
    of.addend[i] = k;
  }
  /// The step before s that wrote last what it reads as its operand k; -1: none of this body.
  constexpr int maker_of(int s, int k) const {
    int r = s - 1;
    while (r >= begin_ && (t_.t.steps[r].loop >= 0 || !t_.writes(r, t_.operand(s, k)))) --r;
    return r < begin_ ? -1 : r;
  }
  /// Whether a step adds all its operands, each once, and then perhaps takes what is above zero.
  constexpr bool is_sum(int s, bool& has_relu) const {
    if (!t_.is_a(kernel_kind::row, s) || t_.code(s, layout::outputs) != 1 || t_.code(s, layout::passes) != 0)
      return false;
    int const wanted = static_cast<int>(t_.code(s - 1, 1) ? element::float64 : element::float32);
    int const inputs = t_.code(s, layout::inputs), all = t_.code(s, layout::instructions);
    has_relu = all > 1 && t_.field(s, all - 1, 0) == static_cast<int>(op::relu);
    int const count = all - has_relu;
    if (inputs < 2 || inputs > most || count != inputs - 1) return false;
    for (int k = 0; k < inputs; ++k)
      if (t_.code(s, layout::head + 2 * k) != wanted ||
          t_.code(s, layout::head + 2 * k + 1) != static_cast<int>(access::contiguous))
        return false;
    bool used[2 * most]{};  // operands, then sums
    for (int i = 0; i < count; ++i)
      for (int f = 3; f < 5; ++f) {
        int const x = t_.field(s, i, f), which = x < 0 ? -1 - x : inputs + x;
        if (t_.field(s, i, 0) != static_cast<int>(op::add) || x < -inputs || x >= i || used[which]) return false;
        used[which] = true;
      }
    if (has_relu && t_.field(s, all - 1, 3) != count - 1) return false;
    return t_.output_field(s, 0) == all - 1 && t_.output_field(s, 1) == wanted &&
           t_.output_field(s, 2) == static_cast<int>(access::contiguous);
  }
  /// The library reads the factors, and the bias, while it writes the result; what it begins from may lie there.
  constexpr bool may_be_written(int s, operands_of_sum const& sum) const {
    int const product = s - 1, result = t_.operand(s, t_.t.steps[s].inputs);
    bool const is_in_place = t_.is_same(t_.place_of(product, 2), t_.t.operands[result]);
    for (int k = 0; k < 2 && !is_in_place; ++k)
      if (t_.overlap(result, t_.operand(product, k))) return false;
    if (sum.bias >= 0 && t_.overlap(result, t_.operand(s, sum.bias))) return false;
    int const last = t_.operand(s, sum.addend[sum.addends - 1]);
    return t_.is_same(t_.t.operands[last], t_.t.operands[result]) || !t_.overlap(last, result);
  }
  /// Whether each addend but the first is a product that may begin from the one before, in the same memory.
  constexpr bool is_chain(int s, operands_of_sum const& sum) const {
    for (int i = 0; i < sum.addends; ++i) {
      int const operand = t_.operand(s, sum.addend[i]), maker = sum.maker[i];
      if (t_.t.operands[operand].place != arena_place) return false;
      if (i == 0) continue;
      if (maker <= sum.maker[i - 1] || !is_free(maker, s)) return false;
      std::int64_t const *const p = t_.numbers(s - 1), *const q = t_.numbers(maker);
      if (!t_.is_same(t_.place_of(maker, 2), t_.t.operands[operand]) || p[0] != q[0] || p[1] != q[1] || p[2] != q[2] ||
          t_.code(maker, 1) != t_.code(s - 1, 1))
        return false;
    }
    return true;
  }

  step_tables<Tables> const& t_;
  Matches& found_;
  int begin_ = 0, end_ = 0;
};
#endif

}  // namespace ashlar::inline ASHLAR_ABI::detail::inline ASHLAR_DEVICE_ABI
