// SPDX-License-Identifier: MIT
#include <cmath>
#include <limits>

#include <doctest/doctest.h>

#include <ashlar/backend/cpu/math.hpp>

using namespace ashlar::detail;

namespace {

using S = simd<float, instruction_set::baseline>;

template <class F>
float one(F f, float x) {
  S::vector v, r;
  S::splat(v, x);
  f(r, v);
  return r[S::width - 1];
}
/// Distance in units of the last place of the exact result rounded to float.
double ulps(float got, double exact) {
  float const rounded = static_cast<float>(exact);
  if (got == rounded || (got != got && rounded != rounded)) return 0;
  float const next = std::nextafter(std::fabs(rounded), std::numeric_limits<float>::infinity());
  return std::fabs(static_cast<double>(got) - exact) /
         (static_cast<double>(next) - std::fabs(static_cast<double>(rounded)));
}
/// The largest error over numbers from low to high in equal steps of their bit patterns' spacing.
template <class F>
double worst(F f, double (*exact)(double), float low, float high, int steps) {
  double most = 0;
  for (int i = 0; i <= steps; ++i) {
    float const x = low + (high - low) * static_cast<float>(i) / static_cast<float>(steps);
    double const e = ulps(one(f, x), exact(static_cast<double>(x)));
    most = e > most ? e : most;
  }
  return most;
}
void exp_of(S::vector& r, S::vector const& x) { exp_lanes<S>(r, x); }
void log_of(S::vector& r, S::vector const& x) { log_lanes<S>(r, x); }
void tanh_of(S::vector& r, S::vector const& x) { tanh_lanes<S>(r, x); }
void sigmoid_of(S::vector& r, S::vector const& x) { sigmoid_lanes<S>(r, x); }
double exact_exp(double x) { return std::exp(x); }
double exact_log(double x) { return std::log(x); }
double exact_tanh(double x) { return std::tanh(x); }
double exact_sigmoid(double x) { return 1 / (1 + std::exp(-x)); }
constexpr float infinity = std::numeric_limits<float>::infinity();

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
