// SPDX-License-Identifier: MIT
#include <cstring>
#include <limits>
#include <vector>

#include <doctest/doctest.h>

#include <ashlar/backend/cpu/product/low_product.hpp>
#include <ashlar/backend/cpu/product/product_addend.hpp>
#include <ashlar/backend/cpu/product/row_product.hpp>
#include <ashlar/backend/cpu/product/transposed_product.hpp>
#include <ashlar/core/random.hpp>

#include "support/fewer_problems.hpp"
#include "support/least_set.hpp"

using namespace ashlar;
using namespace ashlar::detail;

namespace {

template <class T>
std::vector<T> numbers(int count, std::uint64_t stream) {
  random_stream const random(seed{4}, stream);
  std::vector<T> x(static_cast<std::size_t>(count));
  for (std::size_t i = 0; i < x.size(); ++i) x[i] = static_cast<T>(random.uniform(i) - 0.5f);
  return x;
}
template <class T>
T finished(product_epilogue kind, T sum, T other) {
  if (kind == product_epilogue::relu_gradient) return other == 0 ? 0 : sum;
  sum += other;
  return kind == product_epilogue::bias_and_relu && sum < 0 ? 0 : sum;
}

// multiply(a, b, c, c_row, finish): rows of C lie apart.
template <class T, class Multiply>
void check_finish(int m, int n, int k, Multiply const& multiply) {
  CAPTURE(m);
  CAPTURE(n);
  CAPTURE(k);
  int const c_row = n + 3;
  auto a = numbers<T>(m * k, 1), b = numbers<T>(k * n, 2);
  for (auto kind : {product_epilogue::bias, product_epilogue::bias_and_relu, product_epilogue::relu_gradient}) {
    CAPTURE(static_cast<int>(kind));
    bool const is_mask = kind == product_epilogue::relu_gradient;
    auto other = numbers<T>(is_mask ? m * n : n, 3);
    if (is_mask)
      for (T& o : other) o = o < 0 ? T(0) : o;
    other[0] = std::numeric_limits<T>::quiet_NaN();
    other.back() = 0;
    std::vector<T> wanted(static_cast<std::size_t>(m * c_row), T(9)), c = wanted;
    multiply(a.data(), b.data(), wanted.data(), c_row, product_finish<T>{});
    for (int i = 0; i < m; ++i)
      for (int j = 0; j < n; ++j) {
        T& sum = wanted[static_cast<std::size_t>(i * c_row + j)];
        sum = finished(kind, sum, other[static_cast<std::size_t>((is_mask ? i * n : 0) + j)]);
      }
    multiply(a.data(), b.data(), c.data(), c_row, product_finish<T>{kind, other.data(), is_mask ? n : 0});
    int differ = 0;
    for (std::size_t i = 0; i < c.size(); ++i)
      differ += !(c[i] == wanted[i] || (c[i] != c[i] && wanted[i] != wanted[i]));
    CHECK(differ == 0);
  }
}
// The same with an addend, whose rows are n numbers, and a bias but for the first kind.
template <class T, class Multiply>
void check_addend(instruction_set set, int m, int n, int k, Multiply const& multiply) {
  CAPTURE(m);
  CAPTURE(n);
  CAPTURE(k);
  int const c_row = n + 3;
  auto a = numbers<T>(m * k, 1), b = numbers<T>(k * n, 2), addend = numbers<T>(m * n, 3), bias = numbers<T>(n, 4);
  addend.back() = std::numeric_limits<T>::quiet_NaN();
  for (auto kind :
       {product_epilogue::addend, product_epilogue::addend_and_bias, product_epilogue::addend_bias_and_relu}) {
    CAPTURE(static_cast<int>(kind));
    bool const has_bias = kind != product_epilogue::addend;
    std::vector<T> wanted(static_cast<std::size_t>(m * c_row), T(9)), c = wanted;
    multiply(a.data(), b.data(), wanted.data(), c_row, product_finish<T>{});
    for (int i = 0; i < m; ++i)
      for (int j = 0; j < n; ++j) {
        T& sum = wanted[static_cast<std::size_t>(i * c_row + j)];
        if (has_bias) sum += bias[static_cast<std::size_t>(j)];
        sum += addend[static_cast<std::size_t>(i * n + j)];
        if (kind == product_epilogue::addend_bias_and_relu && sum < 0) sum = 0;
      }
    product_addend<T> const more = addend_of<T>(set, addend.data(), has_bias ? bias.data() : nullptr);
    multiply(a.data(), b.data(), c.data(), c_row, product_finish<T>{kind, addend.data(), n, &more});
    int differ = 0;
    for (std::size_t i = 0; i < c.size(); ++i)
      differ += !(c[i] == wanted[i] || (c[i] != c[i] && wanted[i] != wanted[i]));
    CHECK(differ == 0);
  }
}
template <class T>
void check_set(instruction_set set) {
  CAPTURE(static_cast<int>(set));
  int const sizes[][3] = {{1, 1, 1},   {3, 5, 7},      {17, 33, 9},    {4, 40, 20},    {70, 100, 40},
                          {9, 70, 64}, {130, 31, 520}, {64, 96, 1100}, {300, 40, 600}, {98, 520, 2048}};
  for (auto const& [rows, columns, depth] : sizes) {
    int const m = rows, n = columns, k = depth;
    if (std::int64_t{m} * n * k > 5'000'000 && proof::fewer_problems() &&
        (k > 2000 || sizeof(T) == 8 || set != machine_instruction_set()))
      continue;
    for (bool across : {false, true})
      check_finish<T>(m, n, k, [&](T const* a, T const* b, T* c, int c_row, product_finish<T> const& f) {
        multiply<T>(set, m, n, k, {a, k, 1}, {b, across ? 1 : n, across ? k : 1}, c, c_row, false, f);
      });
    check_finish<T>(m, n, k, [&](T const* a, T const* b, T* c, int c_row, product_finish<T> const& f) {
      multiply_transposed<T>(set, m, n, k, a, k, b, k, c, c_row, f);
    });
    check_finish<T>(m, n, k, [&](T const* a, T const* b, T* c, int c_row, product_finish<T> const& f) {
      multiply_rows<row_order::panels, T>(set, m, n, k, {a, k, 1}, b, n, c, c_row, f);
    });
    for (bool across : {false, true})
      check_addend<T>(set, m, n, k, [&](T const* a, T const* b, T* c, int c_row, product_finish<T> const& f) {
        multiply<T>(set, m, n, k, {a, k, 1}, {b, across ? 1 : n, across ? k : 1}, c, c_row, false, f);
      });
    check_addend<T>(set, m, n, k, [&](T const* a, T const* b, T* c, int c_row, product_finish<T> const& f) {
      multiply_transposed<T>(set, m, n, k, a, k, b, k, c, c_row, f);
    });
    if (m <= row_product_rows)
      check_finish<T>(m, n, k, [&](T const* a, T const* b, T* c, int c_row, product_finish<T> const& f) {
        multiply_rows<row_order::along, T>(set, m, n, k, {a, k, 1}, b, n, c, c_row, f);
      });
    if (m <= low_product_rows)
      check_finish<T>(m, n, k, [&](T const* a, T const* b, T* c, int c_row, product_finish<T> const& f) {
        multiply_low<T>(set, m, n, k, a, b, c, c_row, f);
      });
    if (m <= 9)
      check_finish<T>(m, n, k, [&](T const* a, T const* b, T* c, int c_row, product_finish<T> const& f) {
        multiply_low<T, 1>(set, m, n, k, a, b, c, c_row, f);
      });
  }
}

}  // namespace

TEST_CASE("a product with a bias, a ReLU or its gradient has the bits of the product and then the operation") {
  for (int set = proof::least_set; set <= static_cast<int>(machine_instruction_set()); ++set) {
    check_set<float>(static_cast<instruction_set>(set));
    check_set<double>(static_cast<instruction_set>(set));
  }
}
