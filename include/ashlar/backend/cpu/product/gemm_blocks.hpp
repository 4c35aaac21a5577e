// SPDX-License-Identifier: MIT
#pragma once
#include <cstdint>
#include <cstring>

#include <ashlar/backend/cpu/simd/unroll.hpp>
#include <ashlar/graph/parameter.hpp>

/// Copies of parts of matrices in the order in which products read them.
namespace ashlar::inline ASHLAR_ABI::detail {

/// A matrix that is read at data[i * row + j * column]. Column 0: the rows of a register tile lie together, column by
/// column, and the first of them begins at data[i * row].
template <class T>
struct matrix_view {
  T const* data;
  std::int64_t row, column;
};

/// Panels of matrices that lie one after the other, each of panel_columns columns whose rows lie together: how many
/// elements apart they begin; 0: the matrix lies in one piece. Panels of B are of its columns, or of its rows where it
/// is transposed.
struct panel_distances {
  static constexpr std::int64_t width = panel_columns;
  std::int64_t columns_of_b = 0, rows_of_b = 0, columns_of_c = 0;

  /// Where column (or row) j begins, if not `usual`.
  static std::int64_t place(std::int64_t apart, std::int64_t j, std::int64_t usual) {
    return apart ? j / width * apart + j % width : usual;
  }
};

/// Of the tiles for the rows that tiles of so many leave, where the largest have `most`. A tile of one or two rows
/// takes as long as one of four, whose sums are as many as a processor has under way.
constexpr int fewer_rows(int rows, int most) {
  if (most == 6) return rows == 6 ? 4 : rows == 4 ? 3 : 1;
  return rows > 4 ? rows / 2 : 1;
}
/// Whether the next tile has so many rows where so many are left: behind one of six, one, two or five rows would be
/// left to more tiles than four and three, two of four, or two of four and three.
constexpr bool takes_rows(int rows, std::int64_t left) {
  return left >= rows && (rows != 6 || (left != 7 && left != 8 && left != 11));
}

/// What is fetched into the second cache beside arithmetic: of `count` rows as many columns as a panel has, some rows
/// together.
template <class T>
struct fetched_ahead {
  T const* data = nullptr;
  std::int64_t row = 0, count = 0, together = 1;
};
/// All that is, and whether the next rows of A are, whose numbers follow each other, as those before them pass.
template <class T>
struct fetched_beside {
  bool next_rows = false;
  fetched_ahead<T> ahead[2]{};  // what is copied next of A, and the next panel of B

  bool is_something() const { return next_rows || ahead[0].count || ahead[1].count; }
};

/// Copies rows that lie apart.
template <class T>
ASHLAR_COMPILED_ONCE void copy_block(T* to, std::int64_t to_row, T const* from, std::int64_t from_row, int rows,
                                     int columns) {
  for (int i = 0; i < rows; ++i)
    std::memcpy(to + i * to_row, from + i * from_row, static_cast<std::size_t>(columns) * sizeof(T));
}
#if defined(__CUDACC__)
#pragma nv_diagnostic push
#pragma nv_diag_suppress 1675
#endif

/// A block of A that lies column by column, so far apart that few places of the first cache hold its lines: a copy of
/// it that tiles read from front to back.
template <class T>
struct left_block {
  static constexpr std::int64_t elements = 32768;
  static constexpr std::int64_t elements_of_rows = (1 << 18) / static_cast<std::int64_t>(sizeof(T));  // half a cache
  static constexpr std::int64_t crowded = 512 / static_cast<std::int64_t>(sizeof(T));  // such columns share few places

  /// Whether it pays: every panel of C reads A once.
  static bool pays(matrix_view<T> const& a, std::int64_t depth, std::int64_t panels) {
    return panels >= 4 && depth >= 256 && a.column != 1 && a.column % crowded == 0;
  }
  /// The same of a matrix larger than a second cache of half a megabyte, whose rows begin whole pages apart: slabs of
  /// them share few places of it.
  static bool pays_by_rows(matrix_view<T> const& a, std::int64_t m, std::int64_t depth, std::int64_t panels) {
    return panels >= 32 && depth >= 256 && m * depth >= 2 * elements_of_rows && a.column == 1 &&
           a.row % (8 * crowded) == 0;
  }
  /// Tiles of Rows rows and, of what is left, of fewer. Columns lie so far apart that nothing else fetches them ahead.
  template <int Rows, int Most = Rows>
  ASHLAR_COMPILED_SOON static void gather(T* to, T const* from, std::int64_t distance, std::int64_t i, std::int64_t m,
                                          std::int64_t depth) {
    constexpr int lines = 128 / static_cast<int>(sizeof(T));  // whole lines, while they are in the first cache
    constexpr int together = Rows < lines ? lines / Rows : 1;
    for (; takes_rows(Rows, m - i - Rows * (together - 1)); i += Rows * together)
      gather_tiles<Rows, together>(to, from, distance, i, depth);
    for (; takes_rows(Rows, m - i); i += Rows) gather_tiles<Rows, 1>(to, from, distance, i, depth);
    if constexpr (Rows > 1) gather<fewer_rows(Rows, Most), Most>(to, from, distance, i, m, depth);
  }
  /// The same from rows that lie one after the other.
  template <int Rows, int Most = Rows>
  ASHLAR_COMPILED_SOON static void gather_rows(T* to, T const* from, std::int64_t distance, std::int64_t i,
                                               std::int64_t m, std::int64_t depth) {
    for (; takes_rows(Rows, m - i); i += Rows)
      gather_row_tile<Rows>(to + i * depth, from + i * distance, distance, depth);
    if constexpr (Rows > 1) gather_rows<fewer_rows(Rows, Most), Most>(to, from, distance, i, m, depth);
  }

 private:
  template <int Rows>
  [[gnu::noinline]] ASHLAR_COMPILED_SOON static void gather_row_tile(T* to, T const* from, std::int64_t distance,
                                                                     std::int64_t depth) {
    for (std::int64_t k = 0; k < depth; ++k, to += Rows, ++from) {
      ASHLAR_UNROLL_UP_TO(8)
      for (int i = 0; i < Rows; ++i) to[i] = from[i * distance];
    }
  }
  template <int Rows, int Tiles>
  [[gnu::noinline]] ASHLAR_COMPILED_SOON static void gather_tiles(T* to, T const* from, std::int64_t distance,
                                                                  std::int64_t i, std::int64_t depth) {
    constexpr int line = 64 / static_cast<int>(sizeof(T));
    for (std::int64_t k = 0; k < depth; ++k) {
      for (int j = 0; j < Tiles * Rows; j += line) __builtin_prefetch(from + (k + 16) * distance + i + j);
      for (int t = 0; t < Tiles; ++t)
        std::memcpy(to + (i + t * Rows) * depth + k * Rows, from + k * distance + i + t * Rows, Rows * sizeof(T));
    }
  }
};
#if defined(__CUDACC__)
#pragma nv_diagnostic pop
#endif

}  // namespace ashlar::inline ASHLAR_ABI::detail
