// Expressions and their gradients: two ways down into a curved valley, by its slope and by its curvature.
// g++ -std=c++20 -O2 -I include examples/02_expressions_and_gradients.cpp -o gradients && ./gradients
// nvcc -std=c++20 -O2 -I include -x cu examples/02_expressions_and_gradients.cpp -o gradients && ./gradients
// cmake -B build && cmake --build build --target example_expressions_and_gradients
// SPDX-License-Identifier: MIT
#include <cmath>
#include <cstdio>
#include <vector>

#include <ashlar/anywhere.hpp>

#include "tools/output_path.hpp"
#include "tools/plane.hpp"

using namespace ashlar;
using namespace ashlar_examples;

// A function of values: of single numbers or, element by element, of whole tensors. Its lowest point is (1, 1).
// source: H. H. Rosenbrock, The Computer Journal 3, 1960
inline constexpr auto valley = [](auto x, auto y) { return square(1 - x) + 100 * square(y - square(x)); };

// grad makes a function of a function: here of the slopes along x and y, and then of the slopes of those.
inline constexpr auto slopes = grad<0, 1>(valley);
inline constexpr auto curvature_x = grad<0, 1>(grad<0>(valley));
inline constexpr auto curvature_y = grad<1>(grad<1>(valley));
inline constexpr auto derivatives = [](auto x, auto y) {
  return std::tuple_cat(slopes(x, y), curvature_x(x, y), std::tuple(curvature_y(x, y)));
};

struct trail {
  std::vector<float> x{-1.2f}, y{1};  // where the search begins
  float distance() const { return std::hypot(x.back() - 1, y.back() - 1); }
};

int main() try {
  std::printf("%s\n", anywhere.describe().c_str());

  // Compiled once for numbers like these, then called as often as needed. All five derivatives are one program.
  tensor<float> x, y;
  auto all = compile(anywhere, derivatives, x, y);

  trail by_slope, by_curvature;
  for (int step = 0; step < 20'000; ++step) {  // downhill, a little each time
    x = by_slope.x.back(), y = by_slope.y.back();
    auto const [dx, dy, dxx, dxy, dyy] = all(x, y);
    by_slope.x.push_back(x - 1e-3f * dx), by_slope.y.push_back(y - 1e-3f * dy);
  }
  for (int step = 0; step < 8; ++step) {  // Newton: to where the slope would be zero if the curvature stayed
    x = by_curvature.x.back(), y = by_curvature.y.back();
    auto const [dx, dy, dxx, dxy, dyy] = all(x, y);
    float const determinant = dxx * dyy - dxy * dxy;
    by_curvature.x.push_back(x - (dyy * dx - dxy * dy) / determinant);
    by_curvature.y.push_back(y - (dxx * dy - dxy * dx) / determinant);
  }

  // The same function of tensors: the height at every cell of the picture, in one evaluation.
  plane picture("Rosenbrock: 20000 steps by slope, 8 by curvature", -1.8, 1.8, -1, 2.6);
  tensor<float, plane::cells> across, up;
  std::vector<float> const centres = picture.centres();
  for (int cell = 0; cell < plane::cells; ++cell) across[cell] = centres[2 * cell], up[cell] = centres[2 * cell + 1];
  auto const height = evaluate(anywhere, valley, across, up);
  picture.shade([&](int cell) { return heat(std::floor(4 * std::log10(1 + height[cell])) / 14); });  // in contours
  picture.path(by_slope.x, by_slope.y, {0xff, 0xff, 0xff});
  picture.path(by_curvature.x, by_curvature.y, colour_of_kind(1));
  for (std::size_t i = 0; i < by_curvature.x.size(); ++i)
    picture.dot(by_curvature.x[i], by_curvature.y[i], colour_of_kind(1));
  picture.write(output_path("gradients.png"));

  std::printf("by slope: (%g, %g), by curvature: (%g, %g)\n", by_slope.x.back(), by_slope.y.back(),
              by_curvature.x.back(), by_curvature.y.back());
  std::printf("error %.6f and %.6f\n", by_slope.distance(), by_curvature.distance());
  return by_slope.distance() < 1e-2f && by_curvature.distance() < 1e-4f ? 0 : 1;
} catch (std::exception const& problem) {
  std::fprintf(stderr, "%s\n", problem.what());
  return 1;
}
