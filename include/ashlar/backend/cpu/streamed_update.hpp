// SPDX-License-Identifier: MIT
#pragma once
#include <ashlar/backend/cpu/kernel.hpp>
#include <ashlar/backend/cpu/row_product.hpp>
#include <ashlar/plan/program.hpp>

namespace ashlar::inline ASHLAR_ABI::detail {

/// The last weight gradient of a step on few samples, and the update that reads it, in turns: some rows of the gradient
/// at a time, which stay in the first cache. So large parameters pass through the other caches once less to and fro.
/// Every number is computed by the same operations as in two steps.
template <class Program>
struct streamed_update {
  static constexpr auto const& tables = Program::tables;
  static constexpr int most_depth = 4;  // of the product; longer ones are not about memory
  static constexpr int most_operands = 32;
  /// Elements of the gradient at a time, about.
  static constexpr std::int64_t slice = 4096;

 private:
  static constexpr std::int64_t number(step_entry const& s, int i) { return tables.numbers[s.numbers + i]; }
  static constexpr int code(step_entry const& s, int i) { return tables.code[tables.kernel_begin[s.kernel] + i]; }
  static constexpr address operand(step_entry const& s, int o) { return tables.operands[s.operands + o]; }

  /// A^T B of few samples: what a linear layer's weight gradient is.
  static constexpr bool is_weight_gradient(int step) {
    step_entry const& s = tables.steps[step];
    if (s.kernel < 0 || code(s, 0) != static_cast<int>(kernel_kind::matmul)) return false;
    return code(s, 1) == 0 && code(s, 2) == 1 && code(s, 3) == 0 && number(s, 0) == 1 && number(s, 3) <= most_depth &&
           number(s, 4) == 3 && operand(s, 0).place == arena_place && operand(s, 1).place == arena_place &&
           operand(s, 2).place == arena_place;
  }
  /// One pass over ranges of floats, of which none is computed of others, that changes nothing in the arena.
  static constexpr bool is_flat(int step) {
    step_entry const& s = tables.steps[step];
    using layout = fused_code;
    if (s.kernel < 0 || s.phases != 1 || s.operand_count > most_operands) return false;
    if (code(s, layout::kind) != static_cast<int>(kernel_kind::row) || code(s, layout::wide) != 0 ||
        code(s, layout::passes) != 0 || number(s, 0) != 1 || number(s, 1) != 0 || number(s, 2) != 0)
      return false;
    int const inputs = code(s, layout::inputs), outputs = code(s, layout::outputs);
    if (inputs + outputs != s.operand_count) return false;
    for (int i = 0; i < inputs; ++i) {
      auto const e = static_cast<element>(layout::without_lane(code(s, layout::head + layout::input_size * i)));
      bool const moves = number(s, 4 + i) != 0;
      if (moves ? e != element::float32 || number(s, 4 + i) != 1 : e != element::float32 && e != element::scalar)
        return false;
    }
    int const first_output =
        layout::head + inputs * layout::input_size + code(s, layout::instructions) * layout::instruction_size;
    for (int o = 0; o < outputs; ++o)
      if (code(s, first_output + layout::output_size * o + 1) != static_cast<int>(element::float32) ||
          number(s, 4 + inputs + o) != 1 || operand(s, inputs + o).place == arena_place)
        return false;
    return true;
  }
  /// The operand of the update that holds the product's result; -1: none, or not one alone.
  static constexpr int gradient_of(int product, int update) {
    step_entry const& s = tables.steps[update];
    std::int64_t const size = number(tables.steps[product], 1) * number(tables.steps[product], 2);
    int found = -1;
    for (int o = 0; o < s.inputs; ++o) {
      if (operand(s, o).place != arena_place) continue;
      std::int64_t const before = elements_before(product, update, o);
      std::int64_t const covered = number(s, 4 + o) ? number(s, 3) : 1;
      if (before >= covered || before + size <= 0) continue;
      if (found >= 0 || before < 0 || before + size > covered) return -1;
      found = o;
    }
    return found;
  }
  static constexpr std::int64_t elements_before(int product, int update, int o) {
    return (operand(tables.steps[product], 2).offset - operand(tables.steps[update], o).offset) /
           static_cast<std::int64_t>(sizeof(float));
  }

 public:
  /// The step of the gradient, behind which stands nothing but the update, one step for each variant; -1: there is
  /// none.
  static constexpr int product = [] {
    body_entry const& top = tables.bodies[tables.top];
    int const end = top.first_step + top.step_count;
    int last = end - 1;
    while (last >= top.first_step && !is_weight_gradient(last)) --last;
    if (last < top.first_step || last + 1 == end) return -1;
    if (tables.steps[last].variant && last + 2 < end) return -1;  // it runs for one variant alone
    for (int s = last + 1; s < end; ++s)
      if (tables.steps[s].variant != s - last || !is_flat(s) || gradient_of(last, s) < 0) return -1;
    return last;
  }();

  /// Runs both steps; args: what both are called with. `at(address)` is where an operand lies.
  template <class At>
  static void run(int update, kernel_arguments args, kernel_function run_update, At const& at) {
    step_entry const &p = tables.steps[product], &u = tables.steps[update];
    std::int64_t const m = number(p, 1), n = number(p, 2), k = number(p, 5) * args.rows;
    auto const* const a = reinterpret_cast<float const*>(at(tables.operands[p.operands]));
    auto const* const b = reinterpret_cast<float const*>(at(tables.operands[p.operands + 1]));
    auto* const gradient = reinterpret_cast<float*>(at(tables.operands[p.operands + 2]));
    int const of = gradient_of(product, update);
    std::int64_t const first = elements_before(product, update, of), all = number(u, 3);

    char* whole[most_operands];
    for (int o = 0; o < u.operand_count; ++o) whole[o] = at(tables.operands[u.operands + o]);
    std::int64_t numbers[4 + most_operands];
    for (int i = 0; i < 4 + u.operand_count; ++i) numbers[i] = number(u, i);
    char* operands[most_operands];
    args.operands = operands;
    args.numbers = numbers;
    args.constants = tables.constants + u.constants;
    auto update_elements = [&](std::int64_t begin, std::int64_t end) {
      if (begin == end) return;
      numbers[3] = end - begin;
      for (int o = 0; o < u.operand_count; ++o)
        operands[o] = whole[o] + numbers[4 + o] * begin * static_cast<std::int64_t>(sizeof(float));
      run_update(args);
    };
    update_elements(0, first);
    update_elements(first + m * n, all);
    std::int64_t const rows_at_once = slice / n < 1 ? 1 : slice / n;
    for (std::int64_t row = 0; row < m; row += rows_at_once) {
      std::int64_t const rows = m - row < rows_at_once ? m - row : rows_at_once;
      multiply_rows<row_order::shallow, float>(args.set, rows, n, k, {a + row, 1, m}, b, n, gradient, n);
      // all slices lie where the first one does
      whole[of] = reinterpret_cast<char*>(gradient - (first + row * n));
      update_elements(first + row * n, first + (row + rows) * n);
    }
  }
};

}  // namespace ashlar::inline ASHLAR_ABI::detail
