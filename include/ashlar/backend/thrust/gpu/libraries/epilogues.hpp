// SPDX-License-Identifier: MIT
#pragma once
#include <ashlar/backend/finite_watch.hpp>
#include <ashlar/backend/fused_program.hpp>
#include <ashlar/backend/thrust/gpu/libraries/calls.hpp>
#include <ashlar/plan/program.hpp>

/// Which steps a product's library does on the way to memory: a bias for each column, and a ReLU, that alone read what
/// the product makes.
namespace ashlar::inline ASHLAR_ABI::detail::inline ASHLAR_DEVICE_ABI {

#if ASHLAR_HAS_CUBLASLT
/// What the step behind a product is to it.
struct matched_epilogue {
  product_epilogue kind = product_epilogue::none;
  int bias = 0, result = 0;  // operands of that step
};

template <class Tables>
class epilogue_search {
 public:
  constexpr epilogue_search(Tables const& t, int product)
      : t_(t), product_(t.steps[product]), next_(t.steps[product + 1]) {
    if (is_pair(product)) find();
  }
  matched_epilogue found;

 private:
  using layout = fused_code;

  constexpr int code(step_entry const& s, int i) const { return t_.code[t_.kernel_begin[s.kernel] + i]; }
  constexpr bool is_pair(int product) const {
    if (product_.kernel < 0 || next_.kernel < 0 || product_.variant || next_.variant) return false;
    if (code(product_, 0) != static_cast<int>(kernel_kind::matmul) ||
        code(next_, layout::kind) != static_cast<int>(kernel_kind::row))
      return false;
    for (int b = 0; b < t_.sizes.bodies; ++b) {
      int const begin = t_.bodies[b].first_step, end = begin + t_.bodies[b].step_count;
      if (product >= begin && product + 1 < end) return is_read_once(product, end);
    }
    return false;
  }
  /// Whether nothing in the body but the next step reads what the product makes.
  constexpr bool is_read_once(int product, int end) const {
    address const made = t_.operands[product_.operands + 2];
    std::int64_t const made_end = made.offset + bytes(product_.operands + 2);
    if (made.place != arena_place) return false;
    auto overlaps = [&](int operand) {
      address const& a = t_.operands[operand];
      return a.place == arena_place && a.offset < made_end && a.offset + bytes(operand) > made.offset;
    };
    for (int s = product + 1; s < end; ++s) {
      step_entry const& step = t_.steps[s];
      if (step.loop >= 0) return false;
      for (int k = 0; k < step.inputs; ++k)
        if (s > product + 1 && overlaps(step.operands + k)) return false;
      for (int k = 0; k < step.outputs; ++k)
        if (overlaps(step.operands + step.inputs + k)) return true;  // memory is used again when nobody reads it
    }
    for (int k = 0; k < t_.sizes.outputs; ++k) {
      address const& at = t_.outputs[k].at;
      if (at.place == arena_place && at.offset >= made.offset && at.offset < made_end) return false;
    }
    return true;
  }
  constexpr std::int64_t bytes(int operand) const { return bytes_between(t_.values[operand]); }

  constexpr void find() {
    int const inputs = code(next_, layout::inputs), count = code(next_, layout::instructions);
    if (inputs != 2 || code(next_, layout::outputs) != 1 || code(next_, layout::passes) != 0 || count < 1 || count > 2)
      return;
    element const floating = code(product_, 1) ? element::float64 : element::float32;
    for (int k = 0; k < 2; ++k)
      if (code(next_, layout::head + 2 * k) != static_cast<int>(floating) ||
          code(next_, layout::head + 2 * k + 1) != static_cast<int>(access::contiguous))
        return;
    int const first = layout::head + 2 * layout::input_size, second = first + layout::instruction_size;
    int const out = first + count * layout::instruction_size;
    int const x = code(next_, first + 3), y = code(next_, first + 4);
    bool const adds = code(next_, first) == static_cast<int>(op::add) && x + y == -3 && x < 0 && y < 0;
    bool const clips =
        count == 1 || (code(next_, second) == static_cast<int>(op::relu) && code(next_, second + 3) == 0);
    bool const stores = code(next_, out) == count - 1 && code(next_, out + 1) == static_cast<int>(floating) &&
                        code(next_, out + 2) == static_cast<int>(access::contiguous);
    if (!adds || !clips || !stores) return;
    address const made = t_.operands[product_.operands + 2];
    for (int k = 0; k < 2; ++k) {
      address const& read = t_.operands[next_.operands + k];
      if (read.place == made.place && read.offset == made.offset && strides_fit(k, 1 - k))
        found = {count == 1 ? product_epilogue::bias : product_epilogue::bias_and_relu, 1 - k, 2};
    }
  }
  /// The nest of the next step is [m, n], its operands the product's result, dense, and one row for all.
  constexpr bool strides_fit(int product, int bias) const {
    std::int64_t const* const p = t_.numbers + product_.numbers;
    std::int64_t const* const n = t_.numbers + next_.numbers;
    auto stride = [&](int operand, int axis) { return n[5 + 2 * operand + axis]; };
    return p[0] == 1 && n[0] == 2 && n[3] == p[1] && n[4] == p[2] && stride(product, 0) == p[2] &&
           stride(product, 1) == 1 && stride(bias, 0) == 0 && stride(bias, 1) == 1 && stride(2, 0) == p[2] &&
           stride(2, 1) == 1;
  }

  Tables const& t_;
  step_entry const &product_, &next_;
};

/// Of each step of a program.
template <class Program>
struct epilogues_of {
  static constexpr auto const& tables = Program::tables;
  struct all {
    matched_epilogue of[tables.sizes.steps + 1]{};
  };
  static constexpr all steps = [] {
    all found;
    for (int s = 0; s + 1 < tables.sizes.steps; ++s) found.of[s] = epilogue_search(tables, s).found;
    return found;
  }();
};
#endif

}  // namespace ashlar::inline ASHLAR_ABI::detail::inline ASHLAR_DEVICE_ABI
