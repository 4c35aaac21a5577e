// SPDX-License-Identifier: MIT
#pragma once
#include <ashlar/backend/finite_watch.hpp>
#include <ashlar/backend/fused_program.hpp>
#include <ashlar/backend/thrust/gpu/libraries/calls.hpp>
#include <ashlar/plan/program.hpp>

/// Which steps a product's library does on the way to memory: a bias for each column, and a ReLU or the GELU by a
/// hyperbolic tangent, that alone read what the product makes. (The library has no exact GELU.)
namespace ashlar::inline ASHLAR_ABI::detail::inline ASHLAR_DEVICE_ABI {

#if ASHLAR_HAS_CUBLASLT
/// What a step behind a product is to it.
struct matched_epilogue {
  product_epilogue kind = product_epilogue::none;
  int bias = 0, result = 0;     // operands of the step, which is the next one
  int kept = -1;                // of a GELU whose gradient is matched: the operand where what it read is kept
  int gradient = -1;            // and the product that has its gradient
  int mask = -1;                // the product whose ReLU says where there is a gradient
  std::int64_t mask_at = -1;    // of a ReLU whose gradient is matched: where its mask lies among all of them
  int step = -1;                // of a gradient: what is done besides the product
  int bias_gradient_step = -1;  // and the sum of its columns; -1: none

  constexpr bool is_of_next_step() const { return kind != product_epilogue::none && step < 0; }
};

/// Questions to a program's tables.
template <class Tables>
class step_tables {
 public:
  using layout = fused_code;
  constexpr explicit step_tables(Tables const& tables) : t(tables) {}

  constexpr int code(int step, int i) const { return t.code[t.kernel_begin[t.steps[step].kernel] + i]; }
  constexpr bool is_a(kernel_kind k, int step) const {
    return t.steps[step].kernel >= 0 && code(step, 0) == static_cast<int>(k);
  }
  constexpr std::int64_t const* numbers(int step) const { return t.numbers + t.steps[step].numbers; }
  constexpr int operand(int step, int k) const { return t.steps[step].operands + k; }
  constexpr address const& place_of(int step, int k) const { return t.operands[operand(step, k)]; }
  constexpr std::int64_t bytes(int operand) const { return bytes_between(t.values[operand]); }
  constexpr bool is_same(address const& a, address const& b) const {
    return a.place == b.place && a.offset == b.offset;
  }
  constexpr bool overlap(int a, int b) const {
    address const &x = t.operands[a], &y = t.operands[b];
    return x.place == y.place && x.offset < y.offset + bytes(b) && y.offset < x.offset + bytes(a);
  }
  /// Whether a step that is no loop reads, or writes, what lies at an operand.
  constexpr bool reads(int step, int operand) const {
    for (int k = 0; k < t.steps[step].inputs; ++k)
      if (overlap(t.steps[step].operands + k, operand)) return true;
    return false;
  }
  constexpr bool writes(int step, int operand) const {
    step_entry const& s = t.steps[step];
    for (int k = s.inputs; k < s.operand_count; ++k)  // a workspace too
      if (overlap(s.operands + k, operand)) return true;
    return false;
  }
  constexpr bool is_output(int operand) const {
    for (int k = 0; k < t.sizes.outputs; ++k) {
      address const &at = t.outputs[k].at, &made = t.operands[operand];
      if (at.place == made.place && at.offset >= made.offset && at.offset < made.offset + bytes(operand)) return true;
    }
    return false;
  }
  /// A fused kernel's instruction and its operands: the fields of `fused_code`.
  constexpr int field(int step, int i, int f) const {
    int const c =
        code(step, layout::head + code(step, layout::inputs) * layout::input_size + i * layout::instruction_size + f);
    return f == 0 ? layout::without_lane(c) : c;
  }
  constexpr int output_field(int step, int f) const {
    return code(step, layout::head + code(step, layout::inputs) * layout::input_size +
                          code(step, layout::instructions) * layout::instruction_size + f);
  }
  /// Whether an instruction is that operation of these operands, in this order.
  constexpr bool is_instruction(int step, int i, op what, int a, int b) const {
    return field(step, i, 0) == static_cast<int>(what) && field(step, i, 3) == a && field(step, i, 4) == b;
  }
  constexpr bool is_constant(int step, int argument, double value) const {
    return argument <= constant_base && argument > whole_constant_base &&
           t.constants[t.steps[step].constants + constant_base - argument] == value;
  }
  /// Whether a step is pointwise, of two contiguous inputs and with one contiguous result that its last instruction
  /// makes, all of a product's type, and runs when that does.
  constexpr bool is_pointwise_on(int product, int step) const {
    if (!is_a(kernel_kind::row, step) || t.steps[step].variant != t.steps[product].variant) return false;
    int const wanted = static_cast<int>(code(product, 1) ? element::float64 : element::float32);
    if (code(step, layout::inputs) != 2 || code(step, layout::outputs) != 1 || code(step, layout::passes) != 0)
      return false;
    for (int k = 0; k < 2; ++k)
      if (code(step, layout::head + 2 * k) != wanted ||
          code(step, layout::head + 2 * k + 1) != static_cast<int>(access::contiguous))
        return false;
    return output_field(step, 0) == code(step, layout::instructions) - 1 && output_field(step, 1) == wanted &&
           output_field(step, 2) == static_cast<int>(access::contiguous);
  }

  Tables const& t;
};

/// Finds what the step behind a product is to it.
template <class Tables>
class epilogue_search {
 public:
  constexpr epilogue_search(step_tables<Tables> const& t, int product) : t_(t), product_(product), next_(product + 1) {
    if (is_pair()) find();
  }
  matched_epilogue found;

 private:
  using layout = fused_code;

  constexpr bool is_pair() const {
    if (!t_.is_a(kernel_kind::matmul, product_) || !t_.is_pointwise_on(product_, next_)) return false;
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

  constexpr void find() {
    product_epilogue const kind = kind_of();
    if (kind == product_epilogue::none) return;
    address const made = t_.place_of(product_, 2);
    int const result = t_.operand(next_, 2);
    if (!t_.is_same(made, t_.t.operands[result]) &&  // the library reads the factors while it writes the result
        (t_.overlap(result, t_.operand(product_, 0)) || t_.overlap(result, t_.operand(product_, 1))))
      return;
    for (int k = 0; k < 2; ++k)
      if (t_.is_same(t_.place_of(next_, k), made) && strides_fit(k, 1 - k)) {
        found.kind = kind;
        found.bias = 1 - k;
        found.result = 2;
      }
  }
  constexpr product_epilogue kind_of() const {
    int const count = t_.code(next_, layout::instructions);
    if (!t_.is_instruction(next_, 0, op::add, -1, -2) && !t_.is_instruction(next_, 0, op::add, -2, -1))
      return product_epilogue::none;
    if (count == 1) return product_epilogue::bias;
    if (count == 2 && t_.field(next_, 1, 0) == static_cast<int>(op::relu) && t_.field(next_, 1, 3) == 0)
      return product_epilogue::bias_and_relu;
    return is_tanh_gelu(count) ? product_epilogue::bias_and_gelu : product_epilogue::none;
  }
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
  /// The nest of the next step is [m, n], its operands the product's result, dense, and one row for all.
  constexpr bool strides_fit(int product, int bias) const {
    std::int64_t const* const p = t_.numbers(product_);
    std::int64_t const* const n = t_.numbers(next_);
    auto stride = [&](int operand, int axis) { return n[5 + 2 * operand + axis]; };
    return p[0] == 1 && n[0] == 2 && n[3] == p[1] && n[4] == p[2] && stride(product, 0) == p[2] &&
           stride(product, 1) == 1 && stride(bias, 0) == 0 && stride(bias, 1) == 1 && stride(2, 0) == p[2] &&
           stride(2, 1) == 1;
  }

  step_tables<Tables> const& t_;
  int product_, next_;
};

#endif

}  // namespace ashlar::inline ASHLAR_ABI::detail::inline ASHLAR_DEVICE_ABI
