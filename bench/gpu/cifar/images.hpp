// SPDX-License-Identifier: MIT
#pragma once
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <stdexcept>
#include <string>
#include <vector>

namespace cifar {

inline constexpr int side = 32, channels = 3, plane = side * side, numbers_of_image = channels * plane;

/// Images as CIFAR-10's binary files have them: a byte for the class, then 32 x 32 bytes each of red, green and blue.
/// source: www.cs.toronto.edu/~kriz/cifar.html, "Binary version"
struct images {
  static constexpr int record = 1 + numbers_of_image;
  std::string bytes;

  int size() const { return static_cast<int>(bytes.size() / record); }
  int label(int i) const { return static_cast<unsigned char>(bytes[at(i)]); }
  std::uint8_t const* pixels(int i) const { return reinterpret_cast<std::uint8_t const*>(bytes.data()) + at(i) + 1; }

  /// Appends a file's. Returns whether it is there.
  /// errors: std::runtime_error where it holds something else
  bool read(std::string const& file) {
    std::FILE* const from = std::fopen(file.c_str(), "rb");
    if (!from) return false;
    std::size_t const before = bytes.size();
    char part[1 << 16];
    for (std::size_t n; (n = std::fread(part, 1, sizeof part, from)) > 0;) bytes.append(part, n);
    std::fclose(from);
    std::size_t const found = bytes.size() - before;
    if (found == 0 || found % record)
      throw std::runtime_error(file + ": " + std::to_string(found) + " bytes are no images of 3073 bytes each");
    for (int i = static_cast<int>(before / record); i < size(); ++i)
      if (label(i) > 9) throw std::runtime_error(file + ": class " + std::to_string(label(i)) + "; there are 0 to 9");
    return true;
  }

 private:
  static std::size_t at(int i) { return static_cast<std::size_t>(i) * record; }
};

/// The images to learn from and to be tested by.
struct data {
  images train, test;

  /// Empty where the folder does not hold the six files.
  explicit data(std::string folder) {
    if (images in_it; in_it.read(folder + "/cifar-10-batches-bin/test_batch.bin")) folder += "/cifar-10-batches-bin";
    bool all = test.read(folder + "/test_batch.bin");
    for (int k = 1; k <= 5; ++k) all = all && train.read(folder + "/data_batch_" + std::to_string(k) + ".bin");
    if (!all) train.bytes.clear(), test.bytes.clear();
  }
  bool is_there() const { return train.size() > 0; }
};

/// How an image is looked at: so many pixels from there, what lies beyond its edges mirrored, and mirrored itself.
struct view {
  static constexpr int most = 2;  // pixels
  int down = 0, right = 0;
  bool mirrored = false;
};

/// An image as numbers, of mean 0 and deviation 1 in each channel of CIFAR-10's training images.
inline void look_at(std::uint8_t const* pixels, view const& v, float* to) {
  constexpr float means[] = {0.4914f, 0.4822f, 0.4465f}, deviations[] = {0.2470f, 0.2435f, 0.2616f};
  constexpr int wide = side + 2 * view::most;
  auto inside = [](int i) { return i < 0 ? -i : i >= side ? 2 * side - 2 - i : i; };
  for (int c = 0; c < channels; ++c) {
    float const scale = 1 / (255 * deviations[c]), offset = -means[c] / deviations[c];
    for (int y = 0; y < side; ++y, to += side) {
      std::uint8_t const* const from = pixels + c * plane + side * inside(y + v.down);
      float row[wide];
      for (int x = 0; x < side; ++x) row[view::most + x] = static_cast<float>(from[x]) * scale + offset;
      for (int x = 0; x < view::most; ++x) {
        row[x] = row[2 * view::most - x];
        row[wide - 1 - x] = row[wide - 1 - 2 * view::most + x];
      }
      float const* const seen = row + view::most + v.right;
      if (v.mirrored)
        for (int x = 0; x < side; ++x) to[x] = seen[side - 1 - x];
      else
        std::memcpy(to, seen, side * sizeof(float));
    }
  }
}

}  // namespace cifar
