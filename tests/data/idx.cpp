// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include <ashlar/data/idx.hpp>

#include "io/temporary_folder.hpp"

using namespace ashlar;

namespace {

std::string big_endian(std::uint32_t number) {
  std::string out;
  for (int shift = 24; shift >= 0; shift -= 8) out += static_cast<char>(number >> shift & 0xff);
  return out;
}

// An IDX file of unsigned bytes with these extents, of which the first is the number of samples.
std::string idx(std::vector<std::uint32_t> const& extents, std::string const& bytes) {
  std::string out = big_endian(0x800 + static_cast<std::uint32_t>(extents.size()));
  for (std::uint32_t extent : extents) out += big_endian(extent);
  return out + bytes;
}

// Two images of 2 rows and 3 columns, and their labels.
std::string const images = idx({2, 2, 3}, std::string("\x00\x01\x02\x03\x04\x05\x33\x66\x99\xcc\xff\x80", 12));
std::string const labels = idx({2}, std::string("\x07\xff", 2));

struct two_files {
  two_files(std::string const& image_bytes, std::string const& label_bytes) {
    put(image_file, image_bytes);
    put(label_file, label_bytes);
  }
  temporary_folder folder;
  std::string image_file = folder.file("images"), label_file = folder.file("labels");
};

template <int... Dims>
dataset<Dims...> read(std::string const& image_bytes, std::string const& label_bytes, idx_options options = {}) {
  two_files const files(image_bytes, label_bytes);
  return read_idx<Dims...>(files.image_file, files.label_file, options);
}

// What reading these bytes complains about, without the names of the folder.
template <int... Dims>
std::string complaint(std::string const& image_bytes, std::string const& label_bytes) {
  two_files const files(image_bytes, label_bytes);
  try {
    read_idx<Dims...>(files.image_file, files.label_file);
  } catch (error const& problem) {
    CHECK((problem.file == files.image_file || problem.file == files.label_file));
    std::string said = problem.what();
    for (auto at = said.find(files.folder.name + "/"); at != said.npos; at = said.find(files.folder.name + "/"))
      said.erase(at, files.folder.name.size() + 1);
    return said;
  }
  return "none";
}

}  // namespace

TEST_CASE("idx: two files become images from 0 to 1 and their labels") {
  auto const data = read<2, 3>(images, labels);
  REQUIRE(data.size() == 2);
  CHECK(data.sample(0)[0] == 0.0f);
  CHECK(data.sample(0)[5] == 5 * (1 / 255.0f));
  CHECK(data.sample(1)[0] == 0x33 * (1 / 255.0f));
  CHECK(data.sample(1)[4] == 1.0f);
  CHECK(data.label(0) == 7);
  CHECK(data.label(1) == 255);
}

TEST_CASE("idx: extents of 1, such as a single channel, need not be in the file") {
  auto const data = read<1, 2, 3>(images, labels);
  CHECK(data.size() == 2);
  CHECK(data.sample(1)[5] == 0x80 * (1 / 255.0f));
  CHECK(read<2, 1, 3, 1>(images, labels).size() == 2);
}

TEST_CASE("idx: values are scaled, then the mean is taken off, then they are divided by the deviation") {
  auto const data = read<2, 3>(images, labels, {.scale = 0.5f, .mean = 2, .standard_deviation = 4});
  CHECK(data.sample(0)[0] == -0.5f);
  CHECK(data.sample(0)[4] == 0.0f);
  CHECK(data.sample(1)[4] == (127.5f - 2) / 4);
  CHECK_THROWS_WITH_AS((read<2, 3>(images, labels, {.standard_deviation = 0})),
                       "read_idx: found a standard_deviation of 0, expected another", error);
}

TEST_CASE("idx: other extents, fewer or more axes are refused with both shapes") {
  CHECK(complaint<3, 2>(images, labels) == "images: the extents of one sample: found [2, 3], expected [3, 2]");
  CHECK(complaint<1, 28, 28>(images, labels) == "images: the extents of one sample: found [2, 3], expected [28, 28]");
  CHECK(complaint<6>(images, labels) ==
        "images: the magic number: found 0x00000803, expected 0x00000802 (images: unsigned bytes along 2 axes)");
  CHECK(complaint<3, 2, 3>(images, labels) ==
        "images: the magic number: found 0x00000803, expected 0x00000804 (images: unsigned bytes along 4 axes)");
}

TEST_CASE("idx: images in the place of labels, another type and other files are refused by their magic number") {
  CHECK(complaint<2, 3>(labels, images) ==
        "images: the magic number: found 0x00000801, expected 0x00000803 (images: unsigned bytes along 3 axes)");
  CHECK(complaint<2, 3>(images, images) ==
        "labels: the magic number: found 0x00000803, expected 0x00000801 (labels: unsigned bytes along 1 axis)");
  std::string floats = images;
  floats[2] = 0x0d;
  CHECK(complaint<2, 3>(floats, labels) ==
        "images: the magic number: found 0x00000d03, expected 0x00000803 (images: unsigned bytes along 3 axes)");
  CHECK(complaint<2, 3>("\x89PNG\r\n\x1a\n", labels).substr(0, 42) == "images: the magic number: found 0x89504e47");
}

TEST_CASE("idx: a compressed file is refused with the line that unpacks it") {
  std::string const packed("\x1f\x8b\x08\x00", 4);
  CHECK(complaint<2, 3>(packed, labels) == "images: it is compressed; unpack it by: gzip -dk images");
  CHECK(complaint<2, 3>(images, packed) == "labels: it is compressed; unpack it by: gzip -dk labels");
}

TEST_CASE("idx: every truncation is refused with the bytes there are and the bytes that were expected") {
  for (std::size_t bytes = 0; bytes < images.size(); ++bytes) {
    std::size_t const expected = bytes < 4 ? 4 : bytes < 16 ? 16 : 28;
    CHECK(complaint<2, 3>(images.substr(0, bytes), labels) == "images: it ends after " + std::to_string(bytes) +
                                                                  (bytes == 1 ? " byte; " : " bytes; ") +
                                                                  std::to_string(expected) + " were expected");
  }
  for (std::size_t bytes = 0; bytes < labels.size(); ++bytes)
    CHECK(complaint<2, 3>(images, labels.substr(0, bytes)).substr(0, 22) == "labels: it ends after ");
  // more samples than any memory holds, but no more bytes
  CHECK(complaint<2, 3>(idx({0xffffffff, 2, 3}, "abcdef"), labels) ==
        "images: it ends after 22 bytes; 25769803786 were expected");
}

TEST_CASE("idx: bytes after the last sample are refused") {
  CHECK(complaint<2, 3>(images + "ab", labels) ==
        "images: found 2 bytes after the last sample, expected the end of the file");
  CHECK(complaint<2, 3>(images, labels + "a") ==
        "labels: found 1 byte after the last sample, expected the end of the file");
}

TEST_CASE("idx: files of different numbers of samples, or of none, are refused") {
  CHECK(complaint<2, 3>(images, idx({3}, "abc")) == "labels: found 3 labels, expected 2, one for each image of images");
  CHECK(complaint<2, 3>(idx({0, 2, 3}, ""), idx({0}, "")) == "images: found no samples, expected at least one");
}

TEST_CASE("idx: a missing file and a folder are refused") {
  two_files const files(images, labels);
  CHECK_THROWS_WITH_AS((read_idx<2, 3>("/nowhere/x", files.label_file)),
                       "/nowhere/x: cannot be opened: No such file or directory", error);
  CHECK_THROWS_WITH_AS((read_idx<2, 3>(files.image_file, "/")), "/: cannot be read: Is a directory", error);
}

TEST_CASE("idx: no flipped bit crashes the reader") {
  for (std::size_t at = 0; at < images.size(); ++at)
    for (int bit = 0; bit < 8; ++bit) {
      std::string flipped = images;
      flipped[at] = static_cast<char>(flipped[at] ^ (1 << bit));
      bool const refused = complaint<2, 3>(flipped, labels) != "none";
      CHECK(refused == (at < 16));  // every byte before the pixels says something that must hold
    }
}
