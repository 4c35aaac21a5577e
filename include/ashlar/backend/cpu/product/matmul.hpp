// SPDX-License-Identifier: MIT
#pragma once
#include <ashlar/backend/cpu/product/low_product.hpp>
#include <ashlar/backend/cpu/product/product_addend.hpp>
#include <ashlar/backend/cpu/product/row_product.hpp>
#include <ashlar/backend/cpu/product/transposed_product.hpp>

namespace ashlar::inline ASHLAR_ABI::detail {

/// A kernel's share of a batch of matrices: matrices, or rows, or columns in blocks that no other share writes to.
/// Where there are as many of both, columns: of the right factor, the larger one then, every share reads its own part.
/// Panels are divided like that wherever they are divided evenly: whoever computes with one has it in its cache from
/// step to step.
struct kernel_block {
  std::int64_t first[3]{}, last[3];

  kernel_block(kernel_arguments const& args, std::int64_t batch, std::int64_t m, std::int64_t n, bool in_panels = false)
      : last{batch, m, n} {
    std::int64_t const unit[3] = {1, 16, 64}, units[3] = {batch, (m + 15) / 16, (n + 63) / 64};
    int axis = in_panels && (units[2] % args.parts == 0 || units[2] >= 4 * args.parts) ? 2 : 0;
    if (axis == 0)
      for (int i = 1; i < 3; ++i)
        if (units[axis] < 4 * args.parts && units[i] + (i == 2) > units[axis]) axis = i;
    kernel_share const own(args, last[axis], unit[axis]);
    first[axis] = own.begin;
    last[axis] = own.end < own.begin ? own.begin : own.end;
  }
};

/// What some program's products may come to: others are not compiled for it. Told by a plan.
struct product_cases {
  bool tiled = true;  // more rows than are computed sum by sum
  bool row = true;    // one row, unless it is a partial batch
  bool low = true;    // rows that are computed sum by sum: of partial batches, where the other matrix is large
  bool few = true;    // several of them, unless they are a partial batch
  bool along = true;  // few rows by so large a matrix that how it is read is what counts
  bool read = true;   // results that are read block by block
  bool adds = true;   // products to which a matrix is added on the way to memory

  /// Those of a step.
  template <class Code>
  constexpr void add(std::int64_t const* numbers) {
    bool const ta = Code::at[2] != 0, tb = Code::at[3] != 0;
    std::int64_t const most = numbers[1];
    bool const is_low = tb && most <= low_product_rows;
    row |= most == 1;
    low |= is_low || (tb && numbers[4] == 2 && numbers[2] * numbers[3] > low_product_elements);
    few |= is_low && most > 1;
    tiled |= ta || numbers[4] == 3 || most > (tb ? low_product_rows : 1);
    along |=
        (most <= row_product_rows || numbers[4] == 2) &&
        (Code::at[1] ? is_read_along<double>(numbers[2], numbers[3]) : is_read_along<float>(numbers[2], numbers[3]));
  }
};

/// What lies in panels, by the codes of a product.
template <class Code>
constexpr panel_role panels_in() {
  return static_cast<panel_role>(Code::size > 4 ? Code::at[Code::size - 1] : 0);
}

/// numbers: batch, m, n, k, which of them follows the valid rows, its units per row. The last of its codes may say what
/// lies in panels.
template <class Code, product_cases Cases = product_cases{}>
struct matmul_kernel {
  using T = std::conditional_t<Code::at[1] != 0, double, float>;
  static constexpr bool ta = Code::at[2] != 0, tb = Code::at[3] != 0;
  static constexpr bool is_read = Cases.read && ta && !tb && sizeof(T) == sizeof(float);  // by updates of weights
  static constexpr panel_role panels = panels_in<Code>();
  static constexpr bool reads_panels = panels == panel_role::factor, makes_panels = panels == panel_role::result;
  static constexpr std::int64_t width = panel_distances::width;
  enum class way { tiled, low, transposed, row, along };
  struct block {
    std::int64_t first_row, last_row, first_column, last_column;
  };

  static void run(kernel_arguments const& args) {
    std::int64_t const* const full = args.numbers;
    std::int64_t const by_rows = full[4], valid = by_rows ? full[5] * args.rows : 0;
    std::int64_t const batch = by_rows == 1 ? valid : full[0], m = by_rows == 2 ? valid : full[1];
    std::int64_t const k = by_rows == 3 ? valid : full[3];
    // told by all rows, not by those of a share: the bits are to be the same for any number of threads
    way const how = k == full[3] ? way_of(args.set, m, full[2], k) : way::tiled;
    std::int64_t first = 0, last = batch;
    block own{0, m, 0, full[2]};
    if (args.parts > 1) {
      kernel_block const share(args, batch, m, full[2], makes_panels || (reads_panels && !tb));
      first = share.first[0];
      last = share.last[0];
      own = {share.first[1], share.last[1], share.first[2], share.last[2]};
    }
    for (std::int64_t p = first; p < last; ++p) product(args, how, p, own, k);
  }

 private:
  static way way_of([[maybe_unused]] instruction_set set, std::int64_t m, std::int64_t n, std::int64_t k) {
    if (ta) return way::tiled;
    if (Cases.low && tb && m <= low_product_rows) return way::low;
    if (tb) return reads_panels && is_cheaper_transposed<T>(set, m, n) ? way::transposed : way::tiled;
    if (Cases.along && m <= row_product_rows && is_read_along<T>(n, k)) return way::along;
    return Cases.row && m == 1 ? way::row : way::tiled;
  }
  /// How far apart panels are.
  static panel_distances distances(kernel_arguments const& args) {
    std::int64_t const* const full = args.numbers;
    panel_distances apart;
    if (reads_panels) (tb ? apart.rows_of_b : apart.columns_of_b) = width * (tb ? full[2] : full[3]);
    if (makes_panels) apart.columns_of_c = width * full[1];
    return apart;
  }
  /// A block of matrix p.
  ASHLAR_INLINE static void product(kernel_arguments const& args, way how, std::int64_t p, block const& of,
                                    std::int64_t k) {
    std::int64_t const full_m = args.numbers[1], n = args.numbers[2], full_k = args.numbers[3];
    T const* const a =
        reinterpret_cast<T const*>(args.operands[0]) + p * full_m * full_k + of.first_row * (ta ? 1 : full_k);
    T const* const b =
        reinterpret_cast<T const*>(args.operands[1]) + p * full_k * n +
        (reads_panels ? panel_distances::place(distances(args).columns_of_b, of.first_column, of.first_column * width)
                      : of.first_column * (tb ? full_k : 1));
    std::int64_t const first = makes_panels ? of.first_row * width + of.first_column * full_m
                                            : (p * full_m + of.first_row) * n + of.first_column;
    T* const c = reinterpret_cast<T*>(args.operands[2]) + first;
    std::int64_t const rows = of.last_row - of.first_row, columns = of.last_column - of.first_column;
    if constexpr (is_read)
      if (args.reader) return in_blocks(args, how, first, rows, columns, k, a, b, c);
    product_finish<T> finish;
    if (args.epilogue != product_epilogue::none) {
      std::int64_t const row = args.epilogue == product_epilogue::relu_gradient ? n : 0;
      finish = {args.epilogue, reinterpret_cast<T const*>(args.operands[3]) + of.first_row * row + of.first_column,
                row};
    }
    if constexpr (Cases.adds && !ta)
      if (has_addend(args.epilogue)) {
        T const* const addend = reinterpret_cast<T const*>(args.operands[3]) + of.first_row * n;
        bool const has_bias = args.epilogue != product_epilogue::addend;
        product_addend<T> const more =
            addend_of<T>(args.set, addend, has_bias ? reinterpret_cast<T const*>(args.operands[4]) : nullptr);
        product_finish<T> const sum{args.epilogue, addend + of.first_column, n, &more};
        bool const is_late = how != way::tiled && how != way::transposed;  // of few rows, which are near as a whole
        compute(args, how, rows, columns, k, a, b, c, is_late ? product_finish<T>{} : sum);
        if (is_late) finish_block<T>(args.set, sum, rows, columns, c, n);
        return;
      }
    compute(args, how, rows, columns, k, a, b, c, finish);
  }
  ASHLAR_INLINE static void compute(kernel_arguments const& args, way how, std::int64_t rows, std::int64_t columns,
                                    std::int64_t k, T const* a, T const* b, T* c, product_finish<T> const& finish) {
    [[maybe_unused]] std::int64_t const full_m = args.numbers[1], n = args.numbers[2], full_k = args.numbers[3];
    if constexpr (!ta && tb) {
      constexpr int most = Cases.few ? low_product_rows : 1;
      std::int64_t const b_row = reads_panels ? width : full_k, apart = distances(args).rows_of_b;
      if constexpr (Cases.low)
        if (how == way::low) return multiply_low<T, most>(args.set, rows, columns, k, a, b, c, n, finish, apart);
      if constexpr (Cases.tiled)
        if (reads_panels ? how == way::transposed : is_cheaper_transposed<T>(args.set, rows, columns))
          return multiply_transposed<T>(args.set, rows, columns, k, a, full_k, b, b_row, c, n, finish, apart);
    } else if constexpr (!ta) {
      if constexpr (Cases.row)
        if (how == way::row) return multiply_by_rows<row_order::panels>(args, rows, columns, k, a, b, c, finish);
      if constexpr (Cases.along)
        if (how == way::along) return multiply_by_rows<row_order::along>(args, rows, columns, k, a, b, c, finish);
    }
    if constexpr (Cases.tiled) {
      std::int64_t const b_row = tb ? 1 : reads_panels ? width : n, b_column = !tb ? 1 : reads_panels ? width : full_k;
      multiply<T>(args.set, rows, columns, k, {a, ta ? 1 : full_k, ta ? full_m : 1}, {b, b_row, b_column}, c,
                  makes_panels ? width : n, false, finish, distances(args));
    }
  }
  template <row_order Order>
  ASHLAR_INLINE static void multiply_by_rows(kernel_arguments const& args, std::int64_t rows, std::int64_t columns,
                                             std::int64_t k, T const* a, T const* b, T* c,
                                             product_finish<T> const& finish) {
    std::int64_t const n = args.numbers[2], full_k = args.numbers[3];
    matrix_view<T> const left{a, full_k, 1};
    if constexpr (reads_panels)
      for (std::int64_t j = 0; j < columns; j += width)
        multiply_rows<Order, T>(args.set, rows, width, k, left, b + j * full_k, width, c + j, n, finish.at(0, j));
    else
      multiply_rows<Order, T>(args.set, rows, columns, k, left, b, n, c, n, finish);
  }
  /// Panel after panel for a reader, or all.
  static void in_blocks(kernel_arguments const& args, way how, std::int64_t first, std::int64_t rows,
                        std::int64_t columns, std::int64_t k, T const* a, T const* b, T* c) {
    if constexpr (makes_panels)
      for (std::int64_t j = 0; j < columns; j += width)
        in_rows(args, how, first + j * args.numbers[1], rows, width, k, a, b + j, c);
    else
      in_rows(args, how, first, rows, columns, k, a, b, c);
  }
  /// Some rows of some columns after the other, each time in the place of the first rows.
  [[gnu::noinline]] static void in_rows(kernel_arguments const& args, way how, std::int64_t first, std::int64_t rows,
                                        std::int64_t columns, std::int64_t k, T const* a, T const* b, T* c) {
    std::int64_t const full_m = args.numbers[1], n = args.numbers[2], full_k = args.numbers[3];
    std::int64_t const c_row = makes_panels ? width : n;
    if (rows <= 0 || columns <= 0) return;  // a share of nothing
    bool const is_shallow = ta && !tb && columns == c_row && k <= shallow_depth;
    std::int64_t const fitting = is_shallow ? first_cache / columns : second_cache / columns;
    std::int64_t const least = is_shallow ? 1 : fewest_rows;
    std::int64_t const at_once = fitting < least ? least : fitting / least * least;
    std::int64_t const most_columns = is_shallow || fitting >= at_once ? columns : second_cache / at_once / 64 * 64;
    for (std::int64_t column = 0; column < columns; column += most_columns)
      for (std::int64_t row = 0; row < rows; row += at_once) {
        std::int64_t const height = rows - row < at_once ? rows - row : at_once;
        std::int64_t const count = columns - column < most_columns ? columns - column : most_columns;
        if (is_shallow)
          multiply_rows<row_order::shallow, T>(args.set, height, c_row, k, {a + row, 1, full_m}, b, n, c, c_row);
        else
          compute(args, how, height, count, k, a + row * (ta ? 1 : full_k), b + column * (tb ? full_k : 1), c + column,
                  {});
        args.reader->take(args.reader->self,
                          {first + row * c_row + column, height, count, c_row, reinterpret_cast<char*>(c + column)});
      }
  }
  /// Elements of a block, about.
  static constexpr std::int64_t first_cache = 4096, second_cache = 131072;
  static constexpr std::int64_t fewest_rows = 16;  // whole register tiles; wide results are cut along columns, too
};

}  // namespace ashlar::inline ASHLAR_ABI::detail
