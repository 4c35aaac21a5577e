// SPDX-License-Identifier: MIT
#pragma once
#include <ashlar/backend/cpu/product/gemm.hpp>

namespace ashlar::inline ASHLAR_ABI::detail {

#if defined(__CUDACC__)
#pragma nv_diagnostic push
#pragma nv_diag_suppress 1675
#endif

/// C += A B, or C = A B, for one or three half vectors of columns: many processors multiply twice as many vectors of
/// half the width. Every element is computed as by whole vectors.
template <class T>
ASHLAR_TARGET_AVX512 [[gnu::noinline]] ASHLAR_FUSED_MULTIPLY_ADD void multiply_half_vectors(
    std::int64_t m, std::int64_t depth, matrix_view<T> const& a, T const* b, std::int64_t b_row, T* c,
    std::int64_t c_row, bool add, bool is_one) {
  using half = gemm<instruction_set::avx2, T>;  // with as many registers as whole vectors have
  constexpr int rows = gemm_tile<instruction_set::avx512, T>::rows;
  std::int64_t i = 0;
  if (is_one)
    half::template tiles<rows, 1>(i, m, a, b, b_row, depth, c, c_row, add, half::S::width, nullptr);
  else
    half::template tiles<rows, 3>(i, m, a, b, b_row, depth, c, c_row, add, half::S::width, nullptr);
}

#if defined(__CUDACC__)
#pragma nv_diagnostic pop
#endif

template <class T>
using half_vectors_function = void (*)(std::int64_t m, std::int64_t depth, matrix_view<T> const& a, T const* b,
                                       std::int64_t b_row, T* c, std::int64_t c_row, bool add, bool is_one);
/// None where half a vector is not worth it.
template <class T>
half_vectors_function<T> half_vectors_on([[maybe_unused]] instruction_set set) {
  [[maybe_unused]] constexpr half_vectors_function<T> none = nullptr;
  return ASHLAR_BY_SET(set, none, none, multiply_half_vectors<T>);
}

}  // namespace ashlar::inline ASHLAR_ABI::detail
