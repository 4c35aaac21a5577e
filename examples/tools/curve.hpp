// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <limits>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "write_file.hpp"

namespace ashlar_examples {

namespace detail {

/// A number as SVG and people read it, whatever the locale is.
inline std::string number(double value, int digits) {
  char text[400];
  auto const end = std::to_chars(text, text + sizeof text, value, std::chars_format::fixed, digits).ptr;
  std::string out(text, end);
  if (out.find('.') == std::string::npos) return out;
  while (out.back() == '0') out.pop_back();
  if (out.back() == '.') out.pop_back();
  return out;
}

inline std::string escaped(std::string_view text) {
  std::string out;
  for (char letter : text) out += letter == '&' ? "&amp;" : letter == '<' ? "&lt;" : std::string(1, letter);
  return out;
}

/// 1, 2 or 5 times a power of ten, so that about `ticks` of them fill `range`.
inline double round_step(double range, int ticks) {
  double const power = std::pow(10.0, std::floor(std::log10(range / ticks)));
  for (double factor : {1.0, 2.0, 5.0})
    if (factor * power * ticks >= range * 0.999) return factor * power;
  return 10 * power;
}

/// One panel of the picture: a value against the epochs, with its own vertical axis.
struct panel {
  double left, top, width, height;
  std::vector<double> const& values;
  bool logarithmic;
  double low = std::numeric_limits<double>::infinity(), high = -low;

  double x(double epoch) const {
    double const last = static_cast<double>(values.size());
    return last > 1 ? left + (epoch - 1) / (last - 1) * width : left + width / 2;
  }
  double y(double value) const {
    auto scale = [this](double v) { return logarithmic ? std::log10(v) : v; };
    return top + height - (scale(value) - scale(low)) / (scale(high) - scale(low)) * height;
  }
  bool drawable(double value) const { return std::isfinite(value) && (!logarithmic || value > 0); }
};

inline std::string place(char const* x, double at_x, char const* y, double at_y) {
  return std::string(" ") + x + "=\"" + number(at_x, 2) + "\" " + y + "=\"" + number(at_y, 2) + '"';
}

inline std::string text(char const* kind, double x, double y, std::string_view anchor, std::string_view words) {
  return std::string("<text class=\"") + kind + "\" text-anchor=\"" + std::string(anchor) + '"' +
         place("x", x, "y", y) + '>' + escaped(words) + "</text>\n";
}

inline std::string rule(char const* kind, double x1, double y1, double x2, double y2) {
  return std::string("<line class=\"") + kind + '"' + place("x1", x1, "y1", y1) + place("x2", x2, "y2", y2) + "/>\n";
}

/// The curve: lines between neighbouring finite values, a dot at each while they are few.
inline std::string draw_values(panel const& at, std::string const& kind) {
  std::string out, line;
  auto finish = [&] {
    if (!line.empty()) out += "<path class=\"line " + kind + "\" d=\"" + line + "\"/>\n";
    line.clear();
  };
  for (std::size_t i = 0; i < at.values.size(); ++i) {
    if (!at.drawable(at.values[i])) {
      finish();
      continue;
    }
    std::string const x = number(at.x(double(i + 1)), 2), y = number(at.y(at.values[i]), 2);
    line += (line.empty() ? "M" : " L") + x + ' ' + y;
    if (at.values.size() <= 60)
      out += "<circle class=\"dot " + kind + "\" cx=\"" + x + "\" cy=\"" + y + "\" r=\"2.6\"/>\n";
  }
  finish();
  return out;
}

/// The last value in words at its curve's end: above or below it, wherever there is more room.
inline std::string draw_last(panel const& at, char const* kind, double shown, int digits, char const* unit) {
  if (!at.drawable(at.values.back())) return {};
  double const right = at.x(static_cast<double>(at.values.size()));
  double highest = at.top + at.height, lowest = at.top;
  for (std::size_t i = 0; i < at.values.size(); ++i)
    if (at.drawable(at.values[i]) && right - at.x(double(i + 1)) < 60) {
      highest = std::min(highest, at.y(at.values[i]));
      lowest = std::max(lowest, at.y(at.values[i]));
    }
  bool const over = highest - at.top > at.top + at.height - lowest;
  return text(kind, right, over ? highest - 10 : lowest + 19, at.values.size() > 1 ? "end" : "middle",
              number(shown, digits) + unit);
}

inline std::string draw_axes(panel const& at, std::vector<std::pair<double, std::string>> const& ticks, bool epochs) {
  std::string out;
  for (auto const& [value, words] : ticks) {
    double const y = at.y(value);
    out += rule("grid", at.left, y, at.left + at.width, y) + text("tick", at.left - 9, y + 4, "end", words);
  }
  double const bottom = at.top + at.height, last = static_cast<double>(at.values.size());
  out += rule("axis", at.left, bottom, at.left + at.width, bottom) + rule("axis", at.left, at.top, at.left, bottom);
  double const step = last > 10 ? std::max(1.0, round_step(last, 10)) : 1;
  for (double epoch = 1; epoch <= last; epoch = epoch == 1 && step > 1 ? step : epoch + step) {
    out += rule("axis", at.x(epoch), bottom, at.x(epoch), bottom + 5);
    if (epochs) out += text("tick", at.x(epoch), bottom + 19, "middle", number(epoch, 0));
  }
  return out;
}

inline constexpr std::string_view curve_style = R"(<style>
text { font-family: system-ui, "Segoe UI", "DejaVu Sans", Helvetica, Arial, sans-serif; fill: #3b4252 }
.card { fill: #ffffff; stroke: #d8dbe3 } .title { font-size: 17px; font-weight: 600; fill: #1b2030 }
.tick { font-size: 12px; fill: #5b6274 } .label { font-size: 13px } .note { font-size: 12px; font-weight: 600 }
.grid { stroke: #e4e7ee } .axis { stroke: #8a91a3 } .line { fill: none; stroke-width: 2; stroke-linejoin: round }
.line.accuracy { stroke: #0b7285 } .line.loss { stroke: #c2410c }
.dot.accuracy, .note.accuracy { fill: #0b7285 } .dot.loss, .note.loss { fill: #c2410c }
@media (prefers-color-scheme: dark) {
  text { fill: #c9cfdd } .card { fill: #14171f; stroke: #333947 } .title { fill: #f0f2f8 } .tick { fill: #9aa2b5 }
  .grid { stroke: #262b37 } .axis { stroke: #6b7386 } .line.accuracy { stroke: #3bc9db } .line.loss { stroke: #ff9f5a }
  .dot.accuracy, .note.accuracy { fill: #3bc9db } .dot.loss, .note.loss { fill: #ff9f5a }
}
</style>
)";

}  // namespace detail

/// The learning curve as an SVG picture, on a card of its own so that light and dark pages both suit it: above, the
/// accuracy on the held-out part (a fraction per epoch), below, the training loss; logarithmic where it falls tenfold.
inline std::string draw_curve(std::string_view title, std::vector<double> const& loss,
                              std::vector<double> const& accuracy) {
  using namespace detail;
  if (loss.empty() || loss.size() != accuracy.size())
    throw std::runtime_error("learning curve: it has " + std::to_string(loss.size()) + " losses and " +
                             std::to_string(accuracy.size()) + " accuracies; it needs one of each per epoch");
  double const width = 720, height = 480, left = 74, inner = width - left - 34;

  panel above{left, 86, inner, 150, accuracy, false};
  panel below{left, 272, inner, 150, loss, false};
  for (panel* at : {&above, &below})
    for (double value : at->values)
      if (at->drawable(value)) at->low = std::min(at->low, value), at->high = std::max(at->high, value);

  std::vector<std::pair<double, std::string>> percent, losses;
  if (!(above.low <= above.high)) above.low = above.high = 1;
  double const step = round_step(std::max(1 - above.low, 0.02), 5);
  above.low = std::max(0.0, std::floor(above.low / step + 1e-9) * step);
  above.high = 1;
  if (above.low >= 1) above.low = 1 - step;
  for (double value = above.low; value < 1 + step / 2; value += step)
    percent.emplace_back(std::min(value, 1.0), number(std::min(value, 1.0) * 100, 2) + " %");

  if (!(below.low <= below.high)) below.low = 0, below.high = 1;
  below.logarithmic = below.low > 0 && below.high / below.low > 10;
  if (below.logarithmic) {
    double const power = std::pow(10.0, std::floor(std::log10(below.low)));
    bool const few = below.high / below.low < 300;
    below.low *= 0.85, below.high *= 1.15;
    for (double decade = power; decade <= below.high; decade *= 10)
      for (double factor : {1.0, 2.0, 5.0})
        if ((few || factor == 1.0) && factor * decade >= below.low && factor * decade <= below.high)
          losses.emplace_back(factor * decade, number(factor * decade, 12));
  } else {
    double const loss_step = round_step(std::max(below.high - std::min(below.low, 0.0), 1e-9), 5);
    below.low = std::min(0.0, std::floor(below.low / loss_step) * loss_step);
    below.high = std::max(std::ceil(below.high / loss_step) * loss_step, below.low + loss_step);
    for (double value = below.low; value < below.high + loss_step / 2; value += loss_step)
      losses.emplace_back(value, number(value, 9));
  }

  std::string out =
      "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 720 480\" width=\"720\" height=\"480\" "
      "role=\"img\">\n<title>" +
      escaped(title) + "</title>\n" + std::string(curve_style);
  out += "<rect class=\"card\" x=\"0.5\" y=\"0.5\" width=\"719\" height=\"479\" rx=\"10\"/>\n";
  out += text("title", 24, 35, "start", title);

  // the legend
  char const* const below_name = below.logarithmic ? "training loss (logarithmic)" : "training loss";
  double const legend = 60, second = left + 190;
  out += rule("line accuracy", left, legend - 4, left + 22, legend - 4) +
         text("label", left + 29, legend, "start", "held-out accuracy");
  out += rule("line loss", second, legend - 4, second + 22, legend - 4) +
         text("label", second + 29, legend, "start", below_name);

  out += draw_axes(above, percent, false) + draw_axes(below, losses, true);
  out += text("label", left + inner / 2, height - 18, "middle", "epoch");
  out += draw_values(above, "accuracy") + draw_values(below, "loss");

  out += draw_last(above, "note accuracy", accuracy.back() * 100, 2, " %") +
         draw_last(below, "note loss", loss.back(), 4, "");
  return out + "</svg>\n";
}

/// Writes draw_curve's picture, whole or not at all.
inline void write_curve(std::string const& path, std::string_view title, std::vector<double> const& loss,
                        std::vector<double> const& accuracy) {
  write_file(path, draw_curve(title, loss, accuracy));
}

}  // namespace ashlar_examples
