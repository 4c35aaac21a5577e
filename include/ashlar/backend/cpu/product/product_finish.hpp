// SPDX-License-Identifier: MIT
#pragma once
#include <ashlar/backend/cpu/simd/part_access.hpp>
#include <ashlar/backend/product_epilogue.hpp>

namespace ashlar::inline ASHLAR_ABI::detail {

template <class T>
struct product_finish;

/// What is added to a product besides: where the addend's and a bias's first numbers lie (nullptr: no bias), and what
/// adds them, which programs without are spared.
template <class T>
struct product_addend {
  T const* addend = nullptr;
  T const* bias = nullptr;
  void (*run)(product_finish<T> const& f, std::int64_t m, std::int64_t n, T* c, std::int64_t c_row) = nullptr;
};

/// What is done to a product C while it is near: `other` is a bias (rows are 0 apart), the numbers that a ReLU let
/// through, or an addend. Every number is computed by the operations of a step of its own, in their order.
template <class T>
struct product_finish {
  product_epilogue kind = product_epilogue::none;
  T const* other = nullptr;
  std::int64_t row = 0;
  product_addend<T> const* beside = nullptr;  // of an addend

  bool is_something() const { return kind != product_epilogue::none; }
  /// What is done to a block of C that begins there.
  ASHLAR_INLINE product_finish at(std::int64_t i, std::int64_t j) const {
    return {kind, is_something() ? other + i * row + j : nullptr, row, beside};
  }
};

/// What is compiled for each instruction set.
template <instruction_set Set, class T>
struct finished_block {
  using S = simd<T, Set>;
  using vector = typename S::vector;

  template <product_epilogue Kind>
  ASHLAR_INLINE static void finish(vector& v, vector const& other) {
    vector const zero{};
    if constexpr (Kind == product_epilogue::relu_gradient) {
      S::choose(v, other == zero, zero, v);
    } else {
      v = v + other;
      if constexpr (Kind == product_epilogue::bias_and_relu) S::choose(v, v < zero, zero, v);
    }
  }
  /// The kind is told for every vector: for few of them.
  ASHLAR_INLINE static void finish(product_epilogue kind, vector& v, vector const& other) {
    if (kind == product_epilogue::relu_gradient) return finish<product_epilogue::relu_gradient>(v, other);
    if (kind == product_epilogue::bias_and_relu) return finish<product_epilogue::bias_and_relu>(v, other);
    finish<product_epilogue::bias>(v, other);
  }
  template <product_epilogue Kind>
  ASHLAR_INLINE static void columns(std::int64_t m, std::int64_t n, T* c, std::int64_t c_row, T const* other,
                                    std::int64_t other_row) {
    constexpr bool differs = Kind == product_epilogue::relu_gradient;
    vector v, by;
    for (std::int64_t j = 0; j < n; j += S::width) {
      int const count = n - j < S::width ? static_cast<int>(n - j) : S::width;
      if (count == S::width) {
        if constexpr (!differs) S::load(by, other + j);
        for (std::int64_t i = 0; i < m; ++i) {
          if constexpr (differs) S::load(by, other + i * other_row + j);
          S::load(v, c + i * c_row + j);
          finish<Kind>(v, by);
          S::store(v, c + i * c_row + j);
        }
      } else {
        if constexpr (!differs) load_part<T, Set>(by, other + j, count);
        for (std::int64_t i = 0; i < m; ++i) {
          if constexpr (differs) load_part<T, Set>(by, other + i * other_row + j, count);
          load_part<T, Set>(v, c + i * c_row + j, count);
          finish<Kind>(v, by);
          store_part<T, Set>(v, c + i * c_row + j, count);
        }
      }
    }
  }
  ASHLAR_INLINE static void run(product_finish<T> const& f, std::int64_t m, std::int64_t n, T* c, std::int64_t c_row) {
    switch (f.kind) {
      case product_epilogue::bias: return columns<product_epilogue::bias>(m, n, c, c_row, f.other, f.row);
      case product_epilogue::bias_and_relu:
        return columns<product_epilogue::bias_and_relu>(m, n, c, c_row, f.other, f.row);
      case product_epilogue::relu_gradient:
        return columns<product_epilogue::relu_gradient>(m, n, c, c_row, f.other, f.row);
      default: return;
    }
  }
};

template <class T>
[[gnu::noinline]] ASHLAR_COMPILED_SOON void finish_on_baseline(product_finish<T> const& f, std::int64_t m,
                                                               std::int64_t n, T* c, std::int64_t c_row) {
  finished_block<instruction_set::baseline, T>::run(f, m, n, c, c_row);
}
template <class T>
ASHLAR_TARGET_AVX2 [[gnu::noinline]] void finish_on_avx2(product_finish<T> const& f, std::int64_t m, std::int64_t n,
                                                         T* c, std::int64_t c_row) {
  finished_block<instruction_set::avx2, T>::run(f, m, n, c, c_row);
}
template <class T>
ASHLAR_TARGET_AVX512 [[gnu::noinline]] void finish_on_avx512(product_finish<T> const& f, std::int64_t m, std::int64_t n,
                                                             T* c, std::int64_t c_row) {
  finished_block<instruction_set::avx512, T>::run(f, m, n, c, c_row);
}

/// Does it to a block C [m, n] that was just computed.
template <class T>
void finish_block([[maybe_unused]] instruction_set set, product_finish<T> const& f, std::int64_t m, std::int64_t n,
                  T* c, std::int64_t c_row) {
  if (f.beside) return f.beside->run(f, m, n, c, c_row);
  auto const run = ASHLAR_BY_SET(set, finish_on_baseline<T>, finish_on_avx2<T>, finish_on_avx512<T>);
  run(f, m, n, c, c_row);
}

}  // namespace ashlar::inline ASHLAR_ABI::detail
