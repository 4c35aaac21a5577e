// SPDX-License-Identifier: MIT
#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <ashlar/core/config.hpp>
#include <ashlar/core/error.hpp>
#include <ashlar/core/indexing.hpp>
#include <ashlar/core/shape.hpp>
#include <ashlar/data/dataset.hpp>
#include <ashlar/data/read_file.hpp>

namespace ashlar::inline ASHLAR_ABI {

/// What becomes of the bytes of IDX images: (byte * scale - mean) / standard_deviation.
/// example: {.mean = 0.1307f, .standard_deviation = 0.3081f}  // MNIST's own, after the scale
struct idx_options {
  float scale = 1 / 255.0f;      ///< What every byte is multiplied by first: 0 to 255 become 0 to 1.
  float mean = 0;                ///< What is then subtracted.
  float standard_deviation = 1;  ///< What the difference is divided by.
};

namespace detail {

/// An IDX file of unsigned bytes: two zero bytes, the type, the number of axes, their extents, the bytes.
/// source: the format's description on the page of the MNIST database (LeCun, Cortes, Burges)
class idx_file {
 public:
  ASHLAR_COLD explicit idx_file(std::string const& name) : name_(name), whole_(read_file(name)) {}

  /// Makes sure that the file holds arrays of this shape, and nothing else.
  ASHLAR_COLD void check(char const* what, shape const& one) {
    if (whole_.size() >= 2 && byte(0) == 0x1f && byte(1) == 0x8b)
      fail(error_parts{.file = name_, .problem = "it is compressed; unpack it by: gzip -dk " + name_});
    int const axes = 1 + one.rank;
    std::string const layout =
        std::string(" (") + what + ": unsigned bytes along " + std::to_string(axes) + (axes == 1 ? " axis)" : " axes)");
    if (whole_.size() < 4) refuse_end(4);
    std::uint32_t const magic = 0x800u + static_cast<std::uint32_t>(axes);
    if (number(0) != magic) refuse("the magic number", hexadecimal(number(0)), hexadecimal(magic) + layout);
    header_ = 4 + 4 * static_cast<std::uint64_t>(axes);
    if (whole_.size() < header_) refuse_end(header_);
    std::string found = "[";
    bool same = true;
    for (int axis = 0; axis < one.rank; ++axis) {
      std::uint32_t const extent = number(8 + 4 * static_cast<std::size_t>(axis));
      found += (axis ? ", " : "") + std::to_string(extent);
      same = same && extent == static_cast<std::uint32_t>(one[axis]);
    }
    if (!same) refuse("the extents of one sample", found + "]", shape_text(one));
    if (count() == 0) refuse("", "no samples", "at least one");
    std::uint64_t const sample = static_cast<std::uint64_t>(one.size());
    std::uint64_t const held = whole_.size() - header_;
    if (held / sample < count()) refuse_end(header_ + count() * sample);
    if (held != count() * sample)
      refuse("", bytes_text(held - count() * sample) + " after the last sample", "the end of the file");
  }

  /// How many samples the file says that it holds.
  std::uint32_t count() const { return number(4); }

  /// All samples, one behind the other.
  std::string_view samples() const { return std::string_view(whole_).substr(header_); }

  [[noreturn]] ASHLAR_COLD void refuse(char const* place, std::string found, std::string expected) const {
    fail(error_parts{.file = name_, .place = place, .found = std::move(found), .expected = std::move(expected)});
  }

 private:
  std::uint8_t byte(std::size_t i) const { return static_cast<std::uint8_t>(whole_[i]); }
  std::uint32_t number(std::size_t i) const {
    return std::uint32_t{byte(i)} << 24 | std::uint32_t{byte(i + 1)} << 16 | std::uint32_t{byte(i + 2)} << 8 |
           byte(i + 3);
  }
  static std::string bytes_text(std::uint64_t count) {
    return std::to_string(count) + (count == 1 ? " byte" : " bytes");
  }
  static std::string hexadecimal(std::uint32_t number) {
    std::string text = "0x";
    for (int shift = 28; shift >= 0; shift -= 4) text += "0123456789abcdef"[number >> shift & 15];
    return text;
  }
  [[noreturn]] ASHLAR_COLD void refuse_end(std::uint64_t bytes) const {
    fail(error_parts{.file = name_,
                     .problem = "it ends after {found}; {expected} were expected",
                     .found = bytes_text(whole_.size()),
                     .expected = std::to_string(bytes)});
  }

  std::string name_, whole_;
  std::uint64_t header_ = 0;
};

/// What each byte becomes.
ASHLAR_COLD inline std::array<float, 256> idx_values(idx_options const& options) {
  if (options.standard_deviation == 0)
    fail(error_parts{.place = "read_idx", .found = "a standard_deviation of 0", .expected = "another"});
  std::array<float, 256> values;
  for (int byte = 0; byte < 256; ++byte)
    values[static_cast<std::size_t>(byte)] =
        (static_cast<float>(byte) * options.scale - options.mean) / options.standard_deviation;
  return values;
}

}  // namespace detail

/// Reads a dataset from two files in the format of MNIST: images, whose extents in the file are those of Dims that are
/// not 1, and their labels.
/// errors: a file that cannot be read, ends early or goes on after its last sample; other extents, another type, a
/// number of labels that is not that of the images; a file that is still compressed
/// example: auto train = read_idx<1, 28, 28>("train-images-idx3-ubyte", "train-labels-idx1-ubyte");
template <int... Dims>
dataset<Dims...> read_idx(std::string const& images, std::string const& labels, idx_options options = {}) {
  shape one;
  ((Dims != 1 ? void(one.extent[one.rank++] = Dims) : void()), ...);
  auto const values = detail::idx_values(options);
  detail::idx_file image_file(images), label_file(labels);
  image_file.check("images", one);
  label_file.check("labels", shape());
  if (label_file.count() != image_file.count())
    label_file.refuse("", std::to_string(label_file.count()) + " labels",
                      std::to_string(image_file.count()) + ", one for each image of " + images);
  std::vector<float> inputs;
  inputs.reserve(image_file.samples().size());
  for (char byte : image_file.samples()) inputs.push_back(values[static_cast<std::uint8_t>(byte)]);
  std::vector<std::int32_t> classes;
  classes.reserve(label_file.samples().size());
  for (char byte : label_file.samples()) classes.push_back(static_cast<std::uint8_t>(byte));
  return {std::move(inputs), std::move(classes)};
}

}  // namespace ashlar::inline ASHLAR_ABI
