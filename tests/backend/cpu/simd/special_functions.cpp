// SPDX-License-Identifier: MIT
#include <ashlar/backend/cpu/simd/special_functions.hpp>

#include <cmath>
#include <initializer_list>
#include <limits>

#include <doctest/doctest.h>

#include "support/ulps.hpp"

using namespace ashlar::detail;
using proof::one;
using proof::ulps;
using proof::worst;

namespace {

using S = proof::float_lanes;
using F = proof::lane_function;

void expm1_of(S::vector& r, S::vector const& x) { expm1_lanes<S>(r, x); }
void log1p_of(S::vector& r, S::vector const& x) { log1p_lanes<S>(r, x); }
void erf_of(S::vector& r, S::vector const& x) { erf_lanes<S>(r, x); }
void sin_of(S::vector& r, S::vector const& x) { sine_lanes<S, 0>(r, x); }
void cos_of(S::vector& r, S::vector const& x) { sine_lanes<S, 1>(r, x); }
void floor_of(S::vector& r, S::vector const& x) { floor_lanes<S>(r, x); }
constexpr float infinity = std::numeric_limits<float>::infinity();
float const not_a_number = std::nanf("");

}  // namespace

TEST_CASE("expm1 is within 3 ulp, from the smallest numbers to infinity") {
  CHECK(worst(expm1_of, scalar_expm1, -20, 88.7f, 400'000) <= 3);
  CHECK(worst(expm1_of, scalar_expm1, -2, 2, 400'000) <= 3);
  CHECK(worst(expm1_of, scalar_expm1, -1e-3f, 1e-3f, 100'000) <= 3);
  CHECK(worst(expm1_of, scalar_expm1, 1e-38f, 1e-30f, 10'000) <= 3);
  CHECK(one(expm1_of, -200) == -1);
  CHECK(one(expm1_of, -infinity) == -1);
  CHECK(one(expm1_of, 89) == infinity);
  CHECK(one(expm1_of, infinity) == infinity);
  CHECK(std::signbit(one(expm1_of, -0.0f)));
  CHECK(std::isnan(one(expm1_of, not_a_number)));
}
TEST_CASE("log1p is within 3 ulp, from -1 to infinity") {
  CHECK(worst(log1p_of, scalar_log1p, -0.99999f, 2, 400'000) <= 3);
  CHECK(worst(log1p_of, scalar_log1p, -1e-3f, 1e-3f, 100'000) <= 3);
  CHECK(worst(log1p_of, scalar_log1p, 2, 1e9f, 100'000) <= 3);
  CHECK(worst(log1p_of, scalar_log1p, 1e-38f, 1e-30f, 10'000) <= 3);
  CHECK(one(log1p_of, -1) == -infinity);
  CHECK(one(log1p_of, infinity) == infinity);
  CHECK(std::signbit(one(log1p_of, -0.0f)));
  CHECK(std::isnan(one(log1p_of, -1.5f)));
  CHECK(std::isnan(one(log1p_of, not_a_number)));
}
TEST_CASE("erf is within 3 ulp") {
  CHECK(worst(erf_of, scalar_erf, -5, 5, 400'000) <= 3);
  CHECK(worst(erf_of, scalar_erf, -1e-3f, 1e-3f, 100'000) <= 3);
  CHECK(one(erf_of, infinity) == 1);
  CHECK(one(erf_of, -infinity) == -1);
  CHECK(std::signbit(one(erf_of, -0.0f)));
  CHECK(std::isnan(one(erf_of, not_a_number)));
}
TEST_CASE("sin and cos are within 2 ulp, near their zeros and for large arguments, too") {
  for (F f : {F{sin_of}, F{cos_of}}) {
    auto const exact = f == F{sin_of} ? scalar_sin : scalar_cos;
    CHECK(worst(f, exact, -10, 10, 400'000) <= 2);
    CHECK(worst(f, exact, -1e-3f, 1e-3f, 100'000) <= 2);
    CHECK(worst(f, exact, 1e3f, 1e6f, 400'000) <= 2);
    CHECK(worst(f, exact, 9e5f, 1e8f, 100'000) <= 2);
    CHECK(worst(f, exact, 1e30f, 3e38f, 10'000) <= 2);
    for (int k = -300; k < 300; ++k) {  // the floats next to the zeros
      float const x = static_cast<float>(k * 1.5707963267948966);
      CHECK(ulps(one(f, x), exact(static_cast<double>(x))) <= 2);
    }
    CHECK(std::isnan(one(f, infinity)));
    CHECK(std::isnan(one(f, not_a_number)));
  }
  CHECK(std::signbit(one(sin_of, -0.0f)));
  CHECK(one(cos_of, 0) == 1);
}
TEST_CASE("floor is exact") {
  for (float x :
       {0.0f, 0.5f, -0.5f, 1.0f, -1.0f, 8388607.5f, -8388607.5f, 8388608.0f, 3e38f, -3e38f, infinity, -infinity})
    CHECK(one(floor_of, x) == std::floor(x));
  CHECK(std::signbit(one(floor_of, -0.0f)));
  CHECK(std::isnan(one(floor_of, not_a_number)));
}
TEST_CASE("lanes with small and large arguments do not disturb each other") {
  S::vector x, r;
  for (int i = 0; i < S::width; ++i) x[i] = i % 2 ? 1e20f : static_cast<float>(i);
  sine_lanes<S, 0>(r, x);
  for (int i = 0; i < S::width; ++i) CHECK(ulps(r[i], std::sin(static_cast<double>(x[i]))) <= 2);
}
