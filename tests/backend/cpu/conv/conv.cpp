// SPDX-License-Identifier: MIT
#include <ashlar/backend/cpu/conv/conv.hpp>

#include <cmath>
#include <cstring>
#include <limits>
#include <vector>

#include <doctest/doctest.h>

#include <ashlar/core/random.hpp>
#include <ashlar/graph/build.hpp>
#include <ashlar/passes/lower_node.hpp>

#include "support/fewer_problems.hpp"
#include "support/least_set.hpp"

using namespace ashlar;
using namespace ashlar::detail;

namespace {

struct sample {
  int batch, channels, h, w, out;
  window shape;
};

template <class T>
using numbers = std::vector<T>;

/// Numbers in [-1/2, 1/2); NaN in samples that are not valid.
template <class T>
numbers<T> draw(shape const& s, int valid, unsigned number) {
  random_stream const stream(seed{5}, number);
  numbers<T> all(static_cast<std::size_t>(s.size()));
  std::size_t const end = all.size() / static_cast<std::size_t>(s[0]) * static_cast<std::size_t>(valid);
  for (std::size_t i = 0; i < all.size(); ++i)
    all[i] = i < end ? static_cast<T>(stream.uniform(i) - 0.5f) : std::numeric_limits<T>::quiet_NaN();
  return all;
}

/// One pass of a convolution: what it reads, and the kernel that the plan would call.
template <class T>
struct pass {
  sample of;
  int valid;
  shape x, weight, y, result;
  numbers<T> first, second;
  lowered kernel;

  pass(kernel_kind kind, sample const& s, int rows) : of(s), valid(rows) {
    dtype const type = dtype_of<T>;
    graph g;
    x = {4, {s.batch, s.channels, s.h, s.w}};
    weight = {4, {s.out, s.channels / s.shape.groups, s.shape.kernel[0], s.shape.kernel[1]}};
    int const image = add_leaf(g, op::input, type, x, 1, 0), filters = add_leaf(g, op::input, type, weight, 0, 1);
    int const forward = conv(g, image, filters, s.shape);
    y = g.extents(forward);
    int const dy = add_leaf(g, op::input, type, y, 1, 2);
    int const node = kind == kernel_kind::conv        ? forward
                     : kind == kernel_kind::conv_data ? conv_data(g, dy, filters, x, s.shape)
                                                      : conv_weight(g, dy, image, weight, s.shape);
    result = g.extents(node);
    kernel = lower_node(g, list<int>(1, node));
    first = draw<T>(kind == kernel_kind::conv ? x : y, valid, 1);
    second = kind == kernel_kind::conv_weight ? draw<T>(x, valid, 2) : draw<T>(weight, weight[0], 2);
  }

  /// Computed by shares, one after the other.
  template <kernel_kind Kind>
  numbers<T> run(instruction_set set, int parts) {
    std::size_t const size = static_cast<std::size_t>(result.size());
    numbers<T> to(size + 1, T(7)),
        workspace(static_cast<std::size_t>(kernel.workspace) / sizeof(T) + 1, std::numeric_limits<T>::quiet_NaN());
    char* operands[] = {reinterpret_cast<char*>(first.data()), reinterpret_cast<char*>(second.data()),
                        reinterpret_cast<char*>(to.data()), reinterpret_cast<char*>(workspace.data())};
    kernel_arguments args{operands, &kernel.numbers[0], nullptr, valid, 0, 0, 0, set};
    args.parts = parts;
    for (args.phase = 0; args.phase < kernel.phases; ++args.phase)
      for (args.part = 0; args.part < parts; ++args.part)
        if (kernel.code[2])
          conv_kernel<kernel_code<static_cast<int>(Kind), sizeof(T) == 8, 1>>::run(args);
        else
          conv_kernel<kernel_code<static_cast<int>(Kind), sizeof(T) == 8, 0>>::run(args);
    CHECK(to.back() == T(7));  // nothing behind the result is touched
    to.pop_back();
    return to;
  }

  /// Sum by sum, in double.
  numbers<double> naive(kernel_kind kind) const {
    numbers<double> to(static_cast<std::size_t>(result.size()));
    auto at = [](shape const& s, std::int64_t a, std::int64_t b, std::int64_t c, std::int64_t d) {
      return static_cast<std::size_t>(((a * s[1] + b) * s[2] + c) * s[3] + d);
    };
    window const& w = of.shape;
    std::int64_t const filters = y[1] / w.groups;
    for (int b = 0; b < valid; ++b)
      for (std::int64_t o = 0; o < y[1]; ++o)
        for (std::int64_t i = 0; i < y[2]; ++i)
          for (std::int64_t j = 0; j < y[3]; ++j)
            for (std::int64_t c = 0; c < weight[1]; ++c)
              for (std::int64_t ky = 0; ky < weight[2]; ++ky)
                for (std::int64_t kx = 0; kx < weight[3]; ++kx) {
                  std::int64_t const iy = i * w.stride[0] + ky * w.dilation[0] - w.padding[0];
                  std::int64_t const ix = j * w.stride[1] + kx * w.dilation[1] - w.padding[1];
                  if (iy < 0 || iy >= x[2] || ix < 0 || ix >= x[3]) continue;
                  std::size_t const in_x = at(x, b, o / filters * weight[1] + c, iy, ix), in_y = at(y, b, o, i, j);
                  std::size_t const in_weight = at(weight, o, c, ky, kx);
                  if (kind == kernel_kind::conv)
                    to[in_y] += double(first[in_x]) * double(second[in_weight]);
                  else if (kind == kernel_kind::conv_data)
                    to[in_x] += double(first[in_y]) * double(second[in_weight]);
                  else
                    to[in_weight] += double(first[in_y]) * double(second[in_x]);
                }
    return to;
  }
};

template <class T, kernel_kind Kind>
void check_pass(sample const& s, int valid) {
  CAPTURE(static_cast<int>(Kind));
  CAPTURE(valid);
  pass<T> p(Kind, s, valid);
  numbers<double> const wanted = p.naive(Kind);
  std::size_t const size = static_cast<std::size_t>(
      Kind == kernel_kind::conv_weight ? p.result.size() : p.result.size() / p.result[0] * valid);
  // products below 1/4, each rounded once more than needed
  double const terms = Kind == kernel_kind::conv_weight ? double(p.y[2] * p.y[3] * valid) : double(p.weight.size());
  double const tolerance = (sizeof(T) == 4 ? 1e-7 : 1e-16) * (terms + 16);
  for (int set = proof::least_set; set <= static_cast<int>(machine_instruction_set()); ++set) {
    CAPTURE(set);
    auto const which = static_cast<instruction_set>(set);
    numbers<T> const alone = p.template run<Kind>(which, 1);
    double worst = 0;
    for (std::size_t i = 0; i < size; ++i) {
      double const distance = std::fabs(wanted[i] - static_cast<double>(alone[i]));
      worst = distance <= worst ? worst : distance;  // NaN too
    }
    CHECK(worst <= tolerance);
    for (int parts : {2, 3, 7}) {
      if (proof::fewer_problems() && parts != 3) continue;
      numbers<T> const shared = p.template run<Kind>(which, parts);
      CHECK(std::memcmp(alone.data(), shared.data(), size * sizeof(T)) == 0);
    }
  }
}
void check_sample(sample const& s, int valid) {
  CAPTURE(s.batch);
  CAPTURE(s.channels);
  CAPTURE(s.h);
  CAPTURE(s.w);
  CAPTURE(s.out);
  check_pass<float, kernel_kind::conv>(s, valid);
  check_pass<float, kernel_kind::conv_data>(s, valid);
  check_pass<float, kernel_kind::conv_weight>(s, valid);
  check_pass<double, kernel_kind::conv>(s, valid);
  check_pass<double, kernel_kind::conv_data>(s, valid);
  check_pass<double, kernel_kind::conv_weight>(s, valid);
}

constexpr window square(int kernel, int stride = 1, int padding = 0, int dilation = 1, int groups = 1) {
  return {{kernel, kernel}, {stride, stride}, {padding, padding}, {dilation, dilation}, groups};
}
/// Channels, height, width, filters, window.
constexpr struct {
  int channels, h, w, out;
  window shape;
} samples[] = {
    {1, 28, 28, 6, square(5, 1, 2)},                     // LeNet's
    {6, 14, 14, 16, square(5)},                          //
    {3, 9, 11, 7, square(3, 1, 1)},                      // odd sizes
    {5, 8, 7, 13, square(3, 2, 1)},                      //
    {3, 17, 15, 10, square(7, 2, 3)},                    //
    {4, 10, 10, 3, square(3, 3, 2)},                     // some elements are in no window
    {2, 5, 6, 5, square(3, 1, 0, 2)},                    //
    {7, 6, 6, 9, square(1)},                             //
    {9, 7, 7, 4, square(1, 2)},                          // elements behind the last window
    {2, 2, 3, 5, square(5, 1, 3)},                       // a window larger than the image
    {2, 3, 3, 2, square(3, 2, 3, 3)},                    // most of a window is padding
    {6, 5, 5, 6, square(3, 1, 1, 1, 6)},                 // depthwise
    {4, 6, 5, 8, square(3, 2, 1, 1, 4)},                 //
    {6, 7, 4, 9, square(3, 1, 1, 1, 3)},                 // groups
    {3, 1, 1, 2, square(1)},                             // one pixel
    {2, 1, 19, 3, {{1, 4}, {1, 2}, {0, 3}, {1, 1}, 1}},  // a row
    {2, 12, 5, 3, {{3, 2}, {2, 1}, {1, 0}, {1, 2}, 1}},  //
    {70, 4, 4, 33, square(3, 1, 1)},                     // more weights than a panel holds
    {1, 12, 20, 1, square(3, 1, 1)},                     // more pixels than are summed at once
    {3, 1, 100, 30, square(1)},
    {5, 6, 7, 40, square(1)},
    {3, 5, 4, 205, square(3, 2, 1)},  // more filters than the data's gradient adds at once
    {2, 12, 11, 5, square(9, 1, 4)},  // windows of more weights than are copied for it
};

}  // namespace

TEST_CASE("the three passes of few images agree with the naive sums") {
  for (auto const& s : samples) {
    check_sample({1, s.channels, s.h, s.w, s.out, s.shape}, 1);
    check_sample({4, s.channels, s.h, s.w, s.out, s.shape}, 3);
  }
}

TEST_CASE("the three passes of images in lanes agree with the naive sums") {
  for (auto const& s : samples) {
    check_sample({7, s.channels, s.h, s.w, s.out, s.shape}, 7);
    check_sample({20, s.channels, s.h, s.w, s.out, s.shape}, 18);
  }
}

TEST_CASE("where few images of a large batch are valid, or none, the three passes agree with the naive sums") {
  for (auto const& s : {samples[1], samples[3]}) {
    sample const large{9, s.channels, s.h, s.w, s.out, s.shape};
    check_sample(large, 2);
    check_sample(large, 0);
  }
  sample const blocks{40, 1, 28, 28, 6, square(5, 1, 2)};  // a weight gradient of several blocks of images
  REQUIRE(pass<float>(kernel_kind::conv_weight, blocks, 3).kernel.phases == 3);
  for (int valid : {0, 3, 17, 40}) check_sample(blocks, valid);
}

namespace {

template <class T>
void check_first_images(sample const& s, int more, int fewer) {
  pass<T> large(kernel_kind::conv, s, more);
  pass<T> small = large;
  small.valid = fewer;
  std::size_t const each = static_cast<std::size_t>(large.result.size() / large.result[0]);
  for (int set = proof::least_set; set <= static_cast<int>(machine_instruction_set()); ++set) {
    auto const which = static_cast<instruction_set>(set);
    numbers<T> const a = large.template run<kernel_kind::conv>(which, 1);
    numbers<T> const b = small.template run<kernel_kind::conv>(which, 1);
    CHECK(std::memcmp(a.data(), b.data(), each * static_cast<std::size_t>(fewer) * sizeof(T)) == 0);
  }
}

}  // namespace

TEST_CASE("an image's convolution has the same bits among many images and among few") {
  for (auto const& s : samples) {
    sample const all{20, s.channels, s.h, s.w, s.out, s.shape};
    for (int fewer : {1, 4, 5, 8, 9, 17}) {
      if (proof::fewer_problems() && fewer != 5 && fewer != 17) continue;
      check_first_images<float>(all, 20, fewer);
      check_first_images<double>(all, 20, fewer);
    }
  }
}
