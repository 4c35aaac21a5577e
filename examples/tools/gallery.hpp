// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "font.hpp"
#include "png.hpp"

namespace ashlar_examples {

/// One square picture, what the network took it for, and what it is.
struct prediction {
  std::vector<float> pixels = {};  ///< row by row, from 0 (paper) to 1 (ink)
  int predicted = 0, label = 0;
};

/// Draws predictions as tiles in a grid, each captioned "predicted / label"; mistakes are framed and crossed in red.
inline image draw_gallery(std::string_view title, std::vector<prediction> const& predictions, int columns = 12) {
  constexpr int tile = 72, frame = 3, gap = 14, caption = 28, dot = 2, margin = 22, heading = 42;
  constexpr int pitch_x = tile + 2 * frame + gap, pitch_y = tile + 2 * frame + caption + gap;
  constexpr rgb page{250, 250, 252}, line{206, 208, 216}, text{84, 88, 100}, strong{24, 28, 40}, red{208, 32, 40};
  constexpr rgb paper{255, 255, 255}, blot{255, 238, 236}, ink{22, 34, 66};
  if (predictions.empty() || columns < 1) throw std::runtime_error("gallery: there is nothing to draw");

  int const count = static_cast<int>(predictions.size());
  int const across = std::min(columns, count), down = (count + columns - 1) / columns;
  int const title_width = text_width(title, dot);
  image picture(std::max(across * pitch_x - gap, title_width) + 2 * margin, heading + down * pitch_y - gap + 2 * margin,
                3);
  fill(picture, 0, 0, picture.width, picture.height, page);
  draw_text(picture, margin, margin, title, dot, strong);

  for (int i = 0; i < count; ++i) {
    auto const& [pixels, predicted, label] = predictions[i];
    int const side = static_cast<int>(std::lround(std::sqrt(pixels.size())));
    if (side < 1 || static_cast<std::size_t>(side) * side != pixels.size())
      throw std::runtime_error("gallery: tile " + std::to_string(i) + " has " + std::to_string(pixels.size()) +
                               " pixels; a square has 64, 784, ...");
    bool const mistake = predicted != label;
    int const left = margin + i % columns * pitch_x, top = margin + heading + i / columns * pitch_y;
    int const thick = mistake ? frame : 1;
    fill(picture, left + frame - thick, top + frame - thick, tile + 2 * thick, tile + 2 * thick, mistake ? red : line);

    rgb const background = mistake ? blot : paper;
    for (int y = 0; y < tile; ++y)
      for (int x = 0; x < tile; ++x) {
        float const amount = std::clamp(pixels[y * side / tile * side + x * side / tile], 0.0f, 1.0f);
        auto mix = [&](int from, int to) {
          return static_cast<std::uint8_t>(std::lround(from + amount * (to - from)));
        };
        fill(picture, left + frame + x, top + frame + y, 1, 1,
             {mix(background.red, ink.red), mix(background.green, ink.green), mix(background.blue, ink.blue)});
      }

    std::string const words = std::to_string(predicted) + " / " + std::to_string(label);
    int const words_left = left + frame + (tile - text_width(words, dot)) / 2;
    draw_text(picture, words_left, top + 2 * frame + tile + 7, words, dot, mistake ? red : text);
    if (mistake) {  // a badge on the right upper corner, so that the mark does not need its colour
      int const badge = 18, badge_left = left + 2 * frame + tile - badge + 5, badge_top = top - 5;
      fill(picture, badge_left, badge_top, badge, badge, red);
      for (int k = 0; k < badge - 8; ++k)
        for (int x : {k, badge - 9 - k}) fill(picture, badge_left + 3 + x, badge_top + 4 + k, 3, 1, paper);
    }
  }
  return picture;
}

/// Writes draw_gallery's picture as a PNG file.
inline void write_gallery(std::string const& path, std::string_view title, std::vector<prediction> const& predictions,
                          int columns = 12) {
  write_png(path, draw_gallery(title, predictions, columns));
}

}  // namespace ashlar_examples
