// SPDX-License-Identifier: MIT
#include <ashlar/backend/cpu/product/product_without_zeros.hpp>

#include "support/least_set.hpp"

#include <doctest/doctest.h>

#include <limits>
#include <vector>

using namespace ashlar;
using namespace ashlar::detail;

namespace {

enum class pattern { later, earlier, both, none, all, misleading };
constexpr pattern patterns[] = {pattern::later, pattern::earlier, pattern::both,
                                pattern::none,  pattern::all,     pattern::misleading};

/// Whether term k of row i is a zero.
bool is_left_out(pattern p, std::int64_t i, std::int64_t k, std::int64_t m, std::int64_t depth) {
  switch (p) {
    case pattern::later: return k > i;
    case pattern::earlier: return k < i;
    case pattern::both: return k < i / 2 || k > i;
    case pattern::none: return false;
    case pattern::all: return true;
    default: return k % 16 == 0 || k % 16 == 15 || (k > i && i % 5) || (i < m / 2 && k == depth - 3);
  }
}

template <class T>
bool are_same(T a, T b) {
  return a == b || (a != a && b != b);
}

/// `strange`: what stands somewhere in B.
template <class T, bool Across, bool Transposed>
void check(instruction_set set, std::int64_t m, std::int64_t n, std::int64_t depth, pattern p, T strange) {
  std::int64_t const a_row = Across ? m + 3 : depth + 5, b_row = Transposed ? depth + 7 : n + 1, c_row = n + 9;
  auto number = [](std::int64_t i) { return static_cast<T>(static_cast<double>(i * 7919 % 401) / 100 - 2.005); };
  std::vector<T> left(static_cast<std::size_t>((Across ? depth : m) * a_row), T{3});
  for (std::int64_t i = 0; i < m; ++i)
    for (std::int64_t k = 0; k < depth; ++k) {
      T const zero = (i + k) % 3 ? T{} : -T{};
      left[static_cast<std::size_t>(Across ? k * a_row + i : i * a_row + k)] =
          is_left_out(p, i, k, m, depth) ? zero : number(i * depth + k);
    }
  std::vector<T> right(static_cast<std::size_t>((Transposed ? n : depth) * b_row));
  for (std::size_t i = 0; i < right.size(); ++i) right[i] = number(static_cast<std::int64_t>(i) * 31);
  std::int64_t const strange_column = n / 2, strange_term = depth - 2;
  right[static_cast<std::size_t>(Transposed ? strange_column * b_row + strange_term
                                            : strange_term * b_row + strange_column)] = strange;
  matrix_view<T> const a{left.data(), Across ? 1 : a_row, Across ? a_row : 1};
  matrix_view<T> const b{right.data(), Transposed ? 1 : b_row, Transposed ? b_row : 1};
  std::vector<T> wanted(static_cast<std::size_t>(m * c_row), T{7}), result = wanted;
  multiply<T>(set, m, n, depth, a, b, wanted.data(), c_row, false);
  product_without_zeros<T> const shorter(set, m, depth, a);
  bool const fits = m % 16 == 0 && depth % 16 == 0 && m >= 64 && depth >= 64 && m <= 1024;
  REQUIRE(shorter.pays() == (fits && p != pattern::none));
  if (!shorter.pays()) return;
  for (std::int64_t first = 0, rows = 16; first < m; first += rows, rows += 32) {  // shares of rows
    rows = m - first < rows ? m - first : rows;
    shorter.multiply(first, rows, n, b, result.data() + first * c_row, c_row);
  }
  bool same = true;  // also what lies between the rows
  for (std::size_t i = 0; i < result.size(); ++i) same = same && are_same(result[i], wanted[i]);
  REQUIRE(same);
}

template <class T>
void check_all() {
  struct extents {
    std::int64_t m, n, depth;
  };
  for (extents const& e : {extents{128, 32, 128}, extents{64, 1, 64}, extents{80, 47, 112}, extents{1024, 33, 64},
                           extents{1040, 5, 64}, extents{100, 8, 128}, extents{64, 8, 100}, extents{48, 8, 64}})
    for (pattern p : patterns)
      for (T strange : {T{1}, std::numeric_limits<T>::infinity(), std::numeric_limits<T>::quiet_NaN()})
        for (int set = proof::least_set; set <= static_cast<int>(machine_instruction_set()); ++set) {
          CAPTURE(e.m);
          CAPTURE(e.n);
          CAPTURE(static_cast<int>(p));
          CAPTURE(set);
          check<T, false, false>(static_cast<instruction_set>(set), e.m, e.n, e.depth, p, strange);
          check<T, true, false>(static_cast<instruction_set>(set), e.m, e.n, e.depth, p, strange);
          check<T, false, true>(static_cast<instruction_set>(set), e.m, e.n, e.depth, p, strange);
          check<T, true, true>(static_cast<instruction_set>(set), e.m, e.n, e.depth, p, strange);
        }
}

}  // namespace

TEST_CASE("a product that leaves out zeros at the ends of rows is the whole product") {
  check_all<float>();
  check_all<double>();
}

TEST_CASE("what is infinite or no number is found wherever it lies") {
  for (int set = proof::least_set; set <= static_cast<int>(machine_instruction_set()); ++set) {
    auto const look =
        ASHLAR_BY_SET(static_cast<instruction_set>(set), (number_look_on<float, instruction_set::baseline>::are_finite),
                      (number_look_on<float, instruction_set::avx2>::are_finite),
                      (number_look_on<float, instruction_set::avx512>::are_finite));
    auto const zeros =
        ASHLAR_BY_SET(static_cast<instruction_set>(set), (number_look_on<float, instruction_set::baseline>::are_zero),
                      (number_look_on<float, instruction_set::avx2>::are_zero),
                      (number_look_on<float, instruction_set::avx512>::are_zero));
    alignas(64) float v[96];
    for (float& x : v) x = std::numeric_limits<float>::max();
    REQUIRE(look(v, 96));
    for (int i = 0; i < 96; ++i)
      for (float x : {std::numeric_limits<float>::infinity(), -std::numeric_limits<float>::infinity(),
                      std::numeric_limits<float>::quiet_NaN()}) {
        float const before = v[i];
        v[i] = x;
        REQUIRE(!look(v, 96));
        v[i] = before;
      }
    for (int i = 0; i < 96; ++i) v[i] = i % 2 ? 0.0f : -0.0f;
    REQUIRE(zeros(v, 48, 2, 48));
    for (int i = 0; i < 96; ++i) {
      float const before = v[i];
      v[i] = std::numeric_limits<float>::denorm_min();
      REQUIRE(!zeros(v, 48, 2, 48));
      REQUIRE(zeros(v, 48, 2, 32) == (i % 48 >= 32));
      v[i] = before;
    }
  }
}
