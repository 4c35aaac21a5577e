// SPDX-License-Identifier: MIT
#pragma once
#include <ashlar/backend/cpu/gemm.hpp>
#include <ashlar/backend/cpu/part_access.hpp>

namespace ashlar::inline ASHLAR_ABI::detail {

/// Of so few samples a weight gradient is about memory, not arithmetic.
inline constexpr int shallow_depth = 4;

/// C = A^T B of a small depth, row by row: A [depth, apart], of which the first m columns count, B [depth, n].
template <instruction_set Set, class T>
struct shallow_product {
  using S = simd<T, Set>;
  using vector = typename S::vector;

  /// One row of C on sizeof...(J) vectors of columns from j on.
  template <int... J>
  ASHLAR_INLINE static void vectors(std::int64_t n, std::int64_t depth, T const* a, std::int64_t apart, T const* b,
                                    T* c, std::integer_sequence<int, J...>) {
    vector sum[sizeof...(J)]{}, right[sizeof...(J)];
    for (std::int64_t k = 0; k < depth; ++k) {
      T const left = a[k * apart];
      (S::load(right[J], b + k * n + J * S::width), ...);
      ((sum[J] += left * right[J]), ...);
    }
    (S::store(sum[J], c + J * S::width), ...);
  }
  ASHLAR_INLINE static void run(std::int64_t m, std::int64_t n, std::int64_t depth, T const* a, std::int64_t apart,
                                T const* b, T* c) {
    constexpr int many = 8;
    for (std::int64_t i = 0; i < m; ++i, ++a, c += n) {
      std::int64_t j = 0;
      for (; j + many * S::width <= n; j += many * S::width)
        vectors(n, depth, a, apart, b + j, c + j, std::make_integer_sequence<int, many>{});
      for (; j + S::width <= n; j += S::width)
        vectors(n, depth, a, apart, b + j, c + j, std::make_integer_sequence<int, 1>{});
      if (j == n) continue;
      vector sum{}, right;
      int const rest = static_cast<int>(n - j);
      for (std::int64_t k = 0; k < depth; ++k) {
        load_part<T, Set>(right, b + k * n + j, rest);
        sum += a[k * apart] * right;
      }
      store_part<T, Set>(sum, c + j, rest);
    }
  }
};

template <class T>
[[gnu::noinline]] void shallow_product_on_baseline(std::int64_t m, std::int64_t n, std::int64_t depth, T const* a,
                                                   std::int64_t apart, T const* b, T* c) {
  shallow_product<instruction_set::baseline, T>::run(m, n, depth, a, apart, b, c);
}
template <class T>
ASHLAR_TARGET_AVX2 [[gnu::noinline]] ASHLAR_FUSED_MULTIPLY_ADD void shallow_product_on_avx2(
    std::int64_t m, std::int64_t n, std::int64_t depth, T const* a, std::int64_t apart, T const* b, T* c) {
  shallow_product<instruction_set::avx2, T>::run(m, n, depth, a, apart, b, c);
}
template <class T>
ASHLAR_TARGET_AVX512 [[gnu::noinline]] ASHLAR_FUSED_MULTIPLY_ADD void shallow_product_on_avx512(
    std::int64_t m, std::int64_t n, std::int64_t depth, T const* a, std::int64_t apart, T const* b, T* c) {
  shallow_product<instruction_set::avx512, T>::run(m, n, depth, a, apart, b, c);
}

/// The same numbers bit for bit as those of multiply.
template <class T>
void multiply_shallow(instruction_set set, std::int64_t m, std::int64_t n, std::int64_t depth, T const* a,
                      std::int64_t apart, T const* b, T* c) {
  switch (set) {
    case instruction_set::avx512: return shallow_product_on_avx512<T>(m, n, depth, a, apart, b, c);
    case instruction_set::avx2: return shallow_product_on_avx2<T>(m, n, depth, a, apart, b, c);
    default: return shallow_product_on_baseline<T>(m, n, depth, a, apart, b, c);
  }
}

}  // namespace ashlar::inline ASHLAR_ABI::detail
