// SPDX-License-Identifier: MIT
#include <ashlar/backend/cpu/conv/window.hpp>

#include <cmath>
#include <cstring>
#include <limits>
#include <vector>

#include <doctest/doctest.h>

#include <ashlar/core/random.hpp>
#include <ashlar/graph/build.hpp>
#include <ashlar/passes/lower_node.hpp>

using namespace ashlar;
using namespace ashlar::detail;

namespace {

constexpr int planes = 3;

/// What kernel Kind makes of planes by shares, one after the other, on an instruction set; where `maxima` are wanted
/// beside positions, those.
template <kernel_kind Kind, class T, class Result>
std::vector<Result> taken(std::vector<T> x, int h, int w, window const& of, int parts, instruction_set set,
                          std::vector<T>* maxima = nullptr) {
  graph g;
  int const image = add_leaf(g, op::input, dtype_of<T>, {4, {1, planes, h, w}}, 0, 0);
  int const node = Kind == kernel_kind::window_index ? window_index(g, image, of)
                                                     : window_sum(g, image, windows_of(g.extents(image), of), of);
  lowered const kernel = lower_node(g, list<int>(1, node));
  std::vector<Result> to(static_cast<std::size_t>(g.extents(node).size()) + 1, Result(-7));
  if (maxima) maxima->assign(to.size(), T(-7));
  char* operands[] = {reinterpret_cast<char*>(x.data()), reinterpret_cast<char*>(to.data()),
                      reinterpret_cast<char*>(maxima ? maxima->data() : nullptr)};
  kernel_arguments args{operands, &kernel.numbers[0], nullptr, 1, 0, 0, 0, set};
  args.parts = parts;
  if (maxima) args.epilogue = product_epilogue::maxima;
  for (args.part = 0; args.part < parts; ++args.part)
    window_kernel<kernel_code<static_cast<int>(Kind), sizeof(T) == 8>>::run(args);
  CHECK(to.back() == Result(-7));  // nothing behind the result is touched
  to.pop_back();
  if (maxima) {
    CHECK(maxima->back() == T(-7));
    maxima->pop_back();
  }
  return to;
}
/// Planes with the numbers of windows at their positions.
template <class T>
std::vector<T> put(std::vector<T> from, std::vector<std::int32_t> index, int h, int w, window const& of, int parts,
                   instruction_set set) {
  graph g;
  shape const plane{4, {1, planes, h, w}};
  int const image = add_leaf(g, op::input, dtype_of<T>, plane, 0, 0);
  int const positions = window_index(g, image, of);
  int const numbers = add_leaf(g, op::input, dtype_of<T>, g.extents(positions), 0, 1);
  lowered const kernel = lower_node(g, list<int>(1, window_put(g, numbers, positions, plane, of)));
  std::vector<T> to(static_cast<std::size_t>(planes * h * w) + 1, T(-7));
  char* operands[] = {reinterpret_cast<char*>(from.data()), reinterpret_cast<char*>(index.data()),
                      reinterpret_cast<char*>(to.data())};
  kernel_arguments args{operands, &kernel.numbers[0], nullptr, 1, 0, 0, 0, set};
  args.parts = parts;
  for (args.part = 0; args.part < parts; ++args.part)
    window_kernel<kernel_code<static_cast<int>(kernel_kind::window_put), sizeof(T) == 8>>::run(args);
  CHECK(to.back() == T(-7));
  to.pop_back();
  return to;
}

/// f(window, the positions that it covers, in their order) for the windows of a plane.
template <class F>
void each_window(int h, int w, window const& of, F f) {
  int const oh = of.output(0, h), ow = of.output(1, w);
  for (int y = 0; y < oh; ++y)
    for (int x = 0; x < ow; ++x) {
      std::vector<int> inside;
      for (int ky = 0; ky < of.kernel[0]; ++ky)
        for (int kx = 0; kx < of.kernel[1]; ++kx) {
          int const iy = y * of.stride[0] + ky * of.dilation[0] - of.padding[0];
          int const ix = x * of.stride[1] + kx * of.dilation[1] - of.padding[1];
          if (iy >= 0 && iy < h && ix >= 0 && ix < w) inside.push_back(iy * w + ix);
        }
      f(y * ow + x, inside);
    }
}

/// Whole numbers, of which many are equal, and some that are not numbers.
template <class T>
std::vector<T> draw(int count) {
  random_stream const stream(seed{6}, 1);
  std::vector<T> x(static_cast<std::size_t>(count));
  for (std::size_t i = 0; i < x.size(); ++i) {
    float const u = stream.uniform(i);
    x[i] = u < 0.05f ? std::numeric_limits<T>::quiet_NaN() : static_cast<T>(std::floor(12 * u - 6));
    if (u > 0.95f) x[i] = -std::numeric_limits<T>::infinity();
  }
  return x;
}

template <class T>
bool are_same(std::vector<T> const& a, std::vector<T> const& b) {
  return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size() * sizeof(T)) == 0;
}

template <class T>
void check_windows(int h, int w, window const& of, instruction_set set) {
  CAPTURE(static_cast<int>(set));
  std::vector<T> const x = draw<T>(planes * h * w);
  auto const index = taken<kernel_kind::window_index, T, std::int32_t>(x, h, w, of, 1, set);
  auto const sums = taken<kernel_kind::window_sum, T, T>(x, h, w, of, 1, set);
  std::vector<T> maxima, wanted(index.size()), gradient(x.size()), from(index.size());
  CHECK(taken<kernel_kind::window_index, T, std::int32_t>(x, h, w, of, 1, set, &maxima) == index);
  std::size_t const count = index.size() / planes;
  int wrong = 0;
  for (int p = 0; p < planes; ++p)
    each_window(h, w, of, [&](int k, std::vector<int> const& inside) {
      T const* const plane = x.data() + p * h * w;
      int best = -1;
      T total{};
      for (int i : inside) {
        bool const is_first_nan = plane[i] != plane[i] && best >= 0 && plane[best] == plane[best];
        if (best < 0 || plane[i] > plane[best] || is_first_nan) best = i;
        total += plane[i];
      }
      std::size_t const at = static_cast<std::size_t>(p) * count + static_cast<std::size_t>(k);
      wrong += index[at] != best;
      wrong += sums[at] != total && (sums[at] == sums[at] || total == total);
      wanted[at] = best < 0 ? -std::numeric_limits<T>::infinity() : plane[best];
      from[at] = at % 5 ? static_cast<T>(at % 7) - 3 : -T{};
      if (best >= 0) gradient[static_cast<std::size_t>(p * h * w + best)] += from[at];
    });
  CHECK(wrong == 0);
  CHECK(are_same(maxima, wanted));
  CHECK(are_same(put(from, index, h, w, of, 1, set), gradient));
  for (int parts : {2, 5}) {
    CHECK(taken<kernel_kind::window_index, T, std::int32_t>(x, h, w, of, parts, set, &maxima) == index);
    CHECK(are_same(maxima, wanted));
    CHECK(are_same(taken<kernel_kind::window_sum, T, T>(x, h, w, of, parts, set), sums));
    CHECK(are_same(put(from, index, h, w, of, parts, set), gradient));
  }
}
template <class T>
void check_windows(int h, int w, window const& of) {
  CAPTURE(h);
  CAPTURE(w);
  CAPTURE(of.kernel[1]);
  CAPTURE(of.stride[1]);
  for (int s = 0; s <= static_cast<int>(machine_instruction_set()); ++s)
    check_windows<T>(h, w, of, static_cast<instruction_set>(s));
}

}  // namespace

TEST_CASE("windows take the first maximum, or the first that is no number, sum in their order and put, at every edge") {
  int const extents[][2] = {{28, 28}, {10, 10}, {7, 9}, {9, 33}, {5, 4}, {6, 17}, {4, 2}, {3, 65}};
  for (auto const& e : extents)
    for (int kernel = 1; kernel <= 3; ++kernel)
      for (int stride = 1; stride <= 3; ++stride)
        for (int padding = 0; padding <= kernel / 2; ++padding)
          for (int dilation = 1; dilation <= 2; ++dilation) {
            window const of{{kernel, kernel}, {stride, stride}, {padding, padding}, {dilation, dilation}, 1};
            if (of.span(0) > e[0] + 2 * padding || of.span(1) > e[1] + 2 * padding) continue;
            check_windows<float>(e[0], e[1], of);
            check_windows<double>(e[0], e[1], of);
          }
  check_windows<float>(3, 40, {{1, 5}, {2, 4}, {0, 2}, {1, 1}, 1});
  check_windows<float>(9, 24, {{2, 2}, {2, 2}, {1, 1}, {2, 1}, 1});  // of the last windows one row of two lies inside
  check_windows<float>(2, 3, {{1, 2}, {1, 1}, {0, 5}, {1, 1}, 1});   // windows of nothing but padding
}
