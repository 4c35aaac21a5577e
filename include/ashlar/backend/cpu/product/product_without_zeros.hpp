// SPDX-License-Identifier: MIT
#pragma once
#include <ashlar/backend/cpu/product/gemm.hpp>

namespace ashlar::inline ASHLAR_ABI::detail {

/// What is compiled for each instruction set: a look at many numbers.
template <instruction_set Set, class T>
struct number_look {
  using S = simd<T, Set>;
  using vector = typename S::vector;
  using mask = typename S::mask;
  using bits = typename S::bits;

  ASHLAR_INLINE static bool has_any(mask const& m) {
    bits lanes[S::width], any = 0;
    std::memcpy(lanes, &m, sizeof m);
    for (bits lane : lanes) any |= lane;
    return any != 0;
  }
  /// Whether so many runs of whole vectors are zeros, of either sign.
  ASHLAR_INLINE static bool are_zero(T const* from, std::int64_t apart, std::int64_t runs, std::int64_t length) {
    mask any[2]{};
    for (std::int64_t i = 0; i < runs; ++i, from += apart)
      for (std::int64_t j = 0; j < length; j += S::width) {
        vector v;
        S::load(v, from + j);
        any[j / S::width % 2] |= reinterpret_cast<mask>(v) << 1;
      }
    return !has_any(any[0] | any[1]);
  }
  /// Whether none of `count` numbers, whole vectors, is infinite or no number.
  ASHLAR_INLINE static bool are_finite(T const* from, std::int64_t count) {
    vector sum[2]{};  // 0, as long as all are finite
    for (std::int64_t i = 0; i < count; i += S::width) {
      vector v;
      S::load(v, from + i);
      sum[i / S::width % 2] += v - v;
    }
    vector const both = sum[0] + sum[1];
    return !has_any(both != vector{});
  }
};
/// Its functions, which all kernels share.
template <class T, instruction_set Set>
struct number_look_on {
  [[gnu::noinline]] ASHLAR_COMPILED_SOON static bool are_zero(T const* from, std::int64_t apart, std::int64_t runs,
                                                              std::int64_t length) {
    return number_look<Set, T>::are_zero(from, apart, runs, length);
  }
  [[gnu::noinline]] ASHLAR_COMPILED_SOON static bool are_finite(T const* from, std::int64_t count) {
    return number_look<Set, T>::are_finite(from, count);
  }
};
template <class T>
struct number_look_on<T, instruction_set::avx2> {
  ASHLAR_TARGET_AVX2 [[gnu::noinline]] static bool are_zero(T const* from, std::int64_t apart, std::int64_t runs,
                                                            std::int64_t length) {
    return number_look<instruction_set::avx2, T>::are_zero(from, apart, runs, length);
  }
  ASHLAR_TARGET_AVX2 [[gnu::noinline]] static bool are_finite(T const* from, std::int64_t count) {
    return number_look<instruction_set::avx2, T>::are_finite(from, count);
  }
};
template <class T>
struct number_look_on<T, instruction_set::avx512> {
  ASHLAR_TARGET_AVX512 [[gnu::noinline]] static bool are_zero(T const* from, std::int64_t apart, std::int64_t runs,
                                                              std::int64_t length) {
    return number_look<instruction_set::avx512, T>::are_zero(from, apart, runs, length);
  }
  ASHLAR_TARGET_AVX512 [[gnu::noinline]] static bool are_finite(T const* from, std::int64_t count) {
    return number_look<instruction_set::avx512, T>::are_finite(from, count);
  }
};

/// C = A B where rows of A begin or end with many zeros, as those of masked attention do: these terms are left out.
/// Every number is that of multiply: the terms are zeros where B is finite, and no panel of B that is not finite is
/// multiplied so. What is left out is told by 16 rows of A by 16 terms, and whether any is by the whole of A, not by
/// the rows of a share: the bits are to be the same for any number of threads.
template <class T>
class product_without_zeros {
 public:
  static constexpr std::int64_t unit = 16, most_blocks = 64;

  /// A whole: [m, depth].
  product_without_zeros(instruction_set set, std::int64_t m, std::int64_t depth, matrix_view<T> const& a)
      : set_(set), a_(a), m_(m), depth_(depth) {}

  /// Whether it may pay: the first rows end with a zero or the last ones begin with one.
  bool pays() const {
    if (m_ % unit || depth_ % unit || m_ < 4 * unit || depth_ < 4 * unit || m_ > most_blocks * unit) return false;
    if (functions_for<T>(set_).slab_of(depth_) != depth_) return false;
    return is_zero(unit - 1, depth_ - unit) || is_zero(m_ - unit, unit - 1);
  }
  /// C, [rows, n], is rows [first, first + rows) of the product, `first` a multiple of 16.
  [[gnu::noinline]] void multiply(std::int64_t first, std::int64_t rows, std::int64_t n, matrix_view<T> const& b, T* c,
                                  std::int64_t c_row) const {
    gemm_functions<T> const& on = functions_for<T>(set_);
    alignas(64) T panel[gemm_long_panel_elements];
    terms kept[most_blocks];
    for (std::int64_t i = 0; i < rows; i += unit) kept[i / unit] = terms_of(first + i);
    for (std::int64_t j = 0; j < n; j += on.columns) {
      int const columns = static_cast<int>(n - j < on.columns ? n - j : on.columns);
      auto const pack = b.column == 1 ? on.pack_rows : on.pack;
      pack(panel, b.data + j * b.column, b.column == 1 ? b.row : b.column, depth_, columns);
      bool const skips = are_finite(panel, depth_ * on.columns);
      fetched_beside<T> beside{j == 0 && a_.column == 1};
      for (std::int64_t i = 0; i < rows; i += unit) {
        terms const of = skips ? kept[i / unit] : terms{0, depth_};
        std::int64_t const height = rows - i < unit ? rows - i : unit;
        on.panel(height, of.end - of.begin, {at(first + i, of.begin), a_.row, a_.column}, panel + of.begin * on.columns,
                 on.columns, c + i * c_row + j, c_row, false, columns, &beside);
      }
    }
  }

 private:
  struct terms {
    std::int64_t begin, end;
  };
  T const* at(std::int64_t i, std::int64_t k) const { return a_.data + i * a_.row + k * a_.column; }
  bool is_zero(std::int64_t i, std::int64_t k) const { return *at(i, k) == 0; }

  /// Of 16 rows, which terms are not all zeros. One number tells of 16 terms where to look; then all are looked at.
  terms terms_of(std::int64_t i) const {
    terms t{0, depth_};
    while (t.begin < depth_ && is_zero(i, t.begin + unit - 1)) t.begin += unit;
    if (!are_zero(i, 0, t.begin)) t.begin = 0;
    while (t.end > t.begin && is_zero(i + unit - 1, t.end - unit)) t.end -= unit;
    if (!are_zero(i, t.end, depth_)) t.end = depth_;
    return t;
  }
  bool are_zero(std::int64_t i, std::int64_t k, std::int64_t end) const {
    auto const look = ASHLAR_BY_SET(set_, (number_look_on<T, instruction_set::baseline>::are_zero),
                                    (number_look_on<T, instruction_set::avx2>::are_zero),
                                    (number_look_on<T, instruction_set::avx512>::are_zero));
    if (k == end) return true;
    return a_.column == 1 ? look(at(i, k), a_.row, unit, end - k) : look(at(i, k), a_.column, end - k, unit);
  }
  bool are_finite(T const* from, std::int64_t count) const {
    auto const look = ASHLAR_BY_SET(set_, (number_look_on<T, instruction_set::baseline>::are_finite),
                                    (number_look_on<T, instruction_set::avx2>::are_finite),
                                    (number_look_on<T, instruction_set::avx512>::are_finite));
    return look(from, count);
  }

  [[maybe_unused]] instruction_set set_;
  matrix_view<T> a_;
  std::int64_t m_, depth_;
};

}  // namespace ashlar::inline ASHLAR_ABI::detail
