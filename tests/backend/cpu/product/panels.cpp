// SPDX-License-Identifier: MIT
#include <ashlar/backend/cpu/product/strided_matmul.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <cstring>
#include <limits>
#include <vector>

#include <ashlar/core/random.hpp>

using namespace ashlar;
using namespace ashlar::detail;

namespace {

template <class T>
std::vector<T> drawn(std::int64_t count, std::uint64_t stream) {
  random_stream const random(seed{4}, stream);
  std::vector<T> x(static_cast<std::size_t>(count));
  for (std::size_t i = 0; i < x.size(); ++i) x[i] = static_cast<T>(random.uniform(i) - 0.5f);
  return x;
}

/// A product whose right factor, maybe transposed, or whose result lies in panels.
struct panel_product {
  panel_role role;
  bool transposed;
  std::int64_t full_rows, rows, n, k;  // x [rows, k]; panels of [k, n]

  std::int64_t panelled(std::int64_t i, std::int64_t j) const { return (j / 64 * k + i) * 64 + j % 64; }
  std::int64_t left_columns() const { return transposed ? n : k; }
  std::int64_t right_size() const { return role == panel_role::result ? full_rows * n : k * n; }
  std::int64_t result_size() const { return role == panel_role::result ? k * n : full_rows * (transposed ? k : n); }
  /// Element i of the result: a sum of products; nothing where no valid row is.
  template <class T>
  double sum(std::vector<T> const& x, std::vector<T> const& y, std::int64_t i, bool& is_computed) const {
    auto at = [](std::vector<T> const& v, std::int64_t e) {
      return static_cast<double>(v[static_cast<std::size_t>(e)]);
    };
    double total = 0;
    is_computed = true;
    if (role == panel_role::result) {
      std::int64_t const row = i / 64 % k, column = i / 64 / k * 64 + i % 64;
      for (std::int64_t q = 0; q < rows; ++q) total += at(x, q * k + row) * at(y, q * n + column);
      return total;
    }
    std::int64_t const width = transposed ? k : n, row = i / width, column = i % width;
    is_computed = row < rows;
    for (std::int64_t q = 0; q < left_columns() && is_computed; ++q)
      total += at(x, row * left_columns() + q) * at(y, transposed ? panelled(column, q) : panelled(q, column));
    return total;
  }
};

template <class T, int A, int B, panel_role Role>
std::vector<T> by_kernel(panel_product const& p, std::vector<T>& x, std::vector<T>& y, instruction_set set, int parts,
                         product_epilogue epilogue, std::vector<T>& other) {
  std::vector<T> c(static_cast<std::size_t>(p.result_size()), T(0.25));
  char* const operands[] = {reinterpret_cast<char*>(x.data()), reinterpret_cast<char*>(y.data()),
                            reinterpret_cast<char*>(c.data()), reinterpret_cast<char*>(other.data())};
  bool const makes = Role == panel_role::result;
  std::int64_t const numbers[] = {
      1, makes ? p.k : p.full_rows, B ? p.k : p.n, makes ? p.full_rows : p.left_columns(), makes ? 3 : 2, 1};
  kernel_arguments args{operands, numbers, nullptr, p.rows, 0, 0, 0, set};
  args.parts = parts;
  args.epilogue = epilogue;
  using code = kernel_code<static_cast<int>(kernel_kind::matmul), sizeof(T) == 8, A, B, static_cast<int>(Role)>;
  for (args.part = 0; args.part < parts; ++args.part) matmul_kernel<code>::run(args);
  return c;
}
template <class T>
bool same_bits(std::vector<T> const& a, std::vector<T> const& b) {
  return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size() * sizeof(T)) == 0;
}

template <class T, int A, int B, panel_role Role>
void check(std::int64_t full_rows, std::int64_t rows, std::int64_t n, std::int64_t k) {
  CAPTURE(full_rows);
  CAPTURE(rows);
  CAPTURE(n);
  CAPTURE(k);
  panel_product const p{Role, B != 0, full_rows, rows, n, k};
  std::vector<T> x = drawn<T>(full_rows * p.left_columns(), 1), y = drawn<T>(p.right_size(), 2), other;
  for (std::int64_t i = rows * p.left_columns(); i < full_rows * p.left_columns(); ++i)
    x[static_cast<std::size_t>(i)] = std::numeric_limits<T>::quiet_NaN();
  std::int64_t const width = B ? k : n;
  for (int s = 0; s <= static_cast<int>(machine_instruction_set()); ++s) {
    auto const set = static_cast<instruction_set>(s);
    std::vector<T> const plain = by_kernel<T, A, B, Role>(p, x, y, set, 1, product_epilogue::none, other);
    double worst = 0;
    for (std::int64_t i = 0; i < p.result_size(); ++i) {
      bool is_computed = false;
      double const wanted = p.sum(x, y, i, is_computed);
      double const got = static_cast<double>(plain[static_cast<std::size_t>(i)]);
      double const apart = std::fabs((is_computed ? wanted : 0.25) - got);
      worst = apart <= worst ? worst : apart;  // what is not a number stays
    }
    CHECK(worst < (sizeof(T) == 8 ? 1e-13 : 2e-6) * static_cast<double>(n + k + rows));
    for (int parts : {2, 3, 5})
      CHECK(same_bits(by_kernel<T, A, B, Role>(p, x, y, set, parts, product_epilogue::none, other), plain));
    if (Role == panel_role::result) continue;
    for (auto kind : {product_epilogue::bias, product_epilogue::bias_and_relu, product_epilogue::relu_gradient}) {
      bool const is_mask = kind == product_epilogue::relu_gradient;
      other = drawn<T>(is_mask ? full_rows * width : width, 3);
      if (is_mask)
        for (T& o : other) o = o < 0 ? T(0) : o;
      std::vector<T> wanted = plain;
      for (std::int64_t i = 0; i < rows * width; ++i) {
        T& v = wanted[static_cast<std::size_t>(i)];
        T const o = other[static_cast<std::size_t>(is_mask ? i : i % width)];
        if (is_mask)
          v = o == 0 ? T(0) : v;
        else
          v = kind == product_epilogue::bias_and_relu && v + o < 0 ? T(0) : v + o;
      }
      for (int parts : {1, 2, 3}) CHECK(same_bits(by_kernel<T, A, B, Role>(p, x, y, set, parts, kind, other), wanted));
    }
  }
}
template <class T, int A, int B, panel_role Role>
void check_all() {
  std::int64_t const shapes[][3] = {{1, 128, 7},   {1, 640, 500},  {3, 128, 65}, {4, 192, 33},  {5, 192, 130},
                                    {17, 128, 70}, {40, 320, 129}, {70, 128, 9}, {33, 704, 40}, {130, 576, 66}};
  for (auto const& s : shapes) {
    check<T, A, B, Role>(s[0], s[0], s[1], s[2]);
    check<T, A, B, Role>(s[0] + 2, s[0], s[1], s[2]);
  }
}

}  // namespace

TEST_CASE("products by panels are those by the matrix, bit for bit in any number of shares") {
  check_all<float, 0, 0, panel_role::factor>();
  check_all<double, 0, 0, panel_role::factor>();
}

TEST_CASE("products by transposed panels are those by the matrix, bit for bit in any number of shares") {
  check_all<float, 0, 1, panel_role::factor>();
  check_all<double, 0, 1, panel_role::factor>();
}

TEST_CASE("products that are made in panels are those of a matrix, bit for bit in any number of shares") {
  check_all<float, 1, 0, panel_role::result>();
  check_all<double, 1, 0, panel_role::result>();
}
