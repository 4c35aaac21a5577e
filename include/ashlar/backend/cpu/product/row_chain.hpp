// SPDX-License-Identifier: MIT
#pragma once
#include <ashlar/backend/cpu/product/low_product.hpp>
#include <ashlar/backend/cpu/product/product_tails.hpp>
#include <ashlar/backend/cpu/product/row_product.hpp>
#include <ashlar/backend/index_faults.hpp>
#include <ashlar/backend/step_walk.hpp>

namespace ashlar::inline ASHLAR_ABI::detail {

/// What one function does of a program: products of one row, each with its finish, one after the other. Four integers
/// each: columns, depth, how the matrix lies (0: row by row, 1: transposed, 2: in panels), and the finish.
template <int... Shape>
struct row_products {
  static constexpr int at[sizeof...(Shape)] = {Shape...};
  static constexpr int count = sizeof...(Shape) / 4;
  static constexpr int operands = 4;  // of a product: row, matrix, result, and what finishes it

  template <instruction_set Set, int I>
  ASHLAR_INLINE static void product(char* const* places, address const* operand) {
    constexpr std::int64_t n = at[4 * I], depth = at[4 * I + 1];
    constexpr auto kind = static_cast<product_epilogue>(at[4 * I + 3]);
    auto lies = [&](int o) { return reinterpret_cast<float*>(places[operand[o].place] + operand[o].offset); };
    product_finish<float> f;
    if constexpr (kind != product_epilogue::none) f = {kind, lies(3), 0};
    if constexpr (at[4 * I + 2] == 1)
      low_product<Set, float>::template run<1>(1, n, depth, lies(0), lies(1), low_rows{depth, depth}, lies(2), n, f);
    else if constexpr (at[4 * I + 2] == 2)  // in panels
      for (std::int64_t j = 0; j < n; j += panel_columns)
        row_product<Set, float>::template run<row_order::panels>(1, panel_columns, depth, {lies(0), depth, 1},
                                                                 lies(1) + j * depth, panel_columns, lies(2) + j, n,
                                                                 f.at(0, j));
    else
      row_product<Set, float>::template run<row_order::panels>(1, n, depth, {lies(0), depth, 1}, lies(1), n, lies(2), n,
                                                               f);
  }
  template <instruction_set Set, int... I>
  ASHLAR_INLINE static void run(char* const* places, address const* list, std::integer_sequence<int, I...>) {
    (product<Set, I>(places, list + operands * I), ...);
  }
};

template <int... Shape>
ASHLAR_COMPILED_SOON void row_products_on_baseline(char* const* places, address const* operands) {
  using all = row_products<Shape...>;
  all::template run<instruction_set::baseline>(places, operands, std::make_integer_sequence<int, all::count>{});
}
template <int... Shape>
ASHLAR_TARGET_AVX2 ASHLAR_FUSED_MULTIPLY_ADD void row_products_on_avx2(char* const* places, address const* operands) {
  using all = row_products<Shape...>;
  all::template run<instruction_set::avx2>(places, operands, std::make_integer_sequence<int, all::count>{});
}
template <int... Shape>
ASHLAR_TARGET_AVX512 ASHLAR_FUSED_MULTIPLY_ADD void row_products_on_avx512(char* const* places,
                                                                           address const* operands) {
  using all = row_products<Shape...>;
  all::template run<instruction_set::avx512>(places, operands, std::make_integer_sequence<int, all::count>{});
}

/// Whether a program is nothing but a few small products of one row, where what stands between them takes as long as
/// they do; and if so, their addresses. Every number is computed as by the kernels, by the same operations.
template <class Program>
class row_chain {
  static constexpr auto const& tables = Program::tables;
  using walk = step_walk<Program, product_tails<Program>>;
  static constexpr int most_products = 6, most_weights = 16384;

  struct found_chain {
    int count = 0;
    int shape[4 * most_products]{};
    address operands[4 * most_products]{};
  };
  /// How a product's matrix lies, as row_products has it; 3: as none of them reads it.
  static constexpr int order_of(int s) {
    int const k = tables.steps[s].kernel, size = tables.kernel_begin[k + 1] - tables.kernel_begin[k];
    int const transposed = step_tables(tables).code(s, 3);
    return size == 4 ? transposed : transposed ? 3 : 2;
  }
  static constexpr bool is_product(int s) {
    step_tables const t(tables);
    if (!t.is_a(kernel_kind::matmul, s) || t.code(s, 1) || t.code(s, 2) || tables.steps[s].variant || order_of(s) > 2)
      return false;
    std::int64_t const* const n = t.numbers(s);  // of the valid rows there is one
    return n[0] == 1 && n[1] == 1 && n[4] != 3 && n[2] * n[3] <= most_weights;
  }
  static constexpr found_chain found = [] {
    found_chain f;
    if (tables.sizes.loops > 0 || !Program::options.fuse || walk::update < walk::end_step || has_indices<Program>)
      return f;
    if (walk::end_step - walk::first_step < 2) return f;  // one step may read inputs where the caller has them
    for (int k = 0; k < tables.sizes.inputs; ++k)
      if (walk::reads_in_place(k)) return f;
    step_tables const t(tables);
    auto const& tails = product_tails<Program>::found;
    std::int64_t weights = 0;
    int count = 0;
    for (int s = walk::first_step; s < walk::end_step; s = tails.of[s].next, ++count) {
      if (count == most_products || !is_product(s)) return f;
      std::int64_t const* const n = t.numbers(s);
      bool const is_finished = tails.of[s].operand_count > 0;
      int const shape[] = {static_cast<int>(n[2]), static_cast<int>(n[3]), order_of(s),
                           static_cast<int>(is_finished ? tails.of[s].kind : product_epilogue::none)};
      for (int i = 0; i < 4; ++i) f.shape[4 * count + i] = shape[i];
      for (int o = 0; o < (is_finished ? 4 : 3); ++o)
        f.operands[4 * count + o] = is_finished ? tails.of[s].operands[o] : t.place_of(s, o);
      weights += n[2] * n[3];
    }
    if (weights <= most_weights) f.count = count;
    return f;
  }();
  using function = void (*)(char* const* places, address const* operands);
  template <int... I>
  static function function_on([[maybe_unused]] instruction_set set, std::integer_sequence<int, I...>) {
    return ASHLAR_BY_SET(set, row_products_on_baseline<found.shape[I]...>, row_products_on_avx2<found.shape[I]...>,
                         row_products_on_avx512<found.shape[I]...>);
  }

 public:
  static constexpr bool is_used = found.count > 0;

  ASHLAR_INLINE static void run(run_memory const& m, instruction_set set) {
    char* const places[operand_place] = {m.arena, reinterpret_cast<char*>(m.scalars), m.parameters, m.states, m.slots};
    function_on(set, std::make_integer_sequence<int, 4 * found.count>{})(places, found.operands);
  }
};

}  // namespace ashlar::inline ASHLAR_ABI::detail
