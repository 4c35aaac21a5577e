// SPDX-License-Identifier: MIT
#pragma once
#include <ashlar/backend/cpu/product/product_finish.hpp>

namespace ashlar::inline ASHLAR_ABI::detail {

/// What is compiled for each instruction set: C + bias + addend, perhaps what of it is above zero, in the order of a
/// step of its own.
template <instruction_set Set, class T>
struct added_block {
  using S = simd<T, Set>;
  using vector = typename S::vector;

  ASHLAR_INLINE static void run(product_finish<T> const& f, std::int64_t m, std::int64_t n, T* c, std::int64_t c_row) {
    T const* const bias = f.beside->bias ? f.beside->bias + (f.other - f.beside->addend) % f.row : nullptr;
    bool const has_relu = f.kind == product_epilogue::addend_bias_and_relu;
    vector const zero{};
    for (std::int64_t j = 0; j < n; j += S::width) {
      int const count = n - j < S::width ? static_cast<int>(n - j) : S::width;
      bool const is_whole = count == S::width;
      vector v, of_bias{}, addend;
      if (bias) is_whole ? S::load(of_bias, bias + j) : load_part<T, Set>(of_bias, bias + j, count);
      for (std::int64_t i = 0; i < m; ++i) {
        T* const to = c + i * c_row + j;
        T const* const from = f.other + i * f.row + j;
        is_whole ? S::load(v, to) : load_part<T, Set>(v, to, count);
        is_whole ? S::load(addend, from) : load_part<T, Set>(addend, from, count);
        if (bias) v = v + of_bias;
        v = v + addend;
        if (has_relu) S::choose(v, v < zero, zero, v);
        is_whole ? S::store(v, to) : store_part<T, Set>(v, to, count);
      }
    }
  }
};

template <class T>
[[gnu::noinline]] void add_on_baseline(product_finish<T> const& f, std::int64_t m, std::int64_t n, T* c,
                                       std::int64_t c_row) {
  added_block<instruction_set::baseline, T>::run(f, m, n, c, c_row);
}
template <class T>
ASHLAR_TARGET_AVX2 [[gnu::noinline]] void add_on_avx2(product_finish<T> const& f, std::int64_t m, std::int64_t n, T* c,
                                                      std::int64_t c_row) {
  added_block<instruction_set::avx2, T>::run(f, m, n, c, c_row);
}
template <class T>
ASHLAR_TARGET_AVX512 [[gnu::noinline]] void add_on_avx512(product_finish<T> const& f, std::int64_t m, std::int64_t n,
                                                          T* c, std::int64_t c_row) {
  added_block<instruction_set::avx512, T>::run(f, m, n, c, c_row);
}
/// What adds to a block of a product whose addend and bias (nullptr: there is none) begin there.
template <class T>
product_addend<T> addend_of([[maybe_unused]] instruction_set set, T const* addend, T const* bias) {
  return {addend, bias, ASHLAR_BY_SET(set, add_on_baseline<T>, add_on_avx2<T>, add_on_avx512<T>)};
}

}  // namespace ashlar::inline ASHLAR_ABI::detail
