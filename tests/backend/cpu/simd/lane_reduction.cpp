// SPDX-License-Identifier: MIT
#include <ashlar/backend/cpu/simd/lane_reduction.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <limits>

using namespace ashlar::detail;

namespace {

/// What a set makes of so many floats, as many vectors as they fill: their sum, their maximum.
struct lane_results {
  float sum, max;
};
template <instruction_set Set>
ASHLAR_INLINE lane_results reduce_on(float const* x, int count) {
  using S = simd<float, Set>;
  using sums = lane_reduction<S, op::sum, lane_type::floating>;
  using maxima = lane_reduction<S, op::max, lane_type::floating>;
  typename S::vector sum, max, v;
  S::splat(sum, sums::start);
  S::splat(max, maxima::start);
  for (int i = 0; i < count; i += S::width) {
    S::load(v, x + i);
    int const valid = count - i < S::width ? count - i : S::width;
    sums::take(sum, v, valid);
    maxima::take(max, v, valid);
  }
  return {sums::across(sum), maxima::across(max)};
}
lane_results on_baseline(float const* x, int count) { return reduce_on<instruction_set::baseline>(x, count); }
ASHLAR_TARGET_AVX2 lane_results on_avx2(float const* x, int count) {
  return reduce_on<instruction_set::avx2>(x, count);
}
ASHLAR_TARGET_AVX512 lane_results on_avx512(float const* x, int count) {
  return reduce_on<instruction_set::avx512>(x, count);
}

template <instruction_set Set>
ASHLAR_INLINE void extremes_on(float const* a, float const* b, float* larger, float* smaller) {
  using S = simd<float, Set>;
  typename S::vector x, y, r;
  for (int i = 0; i < 16; i += S::width) {
    S::load(x, a + i);
    S::load(y, b + i);
    S::larger(r, x, y);
    S::store(r, larger + i);
    S::smaller(r, x, y);
    S::store(r, smaller + i);
  }
}
void extremes_on_baseline(float const* a, float const* b, float* l, float* s) {
  extremes_on<instruction_set::baseline>(a, b, l, s);
}
ASHLAR_TARGET_AVX2 void extremes_on_avx2(float const* a, float const* b, float* l, float* s) {
  extremes_on<instruction_set::avx2>(a, b, l, s);
}
ASHLAR_TARGET_AVX512 void extremes_on_avx512(float const* a, float const* b, float* l, float* s) {
  extremes_on<instruction_set::avx512>(a, b, l, s);
}

template <instruction_set Set>
ASHLAR_INLINE void bytes_on(std::uint8_t const* from, float* to) {
  using S = simd<float, Set>;
  typename S::vector v;
  for (int i = 0; i < 256; i += S::width) {
    S::load(v, from + i);
    S::store(v, to + i);
  }
}
void bytes_on_baseline(std::uint8_t const* from, float* to) { bytes_on<instruction_set::baseline>(from, to); }
ASHLAR_TARGET_AVX2 void bytes_on_avx2(std::uint8_t const* from, float* to) {
  bytes_on<instruction_set::avx2>(from, to);
}
ASHLAR_TARGET_AVX512 void bytes_on_avx512(std::uint8_t const* from, float* to) {
  bytes_on<instruction_set::avx512>(from, to);
}

int sets() { return 1 + static_cast<int>(machine_instruction_set()); }
constexpr float not_a_number = std::numeric_limits<float>::quiet_NaN();

}  // namespace

TEST_CASE("a sum and a maximum take in each of their elements once, and nothing behind them") {
  constexpr decltype(on_baseline)* reduce[] = {on_baseline, on_avx2, on_avx512};
  for (int set = 0; set < sets(); ++set)
    for (int count = 1; count <= 48; ++count) {
      CAPTURE(set);
      CAPTURE(count);
      float x[64];
      for (int i = 0; i < 64; ++i) x[i] = i < count ? static_cast<float>(1 << i % 7) - 100 : 1e6f;
      float sum = 0, max = -1e9f;
      for (int i = 0; i < count; ++i) {
        sum += x[i];
        max = std::fmax(max, x[i]);
      }
      lane_results const got = reduce[set](x, count);
      CHECK(got.sum == sum);  // of whole numbers: exact in any order
      CHECK(got.max == max);
      x[count - 1] = not_a_number;
      CHECK(std::isnan(reduce[set](x, count).sum));
      CHECK(std::isnan(reduce[set](x, count).max));
    }
}
TEST_CASE("the larger and the smaller of two numbers are NaN where either is") {
  constexpr decltype(extremes_on_baseline)* extremes[] = {extremes_on_baseline, extremes_on_avx2, extremes_on_avx512};
  float a[16], b[16], larger[16], smaller[16];
  for (int i = 0; i < 16; ++i) {
    a[i] = i % 4 == 1 ? not_a_number : static_cast<float>(i - 8);
    b[i] = i % 4 == 2 ? not_a_number : static_cast<float>(7 - i);
  }
  for (int set = 0; set < sets(); ++set) {
    extremes[set](a, b, larger, smaller);
    for (int i = 0; i < 16; ++i) {
      CAPTURE(set);
      CAPTURE(i);
      bool const is_nan = i % 4 == 1 || i % 4 == 2;
      CHECK(std::isnan(larger[i]) == is_nan);
      CHECK(std::isnan(smaller[i]) == is_nan);
      if (is_nan) continue;
      CHECK(larger[i] == std::fmax(a[i], b[i]));
      CHECK(smaller[i] == std::fmin(a[i], b[i]));
    }
  }
}
TEST_CASE("bytes become numbers") {
  constexpr decltype(bytes_on_baseline)* convert[] = {bytes_on_baseline, bytes_on_avx2, bytes_on_avx512};
  std::uint8_t from[256];
  for (int i = 0; i < 256; ++i) from[i] = static_cast<std::uint8_t>(i);
  for (int set = 0; set < sets(); ++set) {
    float to[256];
    convert[set](from, to);
    for (int i = 0; i < 256; ++i) CHECK(to[i] == static_cast<float>(i));
  }
}
