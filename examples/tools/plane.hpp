// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cmath>
#include <string>
#include <string_view>
#include <vector>

#include "curve.hpp"
#include "font.hpp"

namespace ashlar_examples {

/// The colour between two: `from` at share 0, `to` at 1.
inline rgb mixed(rgb from, rgb to, double share) {
  double const amount = std::isfinite(share) ? std::clamp(share, 0.0, 1.0) : 0.5;
  auto mix = [&](int a, int b) { return static_cast<std::uint8_t>(std::lround(a + amount * (b - a))); };
  return {mix(from.red, to.red), mix(from.green, to.green), mix(from.blue, to.blue)};
}

/// Colours of kinds 0, 1, 2, ..., which differ in brightness too.
inline rgb colour_of_kind(int kind) {
  static constexpr rgb colours[] = {{0x0b, 0x72, 0x85}, {0xe8, 0x8a, 0x1a}, {0x6d, 0x28, 0x7c}, {0x5b, 0x62, 0x74}};
  return colours[kind & 3];
}

/// From dark blue (share 0) over teal to yellow (1): a scale whose brightness grows evenly.
inline rgb heat(double share) {
  static constexpr rgb scale[] = {
      {0x1d, 0x1f, 0x4b}, {0x27, 0x4c, 0x77}, {0x1f, 0x80, 0x7d}, {0x57, 0xb0, 0x58}, {0xf5, 0xe0, 0x5a}};
  double const at = std::isfinite(share) ? std::clamp(share, 0.0, 1.0) * 4 : 0;
  int const below = std::min(static_cast<int>(at), 3);
  return mixed(scale[below], scale[below + 1], at - below);
}

/// A rectangle of the plane as a picture with a title and axes: x grows to the right, y upwards. It is divided into
/// `cells` square cells, row by row from the top, which can be shaded; dots and lines are drawn over them.
class plane {
 public:
  /// Cells in a row, and rows.
  static constexpr int side = 300;
  static constexpr int cells = side * side;

  plane(std::string_view title, double left, double right, double bottom, double top)
      : left_(left), right_(right), bottom_(bottom), top_(top), picture_(width + 88, width + 100, 3) {
    fill(picture_, 0, 0, picture_.width, picture_.height, {0xff, 0xff, 0xff});
    draw_text(picture_, margin_left, 18, title, 2, ink);
    for (bool across : {true, false}) axis(across);
  }

  /// The centres of all cells: x and y of the first, x and y of the second, ...
  std::vector<float> centres() const {
    std::vector<float> points;
    for (int cell = 0; cell < cells; ++cell) {
      points.push_back(static_cast<float>(left_ + (cell % side + 0.5) / side * (right_ - left_)));
      points.push_back(static_cast<float>(top_ - (cell / side + 0.5) / side * (top_ - bottom_)));
    }
    return points;
  }

  /// Fills every cell: colour(cell) is its colour.
  template <class Colour>
  void shade(Colour colour) {
    for (int cell = 0; cell < cells; ++cell)
      fill(picture_, margin_left + cell % side * pixels, margin_top + cell / side * pixels, pixels, pixels,
           colour(cell));
  }

  /// A dot with a rim, so that it is seen on its own colour.
  void dot(double x, double y, rgb colour, int radius = 5) {
    disc(across(x), down(y), radius + 1.5, {0xff, 0xff, 0xff});
    disc(across(x), down(y), radius, colour);
  }

  /// A straight line; what lies outside is cut off.
  void line(double x1, double y1, double x2, double y2, rgb colour, double thickness = 3) {
    double const length = std::hypot(across(x2) - across(x1), down(y2) - down(y1));
    if (!(length < 1e5)) return;
    for (double at = 0; at <= length; at += 0.5) {
      double const share = length > 0 ? at / length : 0;
      disc(across(x1 + share * (x2 - x1)), down(y1 + share * (y2 - y1)), thickness / 2, colour);
    }
  }

  /// A line through points, in their order.
  void path(std::vector<float> const& x, std::vector<float> const& y, rgb colour, double thickness = 3) {
    for (std::size_t i = 1; i < x.size() && i < y.size(); ++i) line(x[i - 1], y[i - 1], x[i], y[i], colour, thickness);
  }

  /// A word in a colour, in the upper left corner, `row` lines down: what a colour means.
  void legend(int row, std::string_view words, rgb colour) {
    fill(picture_, margin_left + 12, margin_top + 12 + 22 * row, text_width(words, 2) + 12, 20, {0xff, 0xff, 0xff});
    draw_text(picture_, margin_left + 18, margin_top + 15 + 22 * row, words, 2, colour);
  }

  image const& picture() const { return picture_; }

  /// Writes the picture as a PNG file.
  void write(std::string const& path) const { write_png(path, picture_); }

 private:
  static constexpr int pixels = 2, width = pixels * side, margin_left = 64, margin_top = 48;
  static constexpr rgb ink{0x1b, 0x20, 0x30}, grey{0x8a, 0x91, 0xa3};

  double across(double x) const { return margin_left + (x - left_) / (right_ - left_) * width; }
  double down(double y) const { return margin_top + (top_ - y) / (top_ - bottom_) * width; }

  void disc(double x, double y, double radius, rgb colour) {
    for (int j = static_cast<int>(y - radius); j <= y + radius; ++j)
      for (int i = static_cast<int>(x - radius); i <= x + radius; ++i) {
        bool const inside = i >= margin_left && i < margin_left + width && j >= margin_top && j < margin_top + width;
        double const share = radius + 0.5 - std::hypot(i + 0.5 - x, j + 0.5 - y);  // how much of the pixel is covered
        if (!inside || share <= 0) continue;
        std::uint8_t const* pixel = picture_.pixel(i, j);
        fill(picture_, i, j, 1, 1, mixed({pixel[0], pixel[1], pixel[2]}, colour, share));
      }
  }

  void axis(bool is_across) {
    double const low = is_across ? left_ : bottom_, high = is_across ? right_ : top_;
    double const step = detail::round_step(high - low, 5);
    for (double at = std::ceil(low / step - 1e-9) * step; at <= high + 1e-9 * step; at += step) {
      std::string const words = detail::number(std::abs(at) < 1e-9 * step ? 0 : at, 4);
      if (is_across) {
        int const x = static_cast<int>(across(at));
        fill(picture_, x, margin_top + width, 1, 6, grey);
        draw_text(picture_, x - text_width(words, 2) / 2, margin_top + width + 12, words, 2, grey);
      } else {
        int const y = static_cast<int>(down(at));
        fill(picture_, margin_left - 6, y, 6, 1, grey);
        draw_text(picture_, margin_left - 12 - text_width(words, 2), y - 7, words, 2, grey);
      }
    }
    fill(picture_, margin_left - 1, margin_top, 1, width, grey);
    fill(picture_, margin_left - 1, margin_top + width, width + 1, 1, grey);
  }

  double left_, right_, bottom_, top_;
  image picture_;
};

}  // namespace ashlar_examples
