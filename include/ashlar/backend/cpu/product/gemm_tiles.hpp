// SPDX-License-Identifier: MIT
#pragma once
#include <ashlar/backend/cpu/product/gemm_panels.hpp>
#include <ashlar/backend/cpu/product/tile_terms.hpp>
#include <ashlar/backend/cpu/simd/unroll.hpp>

namespace ashlar::inline ASHLAR_ABI::detail {

#if defined(__CUDACC__)
#pragma nv_diagnostic push
#pragma nv_diag_suppress 1675
#endif

template <class T, instruction_set Set>
struct gemm_on;

/// What a product adds to where nothing was before: as many as a row of a register tile has.
template <class T>
alignas(64) inline constexpr T zeros[gemm_tile<instruction_set::avx512, T>::columns]{};

/// What is compiled for each instruction set: products of rows of A with one panel of B.
template <instruction_set Set, class T>
struct gemm : gemm_panels<Set, T> {
  using tile_size = gemm_tile<Set, T>;
  using S = simd<T, Set>;
  using vector = typename S::vector;
  static constexpr int vectors = tile_size::vectors;

  /// What is due with the next few terms.
  ASHLAR_INLINE static void fetch(fetched_ahead<T>& ahead) {
    constexpr int line = 64 / static_cast<int>(sizeof(T));
    for (std::int64_t n = ahead.together; n > 0 && ahead.count > 0; --n, --ahead.count, ahead.data += ahead.row)
      for (int j = 0; j < tile_size::columns; j += line) __builtin_prefetch(ahead.data + j, 0, 2);
  }
  /// Rows rows of C on Vectors vectors of columns, of which the last has `last` lanes. One that packs copies B's rows
  /// as they pass. What is fetched beside it, C too, is asked for little by little: more at once than the first cache
  /// has room to wait for stops the arithmetic.
  template <int Rows, int Vectors, bool Packs>
  ASHLAR_INLINE static void tile(T const* a, std::int64_t a_row, std::int64_t a_column, T const* b, std::int64_t b_row,
                                 std::int64_t depth, T* c, std::int64_t c_row, bool add, int last,
                                 [[maybe_unused]] T* packed, fetched_beside<T>* fetches) {
    constexpr std::int64_t line = 64 / sizeof(T);
    constexpr bool begins_elsewhere = has_tile_terms<Set, Rows, Vectors>;
    constexpr bool is_whole = !begins_elsewhere && !Packs && Rows == tile_size::rows && Vectors == vectors;
    constexpr bool fetches_lines = is_whole && tile_size::columns >= line;
    bool const fetches_c = fetches_lines && depth >= Rows * line,
               fetches_rows = is_whole && fetches && fetches->next_rows;
    vector sum[Rows][Vectors];
    ASHLAR_UNROLL_UP_TO(32)
    for (int i = 0; i < Rows; ++i) {
      ASHLAR_UNROLL_UP_TO(32)
      for (int j = 0; j < Vectors; ++j) {
        if (!fetches_c && !begins_elsewhere) __builtin_prefetch(c + i * c_row + j * S::width, 1);
        sum[i][j] = vector{};
      }
    }
    std::int64_t k = 0;
#if ASHLAR_TILE_TERMS
    if constexpr (begins_elsewhere) {
      k = add_terms<Packs, T>(sum, {a, a_row, a_column}, b, b_row, depth, c, c_row, packed, fetches);
      a += k * a_column;
      b += k * b_row;
    }
#endif
    for (std::int64_t end = depth; k < depth; end = depth) {
      if constexpr (is_whole) {
        if ((fetches_c || fetches_rows) && k + line < depth) end = k + line;
        if (fetches_c && k < Rows * line)
          for (int j = 0; j < Vectors; ++j) __builtin_prefetch(c + k / line * c_row + j * S::width, 1);
        if (fetches_rows) {
          ASHLAR_UNROLL_UP_TO(32)
          for (int i = 0; i < Rows; ++i) __builtin_prefetch(a + (Rows + i) * a_row);
        }
        if (fetches_lines && fetches) {
          ASHLAR_KEEP_LOOP
          for (fetched_ahead<T>& ahead : fetches->ahead) fetch(ahead);
        }
      }
      for (; k < end; ++k, a += a_column, b += b_row) {
        vector right[Vectors];
        ASHLAR_UNROLL_UP_TO(32)
        for (int j = 0; j < Vectors; ++j) {
          S::load(right[j], b + j * S::width);
          if constexpr (Packs) {
            __builtin_prefetch(b + 16 * b_row + j * S::width);
            S::store(right[j], packed + k * tile_size::columns + j * S::width);
          }
        }
        ASHLAR_UNROLL_UP_TO(32)
        for (int i = 0; i < Rows; ++i) {
          T const left = a[i * a_row];
          ASHLAR_UNROLL_UP_TO(32)
          for (int j = 0; j < Vectors; ++j) add_product<Set, T>(sum[i][j], left, right[j]);
        }
        if constexpr (Rows * Vectors == 1) S::add_by_one_instruction(sum[0][0]);
      }
    }
    if (Packs || last == S::width) {
      T const* const before = add ? c : zeros<T>;
      std::int64_t const before_row = add ? c_row : 0;
      ASHLAR_UNROLL_UP_TO(32)
      for (int i = 0; i < Rows; ++i) {
        ASHLAR_UNROLL_UP_TO(32)
        for (int j = 0; j < Vectors; ++j) {
          vector held;
          S::load(held, before + i * before_row + j * S::width);
          S::store(held + sum[i][j], c + i * c_row + j * S::width);
        }
      }
    } else {
      alignas(64) T part[Rows * Vectors * S::width];
      ASHLAR_UNROLL_UP_TO(32)
      for (int i = 0; i < Rows; ++i) {
        ASHLAR_UNROLL_UP_TO(32)
        for (int j = 0; j < Vectors; ++j) S::store(sum[i][j], part + (i * Vectors + j) * S::width);
      }
      gemm_on<T, Set>::finish_part(Rows, Vectors, part, c, c_row, add, last);
    }
  }
  /// Rows whose last vector has `last` lanes.
  ASHLAR_INLINE static void finish_part(int rows, int vectors_of_row, T const* part, T* c, std::int64_t c_row, bool add,
                                        int last) {
    for (int i = 0; i < rows; ++i)
      for (int j = 0; j < vectors_of_row; ++j, part += S::width) {
        T* const to = c + i * c_row + j * S::width;
        int const lanes = j + 1 < vectors_of_row ? S::width : last;
        vector sum, held{};
        S::load(sum, part);
        if (add) gemm_panels<Set, T>::load_some(held, to, lanes);
        sum = held + sum;
        lanes == S::width ? S::store(sum, to) : store_part<T, Set>(sum, to, lanes);
      }
  }
  template <int Rows, int Vectors, int Most = Rows>
  ASHLAR_INLINE_LEVEL static void tiles(std::int64_t& i, std::int64_t m, matrix_view<T> a, T const* b,
                                        std::int64_t b_row, std::int64_t depth, T* c, std::int64_t c_row, bool add,
                                        int last, fetched_beside<T>* fetches) {
    bool const in_tiles = a.column == 0;
    for (; takes_rows(Rows, m - i); i += Rows)
      tile<Rows, Vectors, false>(a.data + i * a.row, in_tiles ? 1 : a.row, in_tiles ? Rows : a.column, b, b_row, depth,
                                 c + i * c_row, c_row, add, last, nullptr, fetches);
    if constexpr (Rows > 1)
      tiles<fewer_rows(Rows, Most), Vectors, Most>(i, m, a, b, b_row, depth, c, c_row, add, last, fetches);
  }
  /// `columns` columns of C: every element sums over the depth in ascending order. Where they fit one vector, B's
  /// panel is read that far.
  ASHLAR_INLINE_LEVEL static void panel(std::int64_t m, std::int64_t depth, matrix_view<T> a, T const* b,
                                        std::int64_t b_row, T* c, std::int64_t c_row, bool add, int columns,
                                        fetched_beside<T>* fetches) {
    std::int64_t i = 0;
    if (columns > S::width)
      tiles<tile_size::rows, vectors>(i, m, a, b, b_row, depth, c, c_row, add, columns - S::width, fetches);
    else
      tiles<tile_size::rows, 1>(i, m, a, b, b_row, depth, c, c_row, add, columns, fetches);
  }
  /// The first rows of all of a panel's columns, and a copy of B's panel for the others.
  ASHLAR_INLINE_LEVEL static void packing_tile(std::int64_t depth, matrix_view<T> const& a, T const* b,
                                               std::int64_t b_row, T* c, std::int64_t c_row, bool add, T* packed) {
    bool const in_tiles = a.column == 0;
    tile<tile_size::rows, vectors, true>(a.data, in_tiles ? 1 : a.row, in_tiles ? tile_size::rows : a.column, b, b_row,
                                         depth, c, c_row, add, S::width, packed, nullptr);
  }
};
#if defined(__CUDACC__)
#pragma nv_diagnostic pop
#endif

}  // namespace ashlar::inline ASHLAR_ABI::detail
