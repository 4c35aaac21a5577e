// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cmath>
#include <random>
#include <vector>

#include <ashlar/ashlar.hpp>

#include <doctest/doctest.h>

#include "support/fewer_problems.hpp"

using namespace ashlar;
using namespace ashlar::detail;

namespace {

/// A convolution with 3 x 3 windows of stride 1, as large as the tests want it, and random numbers for all that its
/// passes read.
struct problem {
  int batch, channels, filters, height, width, top, left;
  int rows = batch;  // of the batch that are valid
  std::vector<float> x, w, y;

  problem(int b, int c, int f, int h, int wide, int t, int l, unsigned number)
      : batch(b), channels(c), filters(f), height(h), width(wide), top(t), left(l) {
    std::mt19937 bits(number);
    auto draw = [&](std::vector<float>& v, int size) {
      v.resize(static_cast<std::size_t>(size));
      for (float& e : v) e = static_cast<float>(bits() % 2001) / 1000 - 1;
    };
    draw(x, batch * channels * height * width);
    draw(w, filters * channels * 9);
    draw(y, batch * filters * out_height() * out_width());
  }
  int out_height() const { return height + 2 * top - 2; }
  int out_width() const { return width + 2 * left - 2; }
};

struct pass {
  kernel_kind kind;

  std::vector<float> const& first(problem const& p) const { return kind == kernel_kind::conv ? p.x : p.y; }
  std::vector<float> const& second(problem const& p) const { return kind == kernel_kind::conv_weight ? p.x : p.w; }
  std::size_t size(problem const& p) const {
    if (kind == kernel_kind::conv_weight) return p.w.size();
    auto const& all = kind == kernel_kind::conv ? p.y : p.x;
    return all.size() / static_cast<std::size_t>(p.batch) * static_cast<std::size_t>(p.rows);
  }
};
constexpr pass passes[] = {{kernel_kind::conv}, {kernel_kind::conv_data}, {kernel_kind::conv_weight}};

/// What a pass computes, each element's products summed in double, and the sums of their absolute values.
struct exact {
  std::vector<double> value, size;

  exact(pass const& which, problem const& p) : value(which.size(p)), size(value.size()) {
    auto at = [](int i) { return static_cast<std::size_t>(i); };
    for (int b = 0; b < p.rows; ++b)
      for (int f = 0; f < p.filters; ++f)
        for (int c = 0; c < p.channels; ++c)
          for (int i = 0; i < p.out_height(); ++i)
            for (int j = 0; j < p.out_width(); ++j)
              for (int k = 0; k < 9; ++k) {
                int const row = i + k / 3 - p.top, column = j + k % 3 - p.left;
                if (row < 0 || row >= p.height || column < 0 || column >= p.width) continue;
                std::size_t const in_x = at(((b * p.channels + c) * p.height + row) * p.width + column);
                std::size_t const in_w = at((f * p.channels + c) * 9 + k);
                std::size_t const in_y = at(((b * p.filters + f) * p.out_height() + i) * p.out_width() + j);
                bool const to_y = which.kind == kernel_kind::conv, to_x = which.kind == kernel_kind::conv_data;
                double const left = to_y ? p.x[in_x] : p.y[in_y];
                double const right = to_y || to_x ? p.w[in_w] : p.x[in_x];
                std::size_t const to = to_y ? in_y : to_x ? in_x : in_w;
                value[to] += left * right;
                size[to] += std::fabs(left * right);
              }
  }
  /// The largest error, relative to the largest sum of absolute products: a tile's elements share their rounding.
  double worst(std::vector<float> const& found) const {
    double error = 0;
    for (std::size_t i = 0; i < value.size(); ++i)
      if (double const e = std::fabs(found[i] - value[i]); !(e <= error)) error = std::isnan(e) ? 1e9 : e;
    return error / *std::max_element(size.begin(), size.end());
  }
};

/// A pass by Winograd's algorithm, or direct, in so many shares, which may share so many bytes. What is around the
/// result and the workspace stays as it was; what a share finds in its workspace is not a number.
std::vector<float> computed(pass const& which, problem const& p, bool winograd, instruction_set set, int parts,
                            std::int64_t most_shared = winograd_most_shared) {
  bool const is_weight = which.kind == kernel_kind::conv_weight, is_data = which.kind == kernel_kind::conv_data;
  list<std::int64_t> numbers;
  for (int n : {p.batch, p.channels, p.height, p.width, p.filters, p.out_height(), p.out_width(), 3, 3, 1, 1, p.top,
                p.left, 1, 1, 1, 1})
    numbers.push(n);
  winograd_extents e{p.batch, p.channels, p.filters, p.out_height(), p.out_width()};
  if (is_data) e = {p.batch, p.filters, p.channels, p.height, p.width};
  winograd_division const division(e, most_shared);
  winograd_weight_division const weight_division(e);
  if (winograd)
    is_weight ? weight_division.push(numbers) : division.push(numbers);
  else
    numbers.push(1);
  constexpr float guard = 12345;
  std::vector<float> result(which.size(p) + 1, guard);
  std::int64_t const bytes = is_weight ? weight_division.bytes() : division.bytes();
  buffer memory(bytes + 64);
  float* const workspace = reinterpret_cast<float*>(memory.data());
  std::fill_n(workspace, bytes / 4, NAN);
  workspace[bytes / 4] = guard;
  char* operands[] = {reinterpret_cast<char*>(const_cast<float*>(which.first(p).data())),
                      reinterpret_cast<char*>(const_cast<float*>(which.second(p).data())),
                      reinterpret_cast<char*>(result.data()), reinterpret_cast<char*>(workspace)};
  kernel_arguments args{operands, numbers.begin(), nullptr, p.rows, 0, 0, 0, set};
  args.parts = parts;
  int const phases = !winograd ? 1 : is_weight ? (weight_division.parts > 1 ? 2 : 1) : division.phases();
  for (args.phase = 0; args.phase < phases; ++args.phase)
    for (args.part = 0; args.part < parts; ++args.part) {
      if (!winograd && is_data) convolve_back<float>(args);
      if (!winograd && is_weight) convolve_weight<float>(args);
      if (!winograd && !is_data && !is_weight) convolve<float>(args);
      if (winograd && is_weight) convolve_winograd_weight<float>(args);
      if (winograd && !is_weight) convolve_winograd<float>(args, is_data);
    }
  CHECK(result.back() == guard);
  CHECK(workspace[bytes / 4] == guard);
  result.pop_back();
  return result;
}

/// The same of its valid rows alone.
problem exact_batch(problem p) {
  p.x.resize(p.x.size() / static_cast<std::size_t>(p.batch) * static_cast<std::size_t>(p.rows));
  p.y.resize(p.y.size() / static_cast<std::size_t>(p.batch) * static_cast<std::size_t>(p.rows));
  p.batch = p.rows;
  return p;
}

/// The largest errors found, by Winograd's algorithm and direct.
struct errors {
  double winograd = 0, direct = 0;
};

/// Proves each pass of a problem by Winograd's algorithm.
void check(problem const& p, errors& largest) {
  for (pass const& which : passes) {
    CAPTURE(static_cast<int>(which.kind));
    exact const wanted(which, p);
    for (int s = 0; s <= static_cast<int>(machine_instruction_set()); ++s) {
      CAPTURE(s);
      auto const set = static_cast<instruction_set>(s);
      std::vector<float> const one = computed(which, p, true, set, 1);
      double const worst = wanted.worst(one);
      largest.winograd = std::max(largest.winograd, worst);
      largest.direct = std::max(largest.direct, wanted.worst(computed(which, p, false, set, 1)));
      CHECK(worst < 4e-6);  // a direct one: 4e-7
      for (int parts : {2, 3, 7}) CHECK(computed(which, p, true, set, parts) == one);
      if (which.kind == kernel_kind::conv_weight) continue;
      for (int parts : {1, 3}) CHECK(computed(which, p, true, set, parts, 0) == one);
      CHECK(computed(which, exact_batch(p), true, set, 1) == one);  // whose tiles lie in other lanes
    }
  }
}

}  // namespace

TEST_CASE("Winograd's convolutions agree with the naive sums in double, in all passes") {
  std::mt19937 bits(7);
  auto draw = [&](int first, int last) {
    return first + static_cast<int>(bits() % static_cast<unsigned>(last - first + 1));
  };
  errors largest;
  for (unsigned number = 0; number < 60; number += proof::fewer_problems() ? 5 : 1) {
    int const top = draw(0, 2), left = draw(0, 2), batch = draw(1, 5);
    int const channels = draw(1, number % 4 ? 20 : 70), filters = draw(1, number % 4 == 1 ? 70 : 20);
    problem p(batch, channels, filters, draw(top ? 1 + (top == 1) : 3, 17), draw(left ? 1 + (left == 1) : 3, 23), top,
              left, number);
    p.rows = draw(1, batch);
    CAPTURE(number);
    CAPTURE(batch);
    CAPTURE(p.rows);
    CAPTURE(channels);
    CAPTURE(filters);
    CAPTURE(p.height);
    CAPTURE(p.width);
    CAPTURE(top);
    CAPTURE(left);
    check(p, largest);
  }
  check({2, 300, 9, 9, 10, 1, 1, 100}, largest);    // more channels than a panel is deep
  check({1, 150, 140, 13, 6, 1, 0, 101}, largest);  // several blocks of filters and of channels
  check({3, 5, 4, 40, 43, 1, 1, 102}, largest);     // several blocks of tiles
  check({2, 9, 7, 10, 15, 7, 5, 103}, largest);     // padding that is wider than a tile
  check({1, 6, 100, 28, 28, 1, 1, 104}, largest);   // 49 tiles: three vectors and a bit
  check({5, 7, 90, 40, 29, 1, 1, 105}, largest);    // shared, several blocks of tiles and of filters
  problem few({9, 20, 40, 28, 28, 1, 1, 106});      // of 441 tiles 49 to 392
  for (few.rows = 1; few.rows < (proof::fewer_problems() ? 2 : 9); few.rows += few.rows == 1 ? 1 : 3)
    check(few, largest);
  CHECK(largest.direct < 4e-7);
  CHECK(largest.winograd > 2 * largest.direct);  // else it would be no news that it rounds more
  MESSAGE("largest error " << largest.winograd << ", direct " << largest.direct);
}
