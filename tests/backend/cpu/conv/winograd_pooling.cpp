// SPDX-License-Identifier: MIT
#include <ashlar/backend/cpu/conv/winograd_pooling.hpp>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <random>
#include <vector>

#include <ashlar/ashlar.hpp>

#include <doctest/doctest.h>

#include "support/fewer_problems.hpp"

using namespace ashlar;
using namespace ashlar::detail;

namespace {

enum class layers { convolution, with_bias, with_relu };

struct pooled_results {
  std::vector<float> value;
  std::vector<std::int32_t> index;
};

/// Images of a batch, of which some are valid, that are convolved and pooled.
class problem {
 public:
  problem(int batch, int rows, int channels, int filters, int height, int width, int padding, layers what,
          unsigned number, float chance_of_nan = 0)
      : rows_(rows), what_(what) {
    int const x = add_leaf(g_, op::input, dtype::float32, {4, {batch, channels, height, width}}, 1, 0);
    int const weight = add_leaf(g_, op::parameter, dtype::float32, {4, {filters, channels, 3, 3}}, 0, 0);
    int const bias = add_leaf(g_, op::parameter, dtype::float32, {3, {filters, 1, 1}}, 0, 1);
    window of{{3, 3}};
    of.padding[0] = of.padding[1] = padding;
    window const squares{{2, 2}, {2, 2}};
    conv_ = conv(g_, x, weight, of);
    int y = conv_;
    if (what != layers::convolution) y = binary(g_, op::add, y, broadcast(g_, bias, g_.extents(y), 1));
    if (what == layers::with_relu) y = unary(g_, op::relu, y);
    index_ = window_index(g_, y, squares);
    take_ = window_take(g_, y, index_, squares);
    std::mt19937 bits(number);
    auto draw = [&](std::vector<float>& v, int node) {
      v.resize(static_cast<std::size_t>(g_.extents(node).size()));
      for (float& e : v) e = static_cast<float>(bits() % 2001) / 1000 - 1;
    };
    draw(x_, x);
    draw(weight_, weight);
    draw(bias_, bias);
    for (float& e : x_)
      if (static_cast<float>(bits() % 10000) < 10000 * chance_of_nan) e = NAN;
  }
  bool is_pooled() const { return pooled_convolution(g_, take_).is_possible(); }

  /// By one kernel in so many shares.
  pooled_results together(instruction_set set, int parts, bool has_positions) const {
    lowered const step = lower_node(g_, members(), nullptr, true, [&](int) { return has_positions; });
    REQUIRE(step.code[2] == conv_way::pooled);
    pooled_results r;
    r.value.assign(static_cast<std::size_t>(g_.extents(take_).size()) + 1, -7);
    r.index.assign(r.value.size(), -7);
    buffer workspace(step.workspace + 64);
    std::fill_n(reinterpret_cast<float*>(workspace.data()), step.workspace / 4 + 1, NAN);
    std::vector<char*> operands{bytes(x_), bytes(weight_)};
    if (what_ != layers::convolution) operands.push_back(bytes(bias_));
    operands.push_back(bytes(r.value));
    if (has_positions) operands.push_back(bytes(r.index));
    operands.push_back(workspace.data());
    run(step, operands, set, parts, product_epilogue::none,
        [](kernel_arguments const& args) { convolve_pooled<float>(args); });
    bool is_untouched = true;  // behind the results, and of rows that are not valid
    for (std::size_t i = valid(); i < r.value.size(); ++i)
      is_untouched = is_untouched && r.value[i] == -7 && r.index[i] == -7;
    CHECK(is_untouched);
    r.value.resize(valid());
    r.index.resize(has_positions ? valid() : 0);
    return r;
  }
  /// By a convolution, whose results the kernel of windows reads.
  pooled_results one_by_one(instruction_set set) const {
    lowered const step = lower_node(g_, list<int>(1, conv_), nullptr, true, [](int) { return true; });
    REQUIRE(step.code[2] == conv_way::winograd);
    std::vector<float> y(static_cast<std::size_t>(g_.extents(conv_).size()));
    buffer workspace(step.workspace);
    std::vector<char*> operands{bytes(x_), bytes(weight_), bytes(y), workspace.data(), bytes(bias_)};
    auto const finish = what_ == layers::convolution ? product_epilogue::none
                        : what_ == layers::with_bias ? product_epilogue::bias
                                                     : product_epilogue::bias_and_relu;
    run(step, operands, set, 1, finish, [](kernel_arguments const& args) { convolve_winograd<float>(args, false); });
    pooled_results r;
    r.value.resize(static_cast<std::size_t>(g_.extents(take_).size()));
    r.index.resize(r.value.size());
    lowered const pooling = lower_node(g_, list<int>(1, index_));
    run(pooling, {bytes(y), bytes(r.index), bytes(r.value)}, set, 1, product_epilogue::maxima,
        window_kernel<kernel_code<static_cast<int>(kernel_kind::window_index), 0>>::run);
    r.value.resize(valid());
    r.index.resize(valid());
    return r;
  }

 private:
  template <class T>
  static char* bytes(std::vector<T> const& v) {
    return reinterpret_cast<char*>(const_cast<T*>(v.data()));
  }
  std::size_t valid() const {
    shape const& s = g_.extents(take_);
    return static_cast<std::size_t>(s.size() / s[0] * rows_);
  }
  list<int> members() const {
    list<int> all;
    for (int i : {conv_, index_, take_}) all.push(i);
    return all;
  }
  template <class Kernel>
  void run(lowered const& step, std::vector<char*> const& operands, instruction_set set, int parts,
           product_epilogue finish, Kernel const& kernel) const {
    kernel_arguments args{operands.data(), &step.numbers[0], nullptr, rows_, 0, 0, 0, set};
    args.parts = parts;
    args.epilogue = finish;
    for (args.phase = 0; args.phase < step.phases; ++args.phase)
      for (args.part = 0; args.part < parts; ++args.part) kernel(args);
  }

  int rows_;
  layers what_;
  graph g_;
  int conv_, index_, take_;
  std::vector<float> x_, weight_, bias_;
};

bool are_same(std::vector<float> const& a, std::vector<float> const& b) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i)
    if (a[i] != b[i] && !(std::isnan(a[i]) && std::isnan(b[i]))) return false;
  return true;
}
/// Returns whether Winograd's algorithm pays.
bool check(problem const& p) {
  if (!p.is_pooled()) return false;
  for (int s = 0; s <= static_cast<int>(machine_instruction_set()); ++s) {
    CAPTURE(s);
    auto const set = static_cast<instruction_set>(s);
    pooled_results const wanted = p.one_by_one(set);
    for (int parts : {1, 2, 5})
      for (bool has_positions : {false, true}) {
        CAPTURE(parts);
        CAPTURE(has_positions);
        pooled_results const found = p.together(set, parts, has_positions);
        CHECK(are_same(found.value, wanted.value));
        if (has_positions) CHECK(found.index == wanted.index);
      }
  }
  return true;
}

}  // namespace

TEST_CASE("a convolution that pools has the numbers and positions of two kernels, bit by bit") {
  std::mt19937 bits(11);
  auto draw = [&](int first, int last) {
    return first + static_cast<int>(bits() % static_cast<unsigned>(last - first + 1));
  };
  int tried = 0, pooled = 0;
  for (unsigned number = 0; number < 40; number += proof::fewer_problems() ? 7 : 1, ++tried) {
    int const batch = draw(1, 4), rows = draw(1, batch), padding = draw(0, 2), height = draw(18, 33);
    int const width = draw(18, 37), filters = draw(16, 48);
    auto const what = static_cast<layers>(number % 3);
    CAPTURE(number);
    CAPTURE(batch);
    CAPTURE(rows);
    CAPTURE(padding);
    CAPTURE(height);
    CAPTURE(width);
    CAPTURE(filters);
    pooled += check({batch, rows, draw(16, 40), filters, height, width, padding, what, number});
    if (number % 4 == 0) check({batch, rows, 16, filters, height, width, padding, what, number, 0.002f});
  }
  CHECK(4 * pooled > 3 * tried);
  CHECK(check({1, 1, 64, 48, 130, 18, 1, layers::with_relu, 100}));  // several blocks of tiles and of filters
  CHECK(check({16, 16, 32, 64, 4, 4, 1, layers::with_relu, 101}));   // images of one tile
  CHECK(check({16, 11, 64, 64, 9, 13, 1, layers::with_bias, 102}));  // whose last tiles have no window
}
