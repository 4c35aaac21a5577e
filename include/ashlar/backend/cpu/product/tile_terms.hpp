// SPDX-License-Identifier: MIT
#pragma once
#include <ashlar/backend/cpu/product/gemm_blocks.hpp>
#include <ashlar/backend/cpu/simd/simd.hpp>

/// Terms of a tile of six rows and two vectors with AVX2, in assembly. One needs 20 instructions: a processor that
/// shares its decoders with another thread is held up by their number, and g++ writes 25, as every term counts and
/// moves two pointers, and six more for what is fetched beside. Here four terms share those. clang holds no such
/// vectors in assembly inside of functions that are inlined; AddressSanitizer sees no assembly.
#if defined(__x86_64__) && defined(__LP64__) && defined(__GNUC__) && defined(__OPTIMIZE__) && !defined(__clang__) && \
    !defined(ASHLAR_BASELINE_ONLY) && !defined(__CUDA_ARCH__) && !defined(__SANITIZE_ADDRESS__)
#define ASHLAR_TILE_TERMS 1
#else
#define ASHLAR_TILE_TERMS 0
#endif

namespace ashlar::inline ASHLAR_ABI::detail {

/// Whether tiles of such rows and vectors begin with add_terms.
template <instruction_set Set, int Rows, int Vectors>
inline constexpr bool has_tile_terms =
    Rows == 6 && Vectors == 2 && ASHLAR_TILE_TERMS == 1 && Set == instruction_set::avx2;

/// sum += left * right, rounded once wherever other terms of a matrix's product are, by -Og too: so its numbers do not
/// depend on the tiles that threads' shares are divided into.
template <instruction_set Set, class T>
ASHLAR_INLINE void add_product(typename simd<T, Set>::vector& sum, T left, typename simd<T, Set>::vector const& right) {
#if ASHLAR_TILE_TERMS
  if constexpr (Set == instruction_set::avx2) {
    typename simd<T, Set>::vector const all = left - typename simd<T, Set>::vector{};
    if constexpr (sizeof(T) == 4)
      asm("vfmadd231ps %2, %1, %0" : "+x"(sum) : "x"(all), "x"(right));
    else
      asm("vfmadd231pd %2, %1, %0" : "+x"(sum) : "x"(all), "x"(right));
    return;
  }
#endif
  sum += left * right;
}

#if ASHLAR_TILE_TERMS
/// Four terms after four terms, in bytes. `left`: from row to row of A, or from column to column, whichever are not
/// next to each other; `right`: from row to row of B. With each four a line is fetched `beside`, `more` behind the one
/// before; or rows of B are copied to there, and those `more` behind them are fetched.
struct terms_walk {
  void const *a, *b;
  std::int64_t left, right, fours;
  void const* beside;
  std::int64_t more;
};
static_assert(sizeof(terms_walk) == 56, "the assembly reads its members");

// rax: a; r8: three steps of `left`, rdx, behind it; rcx: b, in steps of `right`, rsi, of which r9 is three; rdi: how
// many fours; r10: beside; r11: more, or the rows that are fetched
#define ASHLAR_TILE_ROW(S, A, I)             \
  "vbroadcasts" S " " A                      \
  ", %%ymm15\n\t"                            \
  "vfmadd231p" S " %%ymm13, %%ymm15, %[s" #I \
  "0]\n\t"                                   \
  "vfmadd231p" S " %%ymm14, %%ymm15, %[s" #I "1]\n\t"
#define ASHLAR_TILE_TERM(S, B, Copy, A0, A1, A2, A3, A4, A5)                                                  \
  "vmovups (%%rcx" B ", %%ymm13\n\tvmovups 32(%%rcx" B ", %%ymm14\n\t" Copy ASHLAR_TILE_ROW(S, A0, 0)         \
      ASHLAR_TILE_ROW(S, A1, 1) ASHLAR_TILE_ROW(S, A2, 2) ASHLAR_TILE_ROW(S, A3, 3) ASHLAR_TILE_ROW(S, A4, 4) \
          ASHLAR_TILE_ROW(S, A5, 5)
#define ASHLAR_TILE_OF_ROWS(S, At, B, Copy)                                                                            \
  ASHLAR_TILE_TERM(S, B, Copy, At "(%%rax)", At "(%%rax,%%rdx)", At "(%%rax,%%rdx,2)", At "(%%r8)", At "(%%r8,%%rdx)", \
                   At "(%%r8,%%rdx,2)")
#define ASHLAR_TILE_OF_COLUMNS(S, Z, At, B, Copy) \
  ASHLAR_TILE_TERM(S, B, Copy, At, "1*" Z At, "2*" Z At, "3*" Z At, "4*" Z At, "5*" Z At)
#define ASHLAR_TILE_COPY(N, B) \
  "vmovups %%ymm13, 64*" N "(%%r10)\n\tvmovups %%ymm14, 64*" N "+32(%%r10)\n\tprefetcht0 (%%r11" B "\n\t"
#define ASHLAR_TILE_NO_COPY(N, B) ""
#define ASHLAR_TILE_ROWS(S, Z, Copy)                                  \
  ASHLAR_TILE_OF_ROWS(S, "", ")", Copy("0", ")"))                     \
  ASHLAR_TILE_OF_ROWS(S, "1*" Z, ",%%rsi)", Copy("1", ",%%rsi)"))     \
  ASHLAR_TILE_OF_ROWS(S, "2*" Z, ",%%rsi,2)", Copy("2", ",%%rsi,2)")) \
  ASHLAR_TILE_OF_ROWS(S, "3*" Z, ",%%r9)", Copy("3", ",%%r9)"))       \
  "add $4*" Z ", %%rax\n\tadd $4*" Z ", %%r8\n\t"
#define ASHLAR_TILE_COLUMNS(S, Z, Copy)                                                \
  ASHLAR_TILE_OF_COLUMNS(S, Z, "(%%rax)", ")", Copy("0", ")"))                         \
  ASHLAR_TILE_OF_COLUMNS(S, Z, "(%%rax,%%rdx)", ",%%rsi)", Copy("1", ",%%rsi)"))       \
  ASHLAR_TILE_OF_COLUMNS(S, Z, "(%%rax,%%rdx,2)", ",%%rsi,2)", Copy("2", ",%%rsi,2)")) \
  ASHLAR_TILE_OF_COLUMNS(S, Z, "(%%r8)", ",%%r9)", Copy("3", ",%%r9)"))                \
  "lea (%%rax,%%rdx,4), %%rax\n\tlea (%%r8,%%rdx,4), %%r8\n\t"
#define ASHLAR_TILE_LOOP(Before, Four)                                                              \
  asm volatile(                                                                                     \
      "mov (%[walk]), %%rax\n\tmov 8(%[walk]), %%rcx\n\tmov 16(%[walk]), %%rdx\n\t"                 \
      "mov 24(%[walk]), %%rsi\n\tmov 32(%[walk]), %%rdi\n\tmov 40(%[walk]), %%r10\n\t"              \
      "mov 48(%[walk]), %%r11\n\tlea (%%rax,%%rdx,2), %%r8\n\tadd %%rdx, %%r8\n\t"                  \
      "lea (%%rsi,%%rsi,2), %%r9\n\t" Before                                                        \
      ".p2align 5\n"                                                                                \
      "0:\n\t" Four "lea (%%rcx,%%rsi,4), %%rcx\n\tdec %%rdi\n\tjne 0b"                             \
      : [s00] "+x"(sum[0][0]), [s01] "+x"(sum[0][1]), [s10] "+x"(sum[1][0]), [s11] "+x"(sum[1][1]), \
        [s20] "+x"(sum[2][0]), [s21] "+x"(sum[2][1]), [s30] "+x"(sum[3][0]), [s31] "+x"(sum[3][1]), \
        [s40] "+x"(sum[4][0]), [s41] "+x"(sum[4][1]), [s50] "+x"(sum[5][0]), [s51] "+x"(sum[5][1])  \
      : [walk] "r"(&walk)                                                                           \
      : "rax", "rcx", "rdx", "rsi", "rdi", "r8", "r9", "r10", "r11", "xmm13", "xmm14", "xmm15", "cc", "memory")
#define ASHLAR_TILE_LOOP_OF(Matrix, S, Z)                                                                 \
  if constexpr (Copies)                                                                                   \
    ASHLAR_TILE_LOOP("add %%rcx, %%r11\n\t",                                                              \
                     Matrix(S, Z, ASHLAR_TILE_COPY) "add $256, %%r10\n\tlea (%%r11,%%rsi,4), %%r11\n\t"); \
  else                                                                                                    \
    ASHLAR_TILE_LOOP("", "prefetcht1 (%%r10)\n\tadd %%r11, %%r10\n\t" Matrix(S, Z, ASHLAR_TILE_NO_COPY))

template <bool OfRows, bool Copies, class T, class Vector>
ASHLAR_INLINE void add_fours(Vector (&sum)[6][2], terms_walk const& walk) {
  if constexpr (sizeof(T) == 4 && OfRows) {
    ASHLAR_TILE_LOOP_OF(ASHLAR_TILE_ROWS, "s", "4");
  } else if constexpr (sizeof(T) == 4) {
    ASHLAR_TILE_LOOP_OF(ASHLAR_TILE_COLUMNS, "s", "4");
  } else if constexpr (OfRows) {
    ASHLAR_TILE_LOOP_OF(ASHLAR_TILE_ROWS, "d", "8");
  } else {
    ASHLAR_TILE_LOOP_OF(ASHLAR_TILE_COLUMNS, "d", "8");
  }
}
#undef ASHLAR_TILE_LOOP_OF
#undef ASHLAR_TILE_LOOP
#undef ASHLAR_TILE_COLUMNS
#undef ASHLAR_TILE_ROWS
#undef ASHLAR_TILE_NO_COPY
#undef ASHLAR_TILE_COPY
#undef ASHLAR_TILE_OF_COLUMNS
#undef ASHLAR_TILE_OF_ROWS
#undef ASHLAR_TILE_TERM
#undef ASHLAR_TILE_ROW

/// Adds the first terms of so many to sums that are zeros, four at a time, where rows or columns of A lie together; how
/// many. Fetches rows of C first, then what is fetched beside them; or copies rows of B to `packed`.
template <bool Packs, class T, class Vector>
ASHLAR_INLINE std::int64_t add_terms(Vector (&sum)[6][2], matrix_view<T> const& a, T const* b, std::int64_t b_row,
                                     std::int64_t depth, T* c, std::int64_t c_row, T* packed,
                                     fetched_beside<T>* fetches) {
  constexpr std::int64_t size = sizeof(T);
  bool const of_rows = a.column == 1;
  if (!of_rows && a.row != 1) return 0;
  std::int64_t const all = depth / 4;
  bool const fetches_c = !Packs && all >= 24;  // by and by; else at once
  if (!fetches_c)
    for (int i = 0; i < 6; ++i) __builtin_prefetch(c + i * c_row, 1);
  terms_walk walk{a.data, b, size * (of_rows ? a.row : a.column), size * b_row, 0, packed, 16 * size * b_row};
  for (std::int64_t at = 0; at < all; at += walk.fours) {
    walk.fours = all - at;
    if constexpr (!Packs) {
      walk.beside = walk.a;
      walk.more = 0;
      if (fetches_c && at == 0) {
        walk = {walk.a, b, walk.left, walk.right, 6, c, size * c_row};
      } else if (fetches) {
        fetched_ahead<T>& ahead = fetches->ahead[fetches->ahead[0].count > 0 ? 0 : 1];
        if (ahead.count > 0) {
          walk.fours = ahead.count < all - at ? ahead.count : all - at;
          walk.beside = ahead.data;
          walk.more = size * ahead.row;
          ahead.data += walk.fours * ahead.row;
          ahead.count -= walk.fours;
        }
      }
    }
    of_rows ? add_fours<true, Packs, T>(sum, walk) : add_fours<false, Packs, T>(sum, walk);
    walk.a = static_cast<T const*>(walk.a) + 4 * walk.fours * a.column;
    walk.b = static_cast<T const*>(walk.b) + 4 * walk.fours * b_row;
  }
  return 4 * all;
}
#endif

}  // namespace ashlar::inline ASHLAR_ABI::detail
