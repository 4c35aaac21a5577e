// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cmath>
#include <cstring>
#include <vector>

#include <doctest/doctest.h>

#include <ashlar/backend/cpu/product/low_product.hpp>
#include <ashlar/backend/cpu/product/transposed_product.hpp>
#include <ashlar/core/random.hpp>

#include "support/fewer_problems.hpp"
#include "support/least_set.hpp"

using namespace ashlar;
using namespace ashlar::detail;

namespace {

/// Two matrices of random numbers and their product by naive sums in double.
struct naive_product {
  int m, n, k;
  std::vector<float> a, b;
  std::vector<double> c;

  naive_product(int rows, int columns, int inner)
      : m(rows), n(columns), k(inner), a(count(m, k)), b(count(k, n)), c(count(m, n)) {
    random_stream const stream(seed{3}, 1);
    for (std::size_t i = 0; i < a.size(); ++i) a[i] = stream.uniform(i) - 0.5f;
    for (std::size_t i = 0; i < b.size(); ++i) b[i] = stream.uniform(a.size() + i) - 0.5f;
    for (int i = 0; i < m; ++i)
      for (int q = 0; q < k; ++q) {
        double const left = a[count(i, k) + static_cast<std::size_t>(q)];
        float const* const right = b.data() + count(q, n);
        double* const sums = c.data() + count(i, n);
        for (int j = 0; j < n; ++j) sums[j] += left * right[j];
      }
  }
  static std::size_t count(int x, int y) { return static_cast<std::size_t>(x) * static_cast<std::size_t>(y); }
};

/// A matrix of these rows and columns as T, transposed if asked.
template <class T>
std::vector<T> laid_out(std::vector<float> const& numbers, int rows, int columns, bool transposed) {
  std::vector<T> all(numbers.begin(), numbers.end());
  if (transposed)
    for (int i = 0; i < rows; ++i)
      for (int j = 0; j < columns; ++j)
        all[static_cast<std::size_t>(j * rows + i)] = numbers[static_cast<std::size_t>(i * columns + j)];
  return all;
}

template <class T>
double worst_product(instruction_set set, naive_product const& p, bool ta, bool tb, bool add) {
  int const m = p.m, n = p.n, k = p.k;
  std::vector<T> const a = laid_out<T>(p.a, m, k, ta), b = laid_out<T>(p.b, k, n, tb);
  std::vector<T> c(p.c.size() + 1, T(0.5));
  multiply<T>(set, m, n, k, {a.data(), ta ? 1 : k, ta ? m : 1}, {b.data(), tb ? 1 : n, tb ? k : 1}, c.data(), n, add);
  double worst = c.back() == T(0.5) ? 0 : 1e9;  // nothing behind the matrix is touched
  for (std::size_t i = 0; i < p.c.size(); ++i)
    worst = std::fmax(worst, std::fabs(p.c[i] + (add ? 0.5 : 0) - static_cast<double>(c[i])));
  return worst;
}

/// Proves products of these sizes in every transposition, as they are and added to what is there, on every instruction
/// set.
template <int Count>
void check_products(int const (&sizes)[Count][3]) {
  for (auto const& s : sizes) {
    naive_product const p(s[0], s[1], s[2]);
    CAPTURE(s[0]);
    CAPTURE(s[1]);
    CAPTURE(s[2]);
    for (int set = proof::least_set; set <= static_cast<int>(machine_instruction_set()); ++set)
      for (int flags = 0; flags < 8; ++flags) {
        CAPTURE(set);
        CAPTURE(flags);
        auto const which = static_cast<instruction_set>(set);
        bool const is_large = std::int64_t{s[0]} * s[1] * s[2] > 10'000'000;
        if (is_large && proof::fewer_problems() && (which != machine_instruction_set() || flags % 3 != 0)) continue;
        // a sum of k products below 1/4, each rounded once more than needed
        CHECK(worst_product<float>(which, p, flags & 1, flags & 2, flags & 4) < 2e-6 * (s[2] + 1));
        CHECK(worst_product<double>(which, p, flags & 1, flags & 2, flags & 4) < 1e-14 * (s[2] + 1));
      }
  }
}

}  // namespace

TEST_CASE("products of odd sizes agree with the naive sum in double, on every instruction set") {
  int const sizes[][3] = {{1, 1, 1}, {3, 5, 7}, {17, 33, 9}, {8, 64, 300}, {13, 31, 257}, {2, 100, 1}, {50, 3, 40}};
  check_products(sizes);
}

TEST_CASE("products whose left matrix is copied tile by tile, and whose rows of C lie far apart, are the same sums") {
  int const sizes[][3] = {{131, 129, 70}, {128, 200, 520}, {512, 130, 64}, {256, 257, 65}, {128, 1024, 300}};
  check_products(sizes);
}
TEST_CASE("products whose left matrix is copied from rows that lie pages apart are the same sums") {
  int const sizes[][3] = {{133, 520, 1024}, {137, 512, 1024}};
  check_products(sizes);
}
TEST_CASE("of rows behind tiles of six, none stand in a tile of one or two") {
  for (int m = 1; m < 40; ++m) {
    int left = m, fewest = m;
    for (int rows = 6; left > 0; rows = fewer_rows(rows, 6))
      for (; takes_rows(rows, left); left -= rows) fewest = rows < fewest ? rows : fewest;
    CAPTURE(m);
    CHECK(left == 0);
    CHECK((m < 6 ? fewest >= 1 : fewest >= 3));
  }
}
TEST_CASE("products of few columns, and of long sums in several parts, are the same sums") {
  int const sizes[][3] = {{9, 10, 130},  {70, 4, 37},     {13, 16, 20}, {33, 17, 64},    {65, 47, 33},
                          {64, 96, 530}, {77, 161, 1030}, {200, 33, 1}, {256, 129, 1100}};
  check_products(sizes);
}
TEST_CASE("products of many rows, in blocks and by copies of rows of the right matrix, are the same sums") {
  int const sizes[][3] = {{390, 64, 40}, {385, 70, 33}, {150, 1024, 20}, {1060, 48, 512}, {200, 48, 1040}};
  check_products(sizes);
}
TEST_CASE("a block of a product has the same bits alone, however its matrices lie") {
  random_stream const stream(seed{8}, 1);
  int const m = 130, n = 150, k = 700;
  std::vector<float> a(m * k), b(k * n), all(m * n), one(m * n);
  for (std::size_t i = 0; i < a.size(); ++i) a[i] = stream.uniform(i) - 0.5f;
  for (std::size_t i = 0; i < b.size(); ++i) b[i] = stream.uniform(a.size() + i) - 0.5f;
  for (int set = proof::least_set; set <= static_cast<int>(machine_instruction_set()); ++set)
    for (int flags = 0; flags < 4; ++flags) {
      CAPTURE(set);
      CAPTURE(flags);
      auto const which = static_cast<instruction_set>(set);
      matrix_view<float> const left{a.data(), flags & 1 ? 1 : k, flags & 1 ? m : 1};
      matrix_view<float> const right{b.data(), flags & 2 ? 1 : n, flags & 2 ? k : 1};
      multiply<float>(which, m, n, k, left, right, all.data(), n, false);
      int const blocks[][4] = {{0, 64, 0, 64}, {64, 66, 64, 86}, {16, 16, 128, 22}, {0, 130, 149, 1}};
      for (auto const& [i, rows, j, columns] : blocks) {
        multiply<float>(which, rows, columns, k, {left.data + i * left.row, left.row, left.column},
                        {right.data + j * right.column, right.row, right.column}, one.data(), columns, false);
        for (int r = 0; r < rows; ++r)
          CHECK(std::memcmp(&one[static_cast<std::size_t>(r * columns)],
                            &all[static_cast<std::size_t>((i + r) * n + j)],
                            static_cast<std::size_t>(columns) * sizeof(float)) == 0);
      }
    }
}
TEST_CASE("a row of a product has the same bits among any others") {
  random_stream const stream(seed{5}, 1);
  int const m = 400, n = 144, k = 300;
  std::vector<float> a(m * k), b(k * n), all(m * n), one(n);
  for (std::size_t i = 0; i < a.size(); ++i) a[i] = stream.uniform(i) - 0.5f;
  for (std::size_t i = 0; i < b.size(); ++i) b[i] = stream.uniform(a.size() + i) - 0.5f;
  for (int set = proof::least_set; set <= static_cast<int>(machine_instruction_set()); ++set) {
    auto const which = static_cast<instruction_set>(set);
    multiply<float>(which, m, n, k, {a.data(), k, 1}, {b.data(), n, 1}, all.data(), n, false);
    for (int i : {0, 7, 130, 399}) {
      multiply<float>(which, 1, n, k, {a.data() + i * k, k, 1}, {b.data(), n, 1}, one.data(), n, false);
      CHECK(std::equal(one.begin(), one.end(), all.begin() + i * n));
    }
  }
}

namespace {

/// sum + x * y, rounded as kernels of a processor with fused instructions do: once, but twice by g++ -O0.
template <class T>
T with_product(T sum, T x, T y) {
#if defined(__OPTIMIZE__) || defined(__clang__)
  return std::fma(x, y, sum);
#else
  T const product = x * y;
  return sum + product;
#endif
}
/// Whether a product's numbers are those of multiplications and additions in ascending order, bit for bit. Elements of
/// A are read at a[i * row + k * column].
template <class T>
bool is_in_order(instruction_set set, int m, int n, int k, int row, int column, int b_row) {
  random_stream const stream(seed{9}, 1);
  std::vector<T> a(static_cast<std::size_t>(m * row + k * column)), b(static_cast<std::size_t>(k * b_row)), c;
  for (std::size_t i = 0; i < a.size(); ++i) a[i] = static_cast<T>(stream.uniform(i) - 0.5f);
  for (std::size_t i = 0; i < b.size(); ++i) b[i] = static_cast<T>(stream.uniform(a.size() + i) - 0.5f);
  c.assign(static_cast<std::size_t>(m * n), T(0.25));
  multiply<T>(set, m, n, k, {a.data(), row, column}, {b.data(), b_row, 1}, c.data(), n, true);
  for (int i = 0; i < m; ++i)
    for (int j = 0; j < n; ++j) {
      T sum = 0;
      for (int q = 0; q < k; ++q)
        sum = with_product(sum, a[static_cast<std::size_t>(i * row + q * column)],
                           b[static_cast<std::size_t>(q * b_row + j)]);
      if (c[static_cast<std::size_t>(i * n + j)] != T(0.25) + sum) return false;
    }
  return true;
}

}  // namespace

TEST_CASE("tiles of six rows sum up term by term, whichever matrix lies how, from few terms to many") {
  if (machine_instruction_set() < instruction_set::avx2) return;
  int const layouts[][2] = {{530, 1}, {1, 128}, {1, 131}, {3, 250}};  // rows, columns, neither
  for (int m : {6, 12, 90})                                           // read in place, and copied
    for (int k : {1, 4, 7, 24, 99, 300})
      for (auto const& layout : layouts) {
        int const row = layout[0], column = layout[1];
        CAPTURE(m);
        CAPTURE(k);
        CAPTURE(column);
        CHECK(is_in_order<float>(instruction_set::avx2, m, 64, k, row, column, 67));
        CHECK(is_in_order<double>(instruction_set::avx2, m, 64, k, row, column, 67));
      }
}
TEST_CASE("whatever is to be fetched beside a panel is fetched once, in whichever tiles it fits") {
  std::vector<float> const a(60 * 400), b(400 * 128);
  std::vector<float> c(60 * 128);
  for (int set = 0; set <= static_cast<int>(machine_instruction_set()); ++set)
    for (int depth : {20, 400}) {
      CAPTURE(set);
      CAPTURE(depth);
      auto const& on = functions_for<float>(static_cast<instruction_set>(set));
      if (on.columns < 16) continue;  // tiles narrower than a line fetch nothing
      fetched_beside<float> beside;
      std::int64_t const lines[] = {depth / 5, depth / 8};
      for (int i = 0; i < 2; ++i) beside.ahead[i] = {b.data() + i, 64, lines[i], 2};
      on.panel(60, depth, {a.data(), 400, 1}, b.data(), 128, c.data(), 128, false, on.columns, &beside);
      for (int i = 0; i < 2; ++i) {
        CHECK(beside.ahead[i].count == 0);
        CHECK(beside.ahead[i].data == b.data() + i + 64 * lines[i]);
      }
    }
}

namespace {

template <class T>
double worst_dot(instruction_set set, int m, int n, int k) {
  random_stream const stream(seed{4}, 1);
  std::vector<T> a(static_cast<std::size_t>(m * k)), b(static_cast<std::size_t>(n * k)),
      c(static_cast<std::size_t>(m * n + 1), T(0.5));
  for (std::size_t i = 0; i < a.size(); ++i) a[i] = static_cast<T>(stream.uniform(i) - 0.5f);
  for (std::size_t i = 0; i < b.size(); ++i) b[i] = static_cast<T>(stream.uniform(a.size() + i) - 0.5f);
  multiply_low<T>(set, m, n, k, a.data(), b.data(), c.data(), n);
  double worst = c.back() == T(0.5) ? 0 : 1e9;
  for (int i = 0; i < m; ++i)
    for (int j = 0; j < n; ++j) {
      double sum = 0;
      for (int q = 0; q < k; ++q)
        sum += static_cast<double>(a[static_cast<std::size_t>(i * k + q)]) *
               static_cast<double>(b[static_cast<std::size_t>(j * k + q)]);
      worst = std::fmax(worst, std::fabs(sum - static_cast<double>(c[static_cast<std::size_t>(i * n + j)])));
    }
  return worst;
}

}  // namespace

TEST_CASE("products of few rows, sum by sum, agree with the naive sum in double, on every instruction set") {
  for (int set = proof::least_set; set <= static_cast<int>(machine_instruction_set()); ++set)
    for (int m = 1; m <= low_product_rows; ++m)
      for (int n : {1, 3, 4, 9, 33})
        for (int k : {1, 15, 16, 17, 100, 257}) {
          CAPTURE(set);
          CAPTURE(m);
          CAPTURE(n);
          CAPTURE(k);
          CHECK(worst_dot<float>(static_cast<instruction_set>(set), m, n, k) < 2e-6 * (k + 1));
          CHECK(worst_dot<double>(static_cast<instruction_set>(set), m, n, k) < 1e-14 * (k + 1));
        }
}

namespace {

/// Whether every number of a product of few rows is the same bit for bit as in a product of its row with few columns.
template <class T>
bool stands_alone(instruction_set set, int m, int n, int k, int columns) {
  random_stream const stream(seed{5}, 1);
  std::vector<T> a(static_cast<std::size_t>(m * k)), b(static_cast<std::size_t>(n * k));
  std::vector<T> whole(static_cast<std::size_t>(m * n)), parts(whole.size());
  for (std::size_t i = 0; i < a.size(); ++i) a[i] = static_cast<T>(stream.uniform(i) - 0.5f);
  for (std::size_t i = 0; i < b.size(); ++i) b[i] = static_cast<T>(stream.uniform(a.size() + i) - 0.5f);
  multiply_low<T>(set, m, n, k, a.data(), b.data(), whole.data(), n);
  for (int i = 0; i < m; ++i)
    for (int j = 0; j < n; j += columns)
      multiply_low<T>(set, 1, n - j < columns ? n - j : columns, k, a.data() + i * k, b.data() + j * k,
                      parts.data() + i * n + j, n);
  std::vector<T> one_by_one(whole.size());
  multiply_low<T, 1>(set, m, n, k, a.data(), b.data(), one_by_one.data(), n);
  return std::memcmp(whole.data(), parts.data(), whole.size() * sizeof(T)) == 0 &&
         std::memcmp(whole.data(), one_by_one.data(), whole.size() * sizeof(T)) == 0;
}

}  // namespace

TEST_CASE("a number of a product of few rows is the same bit for bit whatever rows and columns stand beside it") {
  for (int set = proof::least_set; set <= static_cast<int>(machine_instruction_set()); ++set)
    for (int m = 1; m <= low_product_rows; ++m)
      for (int columns : {1, 2, 3, 5, 8, 13, 16})
        for (int k : {3, 16, 37, 64}) {
          CAPTURE(set);
          CAPTURE(m);
          CAPTURE(columns);
          CAPTURE(k);
          CHECK(stands_alone<float>(static_cast<instruction_set>(set), m, 41, k, columns));
          CHECK(stands_alone<double>(static_cast<instruction_set>(set), m, 41, k, columns));
        }
}

namespace {

template <class T>
bool transposed_equals(instruction_set set, int m, int n, int k) {
  int const a_row = k + 2, b_row = k + 1, c_row = n + 3;
  random_stream const stream(seed{7}, 1);
  std::vector<T> a(static_cast<std::size_t>(m * a_row)), b(static_cast<std::size_t>(n * b_row));
  std::vector<T> one(static_cast<std::size_t>(m * c_row), T(0.5)), other(one);
  for (std::size_t i = 0; i < a.size(); ++i) a[i] = static_cast<T>(stream.uniform(i) - 0.5f);
  for (std::size_t i = 0; i < b.size(); ++i) b[i] = static_cast<T>(stream.uniform(a.size() + i) - 0.5f);
  multiply<T>(set, m, n, k, {a.data(), a_row, 1}, {b.data(), 1, b_row}, one.data(), c_row, false);
  multiply_transposed<T>(set, m, n, k, a.data(), a_row, b.data(), b_row, other.data(), c_row);
  return std::memcmp(one.data(), other.data(), one.size() * sizeof(T)) == 0;
}

}  // namespace

TEST_CASE("products computed as the transpose of another have the bits of other products, and write nothing else") {
  for (int set = proof::least_set; set <= static_cast<int>(machine_instruction_set()); ++set)
    for (int m : {1, 5, 16, 33, 70})
      for (int n : {1, 4, 17, 128, 150})
        for (int k : {1, 9, 64, 600}) {
          CAPTURE(set);
          CAPTURE(m);
          CAPTURE(n);
          CAPTURE(k);
          CHECK(transposed_equals<float>(static_cast<instruction_set>(set), m, n, k));
          CHECK(transposed_equals<double>(static_cast<instruction_set>(set), m, n, k));
        }
}
