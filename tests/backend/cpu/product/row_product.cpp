// SPDX-License-Identifier: MIT
#include <ashlar/backend/cpu/product/row_product.hpp>

#include <cmath>
#include <cstring>
#include <vector>

#include <doctest/doctest.h>

#include <ashlar/backend/cpu/product/matmul.hpp>
#include <ashlar/core/random.hpp>

#include "support/least_set.hpp"

using namespace ashlar;
using namespace ashlar::detail;

namespace {

/// A [m, k], or [k, m + 3] transposed, and B [k, n], whose rows have two elements more; C likewise.
template <class T>
struct factors {
  int m, n, k;
  bool ta;
  std::vector<T> a, b;

  factors(int rows, int columns, int depth, bool transposed) : m(rows), n(columns), k(depth), ta(transposed) {
    a = numbers((m + 3) * k, 1);
    b = numbers(k * b_row(), 2);
    a[0] = 0;  // of its products some are -0
  }
  static std::vector<T> numbers(int count, std::uint64_t which) {
    random_stream const stream(seed{6}, which);
    std::vector<T> x(static_cast<std::size_t>(count));
    for (std::size_t i = 0; i < x.size(); ++i) x[i] = static_cast<T>(stream.uniform(i) - 0.5f);
    return x;
  }
  int b_row() const { return n + 2; }
  matrix_view<T> left() const { return {a.data(), ta ? 1 : k, ta ? m + 3 : 1}; }

  template <row_order Order>
  std::vector<T> by(instruction_set set) const {
    std::vector<T> c = untouched();
    multiply_rows<Order, T>(set, m, n, k, left(), b.data(), b_row(), c.data(), b_row());
    return c;
  }
  std::vector<T> untouched() const { return std::vector<T>(static_cast<std::size_t>(m * b_row()), T(0.25)); }
  /// The largest difference to sums in double; also of what is not to be touched.
  double worst(std::vector<T> const& c) const {
    double most = 0;
    for (int i = 0; i < m; ++i)
      for (int j = 0; j < b_row(); ++j) {
        double sum = j < n ? 0 : 0.25;
        for (int q = 0; q < k && j < n; ++q)
          sum += static_cast<double>(left().data[i * left().row + q * left().column]) *
                 static_cast<double>(b[static_cast<std::size_t>(q * b_row() + j)]);
        most = std::fmax(most, std::fabs(sum - static_cast<double>(c[static_cast<std::size_t>(i * b_row() + j)])));
      }
    return most;
  }
};
template <class T>
bool same_bits(std::vector<T> const& x, std::vector<T> const& y) {
  return std::memcmp(x.data(), y.data(), x.size() * sizeof(T)) == 0;
}
template <class F>
void on_every_set(F f) {
  for (int set = proof::least_set; set <= static_cast<int>(machine_instruction_set()); ++set) {
    CAPTURE(set);
    f(static_cast<instruction_set>(set));
  }
}

template <class T>
void check_sums(instruction_set set, double unit) {
  for (int m : {1, 2, 3, 4, 7})
    for (int n : {1, 3, 16, 37, 128, 301})
      for (int k : {1, 2, 8, 15, 16, 17, 41})
        for (bool ta : {false, true}) {
          factors<T> const p(m, n, k, ta);
          CAPTURE(m);
          CAPTURE(n);
          CAPTURE(k);
          CAPTURE(ta);
          CHECK(p.worst(p.template by<row_order::shallow>(set)) < unit * (k + 1));
          CHECK(p.worst(p.template by<row_order::panels>(set)) < unit * (k + 1));
          CHECK(p.worst(p.template by<row_order::along>(set)) < unit * (k + 1));
        }
  for (int m : {3, 16}) {  // in several blocks of columns
    factors<T> const p(m, 1501, 19, m == 3);
    CHECK(p.worst(p.template by<row_order::along>(set)) < unit * 20);
  }
}
/// Whether each number is the same where some columns of a row are computed alone.
template <row_order Order, class T>
bool stands_alone(instruction_set set, int m, int n, int k, int columns) {
  factors<T> const p(m, n, k, false);
  std::vector<T> parts = p.untouched();
  for (int i = 0; i < m; ++i)
    for (int j = 0; j < n; j += columns)
      multiply_rows<Order, T>(set, 1, n - j < columns ? n - j : columns, k, {p.a.data() + i * k, k, 1}, p.b.data() + j,
                              p.b_row(), parts.data() + i * p.b_row() + j, p.b_row());
  return same_bits(parts, p.template by<Order>(set));
}
template <class T>
bool shallow_equals(instruction_set set, int m, int n, int k) {
  factors<T> const p(m, n, k, true);
  std::vector<T> c = p.untouched();
  multiply<T>(set, m, n, k, p.left(), {p.b.data(), p.b_row(), 1}, c.data(), p.b_row(), false);
  return same_bits(c, p.template by<row_order::shallow>(set));
}

}  // namespace

TEST_CASE("products row by row agree with the naive sum in double and write nothing else, in each of their orders") {
  // a sum of k products below 1/4, each rounded once more than needed
  on_every_set([](instruction_set set) { check_sums<float>(set, 2e-6); });
  on_every_set([](instruction_set set) { check_sums<double>(set, 1e-14); });
}

TEST_CASE("a number of a product row by row is the same bit for bit whatever rows and columns stand beside it") {
  on_every_set([](instruction_set set) {
    for (int columns : {1, 5, 16, 64, 100})
      for (int k : {3, 16, 37}) {
        CAPTURE(columns);
        CAPTURE(k);
        CHECK(stands_alone<row_order::panels, float>(set, 4, 203, k, columns));
        CHECK(stands_alone<row_order::panels, double>(set, 3, 203, k, columns));
        CHECK(stands_alone<row_order::along, float>(set, 4, 203, k, columns));
        CHECK(stands_alone<row_order::along, double>(set, 3, 203, k, columns));
        CHECK(stands_alone<row_order::along, float>(set, 5, 1703, k, 7 * columns));  // in several blocks of columns
      }
  });
}

TEST_CASE("products of a small depth, row by row, have the bits of other products") {
  on_every_set([](instruction_set set) {
    for (int n : {1, 3, 16, 37, 128, 300})
      for (int k : {1, 2, 4}) {
        CAPTURE(n);
        CAPTURE(k);
        CHECK(shallow_equals<float>(set, 9, n, k));
        CHECK(shallow_equals<double>(set, 9, n, k));
      }
  });
}

TEST_CASE("a matrix is read from front to back where it is larger than a cache and its rows are long") {
  CHECK(is_read_along<float>(4096, 4096));
  CHECK_FALSE(is_read_along<float>(128, 784));
  CHECK_FALSE(is_read_along<float>(64, 100000));  // a panel of it is all of its rows
}

namespace {

/// What the kernel of x [full_m, k] times w [k, n] writes for m valid rows, by so many shares of the work.
std::vector<float> by_kernel(instruction_set set, int full_m, int m, int n, int k, int parts) {
  std::vector<float> x = factors<float>::numbers(full_m * k, 1), w = factors<float>::numbers(k * n, 2);
  std::vector<float> y(static_cast<std::size_t>(full_m * n), 0.25f);
  char* const operands[] = {reinterpret_cast<char*>(x.data()), reinterpret_cast<char*>(w.data()),
                            reinterpret_cast<char*>(y.data())};
  std::int64_t const numbers[] = {1, full_m, n, k, 2, 1};
  kernel_arguments args{operands, numbers, nullptr, m, 0, 0, 0, set};
  args.parts = parts;
  for (args.part = 0; args.part < parts; ++args.part)
    matmul_kernel<kernel_code<static_cast<int>(kernel_kind::matmul), 0, 0, 0>>::run(args);
  return y;
}

}  // namespace

TEST_CASE("a product by a row-major matrix has the same bits for any number of shares, and writes valid rows alone") {
  int const shapes[][3] = {{1, 200, 40}, {3, 200, 40}, {1, 640, 500}, {7, 640, 500}, {16, 640, 500}, {17, 640, 500}};
  on_every_set([&](instruction_set set) {
    for (auto const& s : shapes) {
      int const m = s[0], n = s[1], k = s[2];
      CAPTURE(m);
      CAPTURE(n);
      std::vector<float> const one = by_kernel(set, m + 1, m, n, k, 1);
      std::vector<float> const x = factors<float>::numbers((m + 1) * k, 1), w = factors<float>::numbers(k * n, 2);
      double worst = 0;
      for (int i = 0; i <= m; ++i)
        for (int j = 0; j < n; ++j) {
          double sum = i < m ? 0 : 0.25;
          for (int q = 0; q < k && i < m; ++q)
            sum += double{x[static_cast<std::size_t>(i * k + q)]} * double{w[static_cast<std::size_t>(q * n + j)]};
          worst = std::fmax(worst, std::fabs(sum - double{one[static_cast<std::size_t>(i * n + j)]}));
        }
      CHECK(worst < 2e-6 * (k + 1));
      for (int parts : {2, 3, 5}) CHECK(same_bits(by_kernel(set, m + 1, m, n, k, parts), one));
    }
  });
}
