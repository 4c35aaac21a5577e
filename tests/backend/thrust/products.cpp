// SPDX-License-Identifier: MIT
// The device's own products of matrices and convolutions, which a GPU runs where there is no library: every shape that
// could leave a rest, against the reference kernels.
#include <ashlar/device.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <cstring>

#include "support/kernel_sample.hpp"

using namespace ashlar;
using namespace ashlar::detail;

namespace {

template <class T>
constexpr dtype held_in = dtype_of<T>;
/// Sums of at most 800 products of numbers in +-1, relative to the largest: 800 * 2^-24 is a bound for float, rounding
/// errors cancel to about its root; in double 800 * 2^-53.
template <class T>
constexpr double tolerance = std::is_same_v<T, float> ? 1e-5 : 1e-13;

struct product_shape {
  std::int64_t batch, m, n, k;
};

template <class T, bool TA, bool TB>
std::string product_difference(product_shape const& s, rows_of kind, int per_row, int rows) {
  constexpr int wide = std::is_same_v<T, double>;
  constexpr int kind_of_kernel = static_cast<int>(kernel_kind::matmul);
  proof::kernel_sample sample({static_cast<int>(kernel_kind::matmul), wide, TA, TB},
                              {s.batch, s.m, s.n, s.k, static_cast<std::int64_t>(kind), per_row}, rows);
  sample.random(held_in<T>, s.batch * s.m * s.k)
      .random(held_in<T>, s.batch * s.k * s.n)
      .result(held_in<T>, s.batch * s.m * s.n);
  std::string const found =
      proof::kernel_difference<matmul_functor<kind_of_kernel, wide, TA, TB>>(sample, tolerance<T>);
  return found + proof::kernel_difference<tiled_matmul_functor<kind_of_kernel, wide, TA, TB>>(sample, tolerance<T>);
}
template <class T>
void check_product(product_shape const& s, rows_of kind = rows_of::nothing, int per_row = 0, int rows = 0) {
  CAPTURE(s.batch);
  CAPTURE(s.m);
  CAPTURE(s.n);
  CAPTURE(s.k);
  CAPTURE(static_cast<int>(kind));
  CHECK(product_difference<T, false, false>(s, kind, per_row, rows) == "");
  CHECK(product_difference<T, true, false>(s, kind, per_row, rows) == "");
  CHECK(product_difference<T, false, true>(s, kind, per_row, rows) == "");
  CHECK(product_difference<T, true, true>(s, kind, per_row, rows) == "");
}

/// Of a convolution: batch, channels, image, out channels, then the window's kernel, strides, padding, dilation.
struct conv_shape {
  std::int64_t batch, channels, h, w, out, kh, kw, sh = 1, sw = 1, ph = 0, pw = 0, dh = 1, dw = 1, groups = 1;

  static std::int64_t windows(std::int64_t size, std::int64_t k, std::int64_t s, std::int64_t p, std::int64_t d) {
    return (size + 2 * p - d * (k - 1) - 1) / s + 1;
  }
  std::int64_t oh() const { return windows(h, kh, sh, ph, dh); }
  std::int64_t ow() const { return windows(w, kw, sw, pw, dw); }
  std::int64_t image() const { return batch * channels * h * w; }
  std::int64_t made() const { return batch * out * oh() * ow(); }
  std::int64_t weight() const { return out * (channels / groups) * kh * kw; }
};

/// The tiled gradient of weights, by its two launches.
template <int Wide>
std::string weight_difference(proof::kernel_sample& sample, std::int64_t weights, double tolerance_of_sums) {
  constexpr int kind = static_cast<int>(kernel_kind::conv_weight);
  std::vector<double> workspace;
  auto const launch_both = [&](launch_arguments const& a) {
    weight_parts const parts(a.numbers);
    CHECK(parts.weights == weights);
    workspace.assign(static_cast<std::size_t>(parts.count * weights), NAN);
    char* operands[] = {a.operands[0], a.operands[1], a.operands[2], reinterpret_cast<char*>(workspace.data())};
    launch_arguments own = a;
    own.operands = operands;
    own.operand_count = 4;
    launch<tiled_weight_functor<kind, Wide>>(own);
    if (parts.count > 1) launch<sum_of_weight_parts<kind, Wide>>(own);
  };
  return proof::difference({sample.run(launch_both)}, {sample.reference()}, tolerance_of_sums);
}

template <class T, kernel_kind Kind>
std::string conv_difference(conv_shape const& s, int per_row, int rows) {
  constexpr int wide = std::is_same_v<T, double>;
  proof::kernel_sample sample({static_cast<int>(Kind), wide},
                              {s.batch, s.channels, s.h, s.w, s.out, s.oh(), s.ow(), s.kh, s.kw, s.sh, s.sw, s.ph, s.pw,
                               s.dh, s.dw, s.groups, per_row, 1},
                              rows);
  if constexpr (Kind == kernel_kind::conv)
    sample.random(held_in<T>, s.image()).random(held_in<T>, s.weight()).result(held_in<T>, s.made());
  else if constexpr (Kind == kernel_kind::conv_data)
    sample.random(held_in<T>, s.made()).random(held_in<T>, s.weight()).result(held_in<T>, s.image());
  else
    sample.random(held_in<T>, s.made()).random(held_in<T>, s.image()).result(held_in<T>, s.weight());
  std::string found = proof::kernel_difference<conv_functor<static_cast<int>(Kind), wide>>(sample, tolerance<T>);
  if constexpr (Kind == kernel_kind::conv_weight)
    found += weight_difference<wide>(sample, s.weight(), tolerance<T>);
  else
    found += proof::kernel_difference<tiled_conv_functor<static_cast<int>(Kind), wide>>(sample, tolerance<T>);
  return found;
}
template <class T>
void check_convolution(conv_shape const& s, int per_row = 0, int rows = 0) {
  CAPTURE(s.batch);
  CAPTURE(s.channels);
  CAPTURE(s.h);
  CAPTURE(s.w);
  CAPTURE(s.out);
  CAPTURE(rows);
  CHECK(conv_difference<T, kernel_kind::conv>(s, per_row, rows) == "");
  CHECK(conv_difference<T, kernel_kind::conv_data>(s, per_row, rows) == "");
  CHECK(conv_difference<T, kernel_kind::conv_weight>(s, per_row, rows) == "");
}

}  // namespace

TEST_CASE("numbers are rounded to the nearest bf16, of two to the even one") {
  auto const rounded = [](float x) { return as_factor<true>(x); };
  CHECK(rounded(1.0f) == 1.0f);
  CHECK(rounded(1 + 1.0f / 256) == 1.0f);              // in the middle: the even one below
  CHECK(rounded(1 + 3.0f / 256) == 1 + 4.0f / 256);    // and above
  CHECK(rounded(1 + 1.001f / 256) == 1 + 1.0f / 128);  // nearer to that
  CHECK(rounded(-1 - 1.001f / 256) == -1 - 1.0f / 128);
  CHECK(rounded(1e-40f) == doctest::Approx(1e-40).epsilon(0.01));  // no numbers are too small
  CHECK(rounded(3.4e38f) == INFINITY);
  CHECK(rounded(-INFINITY) == -INFINITY);
  CHECK(std::isnan(rounded(NAN)));
  std::uint32_t const quiet_below = 0x7f800001;  // a NaN whose bits lie in the lower half
  float nan;
  std::memcpy(&nan, &quiet_below, sizeof nan);
  CHECK(std::isnan(rounded(nan)));
  CHECK(as_factor<false>(1 + 1.0f / 256) == 1 + 1.0f / 256);
  CHECK(as_factor<true>(1 + 1.0 / 256) == 1 + 1.0 / 256);  // a double
}

TEST_CASE("with bf16 products and convolutions are those of rounded factors, not rounded themselves") {
  auto const round_all = [](auto t) {
    for (std::int64_t i = 0; i < t.size(); ++i) t.data()[i] = as_factor<true>(t.data()[i]);
    return t;
  };
  auto const difference = [](auto const& a, auto const& b) {
    double largest = 0;
    for (std::int64_t i = 0; i < a.size(); ++i)
      largest = std::fmax(largest, std::fabs(static_cast<double>(a.data()[i]) - static_cast<double>(b.data()[i])));
    return largest;
  };
  auto const check = [&](auto const& function, auto const&... x) {
    auto const exact = evaluate(ashlar::cpu, function, x...), wanted = evaluate(ashlar::cpu, function, round_all(x)...);
    for (auto const& made :
         {evaluate(device.with(bf16), function, x...), evaluate(device.with(bf16, own_kernels), function, x...)}) {
      CHECK(difference(made, wanted) < 2e-5);
      CHECK(difference(made, exact) > 1e-3);
    }
    CHECK(difference(evaluate(device.with(tf32), function, x...), exact) < 2e-5);  // a CPU has none
  };
  tensor<float, 7, 19> a;
  tensor<float, 19, 21> b;
  tensor<float, 21, 19> turned;
  tensor<float, 3, 4, 7, 6> x;
  tensor<float, 6, 2, 3, 3> w;
  random_normal(a, seed{1});
  random_normal(b, seed{2});
  random_normal(turned, seed{3});
  random_normal(x, seed{4});
  random_normal(w, seed{5});
  check([](auto p, auto q) { return matmul(p, q); }, a, b);
  check([](auto p, auto q) { return matmul(p, transpose(q)); }, a, turned);
  check([](auto p, auto q) { return convolution<stride<2>, padding<1>, groups<2>>(p, q); }, x, w);
  // the two gradients: each is linear in what it multiplies, so its factors are those that are given
  tensor<float, 3, 6, 4, 3> d;
  random_normal(d, seed{6});
  check([](auto p,
           auto q) { return transposed_convolution<stride<2>, padding<1>, groups<2>, output_padding<0, 1>>(p, q); },
        d, w);
  auto const weights = [](auto p, auto q, auto at) {
    return grad<0>([=](auto f) { return sum(p * convolution<stride<2>, padding<1>, groups<2>>(q, f)); })(at);
  };
  check(weights, d, x, w);
}

TEST_CASE_TEMPLATE("the device's products agree with the reference for every rest of rows, columns and depth", T, float,
                   double) {
  for (std::int64_t m : {1, 3, 4, 5, 9})
    for (std::int64_t n : {1, 3, 4, 7, 8, 15, 16, 17, 33})
      for (std::int64_t k : {1, 2, 17}) check_product<T>({1, m, n, k});
  for (std::int64_t k : {255, 256, 257, 530}) check_product<T>({1, 6, 5, k});  // blocks of 256 products
  check_product<T>({1, 65, 70, 33});                                           // several tiles of the launch
  check_product<T>({2, 130, 65, 270});                                         // and of the tiled kernels
}

TEST_CASE_TEMPLATE("batches of products are taken one by one, and of partial batches only what is valid", T, float,
                   double) {
  for (std::int64_t m : {1, 5})
    for (std::int64_t n : {3, 18}) check_product<T>({3, m, n, 6});
  for (int rows : {1, 2, 3}) {
    CAPTURE(rows);
    check_product<T>({6, 3, 5, 4}, rows_of::batch, 2, rows);
    check_product<T>({1, 9, 17, 5}, rows_of::m, 3, rows);
    check_product<T>({1, 9, 17, 6}, rows_of::k, 2, rows);
  }
}

TEST_CASE_TEMPLATE("the device's convolutions agree with the reference for every window, and of every rest", T, float,
                   double) {
  for (std::int64_t width : {1, 2, 5, 16, 19})
    for (std::int64_t out : {1, 4, 6}) check_convolution<T>({2, 3, 3, width, out, 1, 1});
  for (std::int64_t kernel : {1, 2, 3})
    for (std::int64_t stride : {1, 2, 3})
      for (std::int64_t padding : {0, 1, 2})
        for (std::int64_t dilation : {1, 2})
          check_convolution<T>(
              {2, 2, 7, 6, 3, kernel, kernel, stride, 1, padding, padding / 2, dilation, 3 - dilation});
  check_convolution<T>({2, 4, 7, 6, 6, 3, 2, 2, 1, 1, 2, 1, 2, 2});   // two groups
  check_convolution<T>({1, 4, 5, 5, 8, 3, 3, 1, 2, 1, 1, 1, 1, 4});   // as many groups as channels
  check_convolution<T>({2, 6, 4, 9, 15, 2, 3, 2, 3, 0, 1, 2, 1, 3});  // three
  check_convolution<T>({1, 1, 1, 1, 1, 3, 3, 1, 1, 2, 2});            // padding wider than the image
  check_convolution<T>({2, 3, 1, 17, 4, 1, 3, 1, 1, 0, 2});           // along lines
  check_convolution<T>({1, 90, 5, 5, 5, 3, 3, 1, 1, 1, 1});           // sums of 810 products
  check_convolution<T>({2, 70, 9, 9, 66, 3, 3, 1, 1, 1, 1});          // several tiles of channels and of pixels
}

TEST_CASE_TEMPLATE("of a partial batch of images only the valid ones are read and written", T, float, double) {
  for (int rows : {1, 2, 3}) {
    check_convolution<T>({3, 2, 5, 6, 3, 3, 3, 2, 1, 1, 1}, 1, rows);
    check_convolution<T>({6, 4, 4, 5, 6, 2, 2, 1, 1, 0, 0, 1, 1, 2}, 2, rows);
    check_convolution<T>({3, 2, 17, 17, 3, 2, 2, 1, 1, 1, 0}, 1, rows);  // whose weights' gradient has several parts
  }
}
