// SPDX-License-Identifier: MIT
#include <ashlar/train/parameter.hpp>

#include <doctest/doctest.h>

#include <cmath>

using namespace ashlar;

namespace {

using kind = detail::initialiser;
template <class T = float>
std::vector<double> filled(shape const& s, detail::initialiser const& init, seed number = seed{1},
                           detail::stored_order order = detail::stored_order::rows) {
  std::vector<T> to(static_cast<std::size_t>(s.size()));
  detail::variable_info v;
  v.type = dtype_of<T>;
  v.extents = s;
  v.init = init;
  v.order = order;
  detail::initialise({"0.weight", v.type, s, reinterpret_cast<char*>(to.data()), order}, v, number);
  return {to.begin(), to.end()};
}
/// The mean of the products of rows a and b of a matrix of so many columns; columns likewise where `step` says so.
double product(std::vector<double> const& m, std::size_t a, std::size_t b, std::size_t count, std::size_t step) {
  double sum = 0;
  std::size_t const along = step == 1 ? count : 1;
  for (std::size_t i = 0; i < count; ++i) sum += m[a * along + i * step] * m[b * along + i * step];
  return sum;
}

}  // namespace

TEST_CASE("uniform numbers fill their bounds evenly, normal ones have their mean and deviation") {
  auto moments = [](std::vector<double> const& x) {
    double mean = 0, square = 0;
    for (double v : x) mean += v / static_cast<double>(x.size());
    for (double v : x) square += (v - mean) * (v - mean) / static_cast<double>(x.size());
    return std::pair{mean, std::sqrt(square)};
  };
  std::vector<double> const uniform = filled({2, {100, 100}}, {kind::uniform, 0.5, 2});
  for (double v : uniform) CHECK(std::abs(v - 2) <= 0.5);
  CHECK(moments(uniform).first == doctest::Approx(2).epsilon(0.005));
  CHECK(moments(uniform).second == doctest::Approx(0.5 / std::sqrt(3.0)).epsilon(0.02));
  auto const [mean, deviation] = moments(filled({2, {100, 100}}, {kind::normal, 0.1, -1}));
  CHECK(mean == doctest::Approx(-1).epsilon(0.005));
  CHECK(deviation == doctest::Approx(0.1).epsilon(0.03));
  CHECK(filled({1, {3}}, {kind::constant, 0.25}) == std::vector<double>{0.25, 0.25, 0.25});
}

TEST_CASE("orthogonal weights have orthonormal rows, or columns where those are fewer, times their gain") {
  for (shape const s : {shape{2, {5, 12}}, shape{2, {12, 5}}, shape{4, {6, 2, 3, 3}}, shape{2, {7, 7}}}) {
    std::size_t const rows = static_cast<std::size_t>(s[0]), columns = static_cast<std::size_t>(s.size()) / rows;
    bool const wide = rows <= columns;
    std::vector<double> const w = filled<double>(s, {kind::orthogonal, 3});
    for (std::size_t a = 0; a < (wide ? rows : columns); ++a)
      for (std::size_t b = 0; b <= a; ++b) {
        double const p = wide ? product(w, a, b, columns, 1) : product(w, a, b, rows, columns);
        CHECK(p == doctest::Approx(a == b ? 9 : 0).epsilon(1e-12));
      }
  }
}

TEST_CASE("the same seed gives the same bits, another seed others, under every initialiser") {
  for (auto k : {kind::uniform, kind::normal, kind::orthogonal}) {
    shape const s{2, {4, 9}};
    CHECK(filled(s, {k, 1}) == filled(s, {k, 1}));
    CHECK(filled(s, {k, 1}) != filled(s, {k, 1}, seed{2}));
  }
}

TEST_CASE("a matrix that lies column by column begins with the same numbers, and is read and written in their order") {
  shape const s{2, {70, 131}};
  for (auto k : {kind::constant, kind::uniform, kind::normal, kind::orthogonal}) {
    std::vector<double> const rows = filled<double>(s, {k, 2}),
                              columns = filled<double>(s, {k, 2}, seed{1}, detail::stored_order::columns);
    for (std::size_t r = 0; r < 70; ++r)
      for (std::size_t c = 0; c < 131; ++c) REQUIRE(columns[c * 70 + r] == rows[r * 131 + c]);
  }
  std::vector<float> stored(6);
  parameter_reference const p("0.weight", dtype::float32, {2, {2, 3}}, reinterpret_cast<char*>(stored.data()),
                              detail::stored_order::columns);
  p = tensor<float, 2, 3>{0, 1, 2, 10, 11, 12};
  CHECK(stored == std::vector<float>{0, 10, 1, 11, 2, 12});
  CHECK(tensor<float, 2, 3>(p) == tensor<float, 2, 3>{0, 1, 2, 10, 11, 12});
  std::vector<std::int64_t> whole(6);
  parameter_reference const q("0.n", dtype::int64, {2, {3, 2}}, reinterpret_cast<char*>(whole.data()),
                              detail::stored_order::columns);
  q = tensor<std::int64_t, 3, 2>{1, 2, 3, 4, 5, 6};
  CHECK(whole == std::vector<std::int64_t>{1, 3, 5, 2, 4, 6});
}

TEST_CASE("a matrix that lies in panels begins with the same numbers, and is read and written in their order") {
  shape const s{2, {192, 13}};
  auto at = [](std::size_t r, std::size_t c) { return r / 64 * 64 * 13 + c * 64 + r % 64; };
  for (auto k : {kind::constant, kind::uniform, kind::normal, kind::orthogonal}) {
    std::vector<double> const rows = filled<double>(s, {k, 2}),
                              panels = filled<double>(s, {k, 2}, seed{1}, detail::stored_order::panels);
    for (std::size_t r = 0; r < 192; ++r)
      for (std::size_t c = 0; c < 13; ++c) REQUIRE(panels[at(r, c)] == rows[r * 13 + c]);
  }
  std::vector<float> stored(128 * 2);
  parameter_reference const p("0.weight", dtype::float32, {2, {128, 2}}, reinterpret_cast<char*>(stored.data()),
                              detail::stored_order::panels);
  tensor<float, 128, 2> numbers;
  for (int i = 0; i < 256; ++i) numbers[i] = static_cast<float>(i);
  p = numbers;
  CHECK(stored[0] == 0);
  CHECK(stored[64] == 1);
  CHECK(stored[1] == 2);
  CHECK(stored[128] == 128);
  CHECK(tensor<float, 128, 2>(p) == numbers);
}
