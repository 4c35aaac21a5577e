// SPDX-License-Identifier: MIT
#pragma once
#include <ashlar/backend/epilogue_pattern.hpp>
#include <ashlar/passes/conv_workspace.hpp>

namespace ashlar::inline ASHLAR_ABI::detail {

/// What a step behind a product is to it.
struct product_tail {
  product_epilogue kind = product_epilogue::none;
  int step = -1;
  int next = 0;  // of each step: which one runs when it has run
  int operand_count = 0;
  address operands[5]{};  // factors, the step's result, a convolution's workspace, and the operand beside the product
};

/// Finds the step behind a product that its kernel does on the way to memory: a bias, perhaps with a ReLU, or a ReLU's
/// gradient; of a convolution by Winograd's algorithm a bias that a ReLU may follow; of pooling the maxima.
template <class Tables>
class product_tail_search : epilogue_pattern<Tables> {
 public:
  constexpr product_tail_search(step_tables<Tables> const& t, int product) : epilogue_pattern<Tables>(t, product) {
    if (t.is_a(kernel_kind::conv, product) && t.code(product, 2) == conv_way::winograd) find_bias_of_channels();
    if (t.is_a(kernel_kind::window_index, product)) find_maxima();
    if (!t.is_a(kernel_kind::matmul, product) || t.code(product, 2) || t.numbers(product)[0] != 1) return;
    if (this->is_pair() || is_pair_of_one_column()) find_bias();
    if (found.step < 0) find_mask();
    if (found.step < 0) find_addend();
  }
  product_tail found;

 private:
  using layout = fused_code;
  using epilogue_pattern<Tables>::t_;
  using epilogue_pattern<Tables>::product_;
  using epilogue_pattern<Tables>::next_;
  using epilogue_pattern<Tables>::is_read_once;

  constexpr void find_bias() {
    product_epilogue const kind = this->kind_of();
    if (kind != product_epilogue::bias && kind != product_epilogue::bias_and_relu) return;
    for (int other = 0; other < 2 && found.step < 0; ++other)
      if (reads_product(1 - other) && fits(other, false) && !overwrites(other) && !lies_in_product(other))
        take(kind, other);
  }
  /// The next step adds a matrix, after a bias where there is one, and perhaps takes what is above zero.
  constexpr void find_addend() {
    next_ = product_ + 1;
    constexpr int inputs_at = fused_code::inputs, count_at = fused_code::instructions;
    int const end = end_of_body(),
              inputs = next_ < end && t_.is_a(kernel_kind::row, next_) ? t_.code(next_, inputs_at) : 0;
    bool const has_bias = inputs == 3;
    if ((inputs != 2 && !has_bias) || t_.numbers(product_)[1] < 2 || !is_dense(inputs) || !is_read_once(end)) return;
    int const count = t_.code(next_, count_at), sums = inputs - 1;
    bool const has_relu = has_bias && count == sums + 1 && t_.field(next_, sums, 0) == static_cast<int>(op::relu) &&
                          t_.field(next_, sums, 3) == sums - 1;
    if (count != sums + has_relu) return;
    for (int addend = 0; addend < inputs; ++addend)
      for (int product = 0; product < inputs; ++product) {
        int const bias = has_bias ? 3 - addend - product : -1, result = t_.operand(next_, inputs);
        if (addend == product || !reads_product(product) || lies_in_product(addend)) continue;
        bool const adds = has_bias ? is_sum(0, -1 - product, -1 - bias) && is_sum(1, 0, -1 - addend)
                                   : is_sum(0, -1 - product, -1 - addend);
        if (!adds || !fits_addend(inputs, bias) || t_.overlap(result, t_.operand(next_, addend)) ||
            overwrites_factors(result))
          continue;
        if (has_bias && t_.place_of(next_, bias).place == arena_place) continue;
        take(has_relu   ? product_epilogue::addend_bias_and_relu
             : has_bias ? product_epilogue::addend_and_bias
                        : product_epilogue::addend,
             addend);
        found.operands[2] = t_.t.operands[result];
        if (!has_bias) return;
        found.operand_count = 5;
        found.operands[4] = t_.place_of(next_, bias);
        return;
      }
  }
  constexpr bool is_sum(int i, int a, int b) const {
    return t_.is_instruction(next_, i, op::add, a, b) || t_.is_instruction(next_, i, op::add, b, a);
  }
  /// Whether the next step reads and writes numbers of the product's type that lie together, and runs when that does.
  constexpr bool is_dense(int inputs) const {
    int const wanted = static_cast<int>(t_.code(product_, 1) ? element::float64 : element::float32);
    auto fits = [&](int type, int how) { return type == wanted && how == static_cast<int>(access::contiguous); };
    for (int k = 0; k < inputs; ++k)
      if (!fits(t_.code(next_, fused_code::head + 2 * k), t_.code(next_, fused_code::head + 2 * k + 1))) return false;
    return t_.t.steps[next_].variant == t_.t.steps[product_].variant && t_.code(next_, fused_code::passes) == 0 &&
           t_.code(next_, fused_code::outputs) == 1 && fits(t_.output_field(next_, 1), t_.output_field(next_, 2)) &&
           t_.output_field(next_, 0) == t_.code(next_, fused_code::instructions) - 1;
  }
  /// It goes over the product's numbers and no others: one run, or rows with one row of the bias for all.
  constexpr bool fits_addend(int inputs, int bias) const {
    std::int64_t const *const p = t_.numbers(product_), *const n = t_.numbers(next_);
    std::int64_t const rows = p[1], width = p[2], units = p[4] == 2 ? p[5] : 0, per_row = bias < 0 ? width : 1;
    bool const is_flat = n[0] == 1 && n[3] == rows * width;
    if (p[4] == 1 || is_flat != (bias < 0) || (n[2] != units * per_row && (n[2] != 0 || units != rows))) return false;
    if (is_flat) {
      for (int k = 0; k <= inputs; ++k)
        if (n[4 + k] != 1) return false;
      return true;
    }
    for (int k = 0; k <= inputs; ++k)
      if (n[5 + 2 * k] != (k == bias ? 0 : width) || n[6 + 2 * k] != 1) return false;
    return n[0] == 2 && n[3] == rows && n[4] == width;
  }
  constexpr bool overwrites_factors(int result) const {
    return !t_.is_same(t_.place_of(product_, 2), t_.t.operands[result]) &&
           (t_.overlap(result, t_.operand(product_, 0)) || t_.overlap(result, t_.operand(product_, 1)));
  }
  /// Of one column the bias is one number; where there is one row as well, so is everything.
  constexpr bool is_pair_of_one_column() const {
    int const end = end_of_body();
    if (t_.numbers(product_)[2] != 1 || next_ >= end) return false;
    return (t_.is_pointwise_on(product_, next_, access::splat) ||
            t_.is_pointwise_on(product_, next_, access::splat, access::splat)) &&
           is_read_once(end);
  }
  /// It works in the place of the convolution's result, and reads the bias from outside of the program's memory.
  constexpr void find_bias_of_channels() {
    int const end = end_of_body();
    if (next_ >= end || !t_.is_pointwise_on(product_, next_, access::splat) || !is_read_once(end)) return;
    product_epilogue const kind = this->kind_of();
    bool const is_in_place = t_.is_same(t_.place_of(product_, 2), t_.place_of(next_, 2));
    if (kind != product_epilogue::bias && kind != product_epilogue::bias_and_relu) return;
    if (!is_in_place || !reads_product(0) || t_.place_of(next_, 1).place == arena_place || !fits_channels()) return;
    take(kind, 1);
    found.operand_count = 5;
    found.operands[4] = found.operands[3];
    found.operands[3] = t_.place_of(product_, 3);
  }
  /// It takes the maxima of the same windows, whose positions were found.
  constexpr void find_maxima() {
    if (next_ >= end_of_body() || !t_.is_a(kernel_kind::window_take, next_)) return;
    if (t_.t.steps[next_].variant != t_.t.steps[product_].variant || t_.code(next_, 1) != t_.code(product_, 1)) return;
    for (int k = 0; k < 2; ++k)
      if (!t_.is_same(t_.place_of(next_, k), t_.place_of(product_, k)) ||
          t_.overlap(t_.operand(next_, 2), t_.operand(next_, k)))
        return;
    for (int k = 0; k < 15; ++k)
      if (t_.numbers(next_)[k] != t_.numbers(product_)[k]) return;
    take(product_epilogue::maxima, 2);
    found.operand_count = 3;
  }
  /// The next step goes over images, where there are several, channels and pixels, with one number of each channel.
  constexpr bool fits_channels() const {
    std::int64_t const *const p = t_.numbers(product_), *const n = t_.numbers(next_);
    std::int64_t const images = p[0], channels = p[4], pixels = p[5] * p[6], axes = n[0], first = axes - 2;
    if (axes != 2 && (axes != 3 || n[3] != images)) return false;
    if (axes == 2 && images != 1) return false;
    if (n[3 + first] != channels || n[4 + first] != pixels) return false;
    if (n[2] != p[16] * (axes == 2 ? channels : 1) && (axes != 2 || n[2] != 0)) return false;
    for (int operand = 0; operand < 3; ++operand) {
      std::int64_t const* const stride = n + 3 + axes + axes * operand;
      bool const is_bias = operand == 1;
      if (axes == 3 && stride[0] != (is_bias ? 0 : channels * pixels)) return false;
      if (stride[first] != (is_bias ? 1 : pixels) || stride[first + 1] != (is_bias ? 0 : 1)) return false;
    }
    return true;
  }
  /// The gradient may wait for other steps, as long as they leave alone what it is made of and its place.
  constexpr void find_mask() {
    int const made = t_.operand(product_, 2), end = end_of_body();
    for (next_ = product_ + 1; next_ < end; ++next_) {
      if (t_.t.steps[next_].loop >= 0) return;
      if (!t_.reads(next_, made) && !t_.writes(next_, made)) continue;
      int const mask = relu_mask_of(t_, next_);
      if (mask < 0 || !t_.is_pointwise_on(product_, next_) || !reads_product(1 - mask) || !fits(mask, true)) return;
      if (!is_read_once(end) || overwrites(mask) || is_in_use(mask)) return;
      return take(product_epilogue::relu_gradient, mask);
    }
  }
  /// Whether a step before the next one makes its other operand, or works on its result's place.
  constexpr bool is_in_use(int other) const {
    int const result = t_.operand(next_, 2);
    for (int s = product_; s < next_; ++s) {
      if (s > product_ && has_unknown_size(s)) return true;
      if (t_.writes(s, t_.operand(next_, other))) return true;
      if (s > product_ && (t_.reads(s, result) || t_.writes(s, result))) return true;
    }
    return false;
  }
  /// Workspaces and whole numbers have no size here.
  constexpr bool has_unknown_size(int s) const {
    for (int k = 0; k < t_.t.steps[s].operand_count; ++k)
      if (t_.bytes(t_.operand(s, k)) == 0) return true;
    return false;
  }
  constexpr void take(product_epilogue kind, int other) {
    found.kind = kind;
    found.step = next_;
    found.operand_count = 4;
    for (int k = 0; k < 2; ++k) found.operands[k] = t_.place_of(product_, k);
    found.operands[2] = t_.place_of(next_, 2);
    found.operands[3] = t_.place_of(next_, other);
  }
  constexpr bool lies_in_product(int k) const { return t_.overlap(t_.operand(product_, 2), t_.operand(next_, k)); }
  constexpr bool reads_product(int k) const { return t_.is_same(t_.place_of(next_, k), t_.place_of(product_, 2)); }
  constexpr int end_of_body() const {
    for (int b = 0; b < t_.t.sizes.bodies; ++b) {
      int const begin = t_.t.bodies[b].first_step, end = begin + t_.t.bodies[b].step_count;
      if (product_ >= begin && product_ < end) return end;
    }
    return product_;
  }
  /// The kernel reads the factors and the other operand while it writes the result.
  constexpr bool overwrites(int other) const {
    int const result = t_.operand(next_, 2);
    if (t_.overlap(result, t_.operand(next_, other))) return true;
    return overwrites_factors(result);
  }
  /// The next step goes over the product's numbers and no others: one run of dense operands, or rows with one row of
  /// the other operand for all.
  constexpr bool fits(int other, bool is_mask) const {
    std::int64_t const *const p = t_.numbers(product_), *const n = t_.numbers(next_);
    std::int64_t const rows = p[1], width = p[2], units = p[4] == 2 ? p[5] : 0;
    if (p[4] == 1) return false;
    auto stride = [&](int operand, int axis) { return n[3 + n[0] + n[0] * operand + axis]; };
    auto are_valid = [&](std::int64_t per_row) { return n[2] == units * per_row || (n[2] == 0 && units == rows); };
    if (n[0] == 1 && width == 1 && !is_mask) {
      int const apart = rows == 1 ? 0 : 1;
      return n[3] == rows && are_valid(1) && stride(1 - other, 0) == apart && stride(other, 0) == 0 &&
             stride(2, 0) == apart;
    }
    if (n[0] == 1) {
      if (!is_mask && rows != 1) return false;
      return n[3] == rows * width && are_valid(width) && stride(0, 0) == 1 && stride(1, 0) == 1 && stride(2, 0) == 1;
    }
    return !is_mask && n[0] == 2 && n[3] == rows && n[4] == width && are_valid(1) && stride(1 - other, 0) == width &&
           stride(1 - other, 1) == 1 && stride(other, 0) == 0 && stride(other, 1) == 1 && stride(2, 0) == width &&
           stride(2, 1) == 1;
  }
};

/// Of each step of a program, and how a step_walk goes over both.
template <class Program>
struct product_tails {
  static constexpr auto const& tables = Program::tables;
  struct all {
    product_tail of[tables.sizes.steps + 1]{};
    bool is_done[tables.sizes.steps + 1]{};  // by the product before it
    int count = 0;
  };
  static constexpr all found = [] {
    all f;
    if (!Program::options.fuse) return f;
    step_tables const t(tables);
    for (int s = 0; s + 1 < tables.sizes.steps; ++s) {
      f.of[s] = product_tail_search(t, s).found;
      if (f.of[s].step < 0) continue;
      f.is_done[f.of[s].step] = true;
      ++f.count;
    }
    for (int s = tables.sizes.steps - 1, next = s + 1; s >= 0; --s) {
      f.of[s].next = next;
      if (!f.is_done[s]) next = s;
    }
    return f;
  }();
  static constexpr int most_operands = found.count > 0 ? 5 : 0;
};

}  // namespace ashlar::inline ASHLAR_ABI::detail
