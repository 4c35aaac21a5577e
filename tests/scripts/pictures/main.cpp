// SPDX-License-Identifier: MIT
// Draws pictures with the examples' tools, and writes beside each PNG the samples that it must decode to.
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <limits>
#include <sstream>
#include <string>

#include "../../../examples/tools/curve.hpp"
#include "../../../examples/tools/data_path.hpp"
#include "../../../examples/tools/gallery.hpp"
#include "../../../examples/tools/plane.hpp"

using namespace ashlar_examples;

namespace {

void write_both(std::string const& name, image const& picture) {
  write_png(name + ".png", picture);
  write_file(name + ".raw", {reinterpret_cast<char const*>(picture.samples.data()), picture.samples.size()});
}

image noise(int width, int height, int channels) {
  image picture(width, height, channels);
  std::uint32_t state = 1;
  for (auto& sample : picture.samples)
    sample = static_cast<std::uint8_t>((state = state * 1664525u + 1013904223u) >> 24);
  return picture;
}

bool same(std::uint8_t const* pixel, rgb colour) {
  return pixel[0] == colour.red && pixel[1] == colour.green && pixel[2] == colour.blue;
}

// A plane whose cells, dots and lines are where they belong, whatever lies outside of it or is no number.
bool draw_plane() {
  plane picture("x upwards: 1.5 / -2", -3, 1, 10, 12);
  std::vector<float> const centres = picture.centres();
  bool right = centres.size() == 2 * plane::cells && centres[0] < -2.99 && centres[1] > 11.99;
  picture.shade([&](int cell) { return heat(centres[2 * cell] < -1 ? 0 : 1); });
  auto at = [&](double x, double y) {  // 600 x 600 pixels from (64, 48)
    return picture.picture().pixel(static_cast<int>(64 + (x + 3) * 150), static_cast<int>(48 + (12 - y) * 300));
  };
  right = right && same(at(-2, 11), heat(0)) && same(at(0, 11), heat(1));
  picture.dot(-2, 11, {1, 2, 3});
  picture.line(-3, 10.5, 9, 10.5, {4, 5, 6});
  right = right && same(at(-2, 11), {1, 2, 3}) && same(at(0, 10.5), {4, 5, 6}) && same(at(0, 11), heat(1));
  picture.dot(-50, 11, {1, 2, 3});
  picture.line(NAN, 0, 1e30, 1, {1, 2, 3});
  picture.path({-3, 0}, {11, 11}, {7, 8, 9}, 2);
  picture.legend(0, "words", {4, 5, 6});
  right = right && same(at(-2, 11), {7, 8, 9}) && same(at(0.5, 11), heat(1));
  write_both("plane", picture.picture());
  picture.write("written.png");
  return right && same(at(-2.9, 11.95), {0xff, 0xff, 0xff}) && same(picture.picture().pixel(0, 0), {255, 255, 255});
}

std::vector<prediction> first_digits(int count) {
  std::ifstream file(data_path("digits.csv"));
  std::vector<prediction> digits;
  for (std::string line; static_cast<int>(digits.size()) < count && std::getline(file, line);) {
    std::istringstream fields(line);
    prediction digit;
    for (std::string field; std::getline(fields, field, ',');) digit.pixels.push_back(std::stof(field) / 16);
    digit.label = static_cast<int>(digit.pixels.back() * 16);
    digit.pixels.pop_back();
    bool const mistake = digits.size() == 5 || digits.size() == 24;
    digit.predicted = mistake ? 9 - digit.label : digit.label;
    digits.push_back(digit);
  }
  return digits;
}

}  // namespace

int main() {
  write_both("pixel", noise(1, 1, 1));
  write_both("noise", noise(61, 17, 1));
  write_both("colours", noise(33, 40, 3));
  write_both("plain", image(700, 3, 3, 7));
  write_both("wide", image(12001, 2, 3, 9));  // rows longer than deflate's window
  if (!draw_plane()) return 1;
  write_both("gallery", draw_gallery("predicted / true: 358 of 360 right", first_digits(40)));

  std::vector<double> loss, accuracy;
  for (int epoch = 1; epoch <= 30; ++epoch) {
    loss.push_back(2.0 * std::exp(-0.14 * epoch) + 0.02 + 0.004 * std::sin(9.0 * epoch));
    accuracy.push_back(0.986 - 0.55 * std::exp(-0.35 * epoch) + 0.002 * std::sin(7.0 * epoch));
  }
  write_curve("curve.svg", "Learning to read digits: 5,130 parameters & Adam", loss, accuracy);
  loss[3] = std::numeric_limits<double>::quiet_NaN();
  write_curve("broken.svg", "a < b", loss, accuracy);
  write_curve("one.svg", "one epoch", {0.5}, {1.0});
  write_curve("long.svg", "many", std::vector<double>(400, 0.25), std::vector<double>(400, 0.1));
  write_curve("lost.svg", "lost", {-INFINITY, NAN}, {NAN, NAN});

  try {
    write_curve("curve.svg", "too few", {}, {});
  } catch (std::runtime_error const&) {
    try {
      write_file("no/such/folder/file", "");
    } catch (std::runtime_error const&) {
      return 0;
    }
  }
  return 1;
}
