// SPDX-License-Identifier: MIT
#include <cmath>
#include <cstring>
#include <limits>

#include <doctest/doctest.h>

#include <ashlar/backend/cpu/simd/math.hpp>

#include "support/ulps.hpp"

using namespace ashlar::detail;
using proof::one;
using proof::worst;

namespace {

using S = proof::float_lanes;

void exp_of(S::vector& r, S::vector const& x) { exp_lanes<S>(r, x); }
void log_of(S::vector& r, S::vector const& x) { log_lanes<S>(r, x); }
void tanh_of(S::vector& r, S::vector const& x) { tanh_lanes<S>(r, x); }
void sigmoid_of(S::vector& r, S::vector const& x) { sigmoid_lanes<S>(r, x); }
double exact_exp(double x) { return std::exp(x); }
double exact_log(double x) { return std::log(x); }
double exact_tanh(double x) { return std::tanh(x); }
double exact_sigmoid(double x) { return 1 / (1 + std::exp(-x)); }
constexpr float infinity = std::numeric_limits<float>::infinity();

#if defined(__x86_64__)
template <instruction_set Set>
ASHLAR_INLINE void exp_of_lanes(float* to, float const* from) {
  using lanes = simd<float, Set>;
  typename lanes::vector x, r;
  for (int i = 0; i < 16; i += lanes::width) {
    lanes::load(x, from + i);
    exp_lanes<lanes>(r, x);
    lanes::store(r, to + i);
  }
}
ASHLAR_TARGET_AVX2 void exp_on_avx2(float* to, float const* from) { exp_of_lanes<instruction_set::avx2>(to, from); }
ASHLAR_TARGET_AVX512 void exp_on_avx512(float* to, float const* from) {
  exp_of_lanes<instruction_set::avx512>(to, from);
}
#endif

}  // namespace

TEST_CASE("exp is within 2 ulp, down to subnormal results") {
  CHECK(worst(exp_of, exact_exp, -87, 88.7f, 400'000) <= 2);
  CHECK(worst(exp_of, exact_exp, -1e-3f, 1e-3f, 50'000) <= 2);
  CHECK(worst(exp_of, exact_exp, -103, -87, 50'000) <= 2);
}
TEST_CASE("exp ends in 0, infinity and NaN") {
  CHECK(one(exp_of, -200) == 0);
  CHECK(one(exp_of, -infinity) == 0);
  CHECK(one(exp_of, 89) == infinity);
  CHECK(one(exp_of, infinity) == infinity);
  CHECK(one(exp_of, 0) == 1);
  CHECK(std::isnan(one(exp_of, std::nanf(""))));
}
#if defined(__x86_64__)
TEST_CASE("exp has the same bits on AVX2 and AVX-512, for floats of every size") {
  if (machine_instruction_set() < instruction_set::avx512) return;
  constexpr std::uint64_t apart = 1009;  // patterns of bits: so every power of two is met, at other places
  int differ = 0;
  for (std::uint64_t first = 0; first < std::uint64_t{1} << 32; first += 16 * apart) {
    float x[16], narrow[16], wide[16];
    for (std::uint64_t i = 0; i < 16; ++i) {
      auto const bits = static_cast<std::uint32_t>(first + i * apart);
      std::memcpy(x + i, &bits, sizeof bits);
    }
    exp_on_avx2(narrow, x);
    exp_on_avx512(wide, x);
    for (int i = 0; i < 16; ++i)
      differ +=
          std::memcmp(narrow + i, wide + i, sizeof(float)) != 0 && !(std::isnan(narrow[i]) && std::isnan(wide[i]));
  }
  CHECK(differ == 0);
}
#endif
TEST_CASE("log is within 2 ulp over all magnitudes") {
  CHECK(worst(log_of, exact_log, 0.5f, 2, 400'000) <= 2);
  CHECK(worst(log_of, exact_log, 2, 1e4f, 100'000) <= 2);
  CHECK(worst(log_of, exact_log, 1e-44f, 1e-37f, 50'000) <= 2);
  CHECK(worst(log_of, exact_log, 1e30f, 3e38f, 50'000) <= 2);
}
TEST_CASE("log of 0 is -infinity, below it NaN") {
  CHECK(one(log_of, 0) == -infinity);
  CHECK(std::isnan(one(log_of, -1)));
  CHECK(one(log_of, infinity) == infinity);
  CHECK(one(log_of, 1) == 0);
  CHECK(std::isnan(one(log_of, std::nanf(""))));
}
TEST_CASE("tanh is within 3 ulp and keeps its sign") {
  CHECK(worst(tanh_of, exact_tanh, -10, 10, 400'000) <= 3);
  CHECK(worst(tanh_of, exact_tanh, -1e-3f, 1e-3f, 50'000) <= 3);
  CHECK(one(tanh_of, infinity) == 1);
  CHECK(one(tanh_of, -infinity) == -1);
  CHECK(std::signbit(one(tanh_of, -0.0f)));
  CHECK(std::isnan(one(tanh_of, std::nanf(""))));
}
TEST_CASE("sigmoid is within 4 ulp where it is not subnormal") {
  CHECK(worst(sigmoid_of, exact_sigmoid, -80, 80, 400'000) <= 4);
  CHECK(one(sigmoid_of, -infinity) == 0);
  CHECK(one(sigmoid_of, infinity) == 1);
  CHECK(std::isnan(one(sigmoid_of, std::nanf(""))));
}
