// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "write_file.hpp"

namespace ashlar_examples {

/// A picture in memory: rows from top to bottom, one byte a sample; one channel is grey, three are red, green, blue.
struct image {
  int width = 0, height = 0, channels = 3;
  std::vector<std::uint8_t> samples = {};

  image(int width, int height, int channels, std::uint8_t background = 255)
      : width(width), height(height), channels(channels) {
    if (width < 1 || height < 1 || (channels != 1 && channels != 3))
      throw std::runtime_error("image: it needs a pixel at least, and one channel or three");
    samples.assign(static_cast<std::size_t>(width) * height * channels, background);
  }

  std::uint8_t* pixel(int x, int y) { return &samples[(static_cast<std::size_t>(y) * width + x) * channels]; }
  std::uint8_t const* pixel(int x, int y) const { return row(y) + static_cast<std::size_t>(x) * channels; }
  std::uint8_t const* row(int y) const { return &samples[static_cast<std::size_t>(y) * width * channels]; }
};

namespace detail {

inline void append_big_endian(std::string& out, std::uint32_t number) {
  for (int shift = 24; shift >= 0; shift -= 8) out += static_cast<char>(number >> shift);
}

/// source: PNG specification, annex D: CRC-32 with the reflected polynomial 0xedb88320.
inline std::uint32_t crc32(std::string_view bytes) {
  static constexpr std::array<std::uint32_t, 256> table = [] {
    std::array<std::uint32_t, 256> entries{};
    for (std::uint32_t i = 0; i < 256; ++i) {
      std::uint32_t entry = i;
      for (int bit = 0; bit < 8; ++bit) entry = entry & 1 ? 0xedb88320u ^ (entry >> 1) : entry >> 1;
      entries[i] = entry;
    }
    return entries;
  }();
  std::uint32_t crc = 0xffffffffu;
  for (char byte : bytes) crc = table[(crc ^ static_cast<std::uint8_t>(byte)) & 0xff] ^ (crc >> 8);
  return ~crc;
}

/// source: RFC 1950, section 8.2; 65521 is the largest prime below 65536.
inline std::uint32_t adler32(std::string_view bytes) {
  std::uint32_t low = 1, high = 0;
  for (char byte : bytes) {
    low = (low + static_cast<std::uint8_t>(byte)) % 65521;
    high = (high + low) % 65521;
  }
  return high << 16 | low;
}

/// One deflate block with the fixed Huffman codes.
/// source: RFC 1951, section 3.2.5 (lengths and distances) and 3.2.6 (the codes).
class deflate_block {
 public:
  deflate_block() { bits(0b011, 3); }  // last block, fixed codes

  void literal(unsigned byte) { symbol(byte); }

  void match(unsigned length, unsigned distance) {
    unsigned const longest = 258;
    if (length == longest) {
      symbol(285);
    } else {
      extended(length - 3, 2, [&](unsigned code) { symbol(257 + code); });
    }
    extended(distance - 1, 1, [&](unsigned code) { code_bits(code, 5); });
  }

  std::string finish() {
    symbol(256);
    while (filled_ != 0) bits(0, 1);
    return std::move(bytes_);
  }

 private:
  /// Both alphabets count alike: 2^(fine+1) exact values, then 2^fine codes for each further doubling.
  template <class Emit>
  void extended(unsigned value, unsigned fine, Emit emit) {
    unsigned extra = 0;
    while ((value >> extra) >= (2u << fine)) ++extra;
    emit((extra << fine) + (value >> extra));
    bits(value & ((1u << extra) - 1), extra);
  }

  void symbol(unsigned value) {
    if (value < 144) return code_bits(0b00110000 + value, 8);
    if (value < 256) return code_bits(0b110010000 + value - 144, 9);
    if (value < 280) return code_bits(value - 256, 7);
    code_bits(0b11000000 + value - 280, 8);
  }

  void code_bits(unsigned code, unsigned count) {  // Huffman codes go from their highest bit down
    while (count-- > 0) bits(code >> count & 1, 1);
  }

  void bits(unsigned value, unsigned count) {
    for (unsigned i = 0; i < count; ++i) {
      byte_ |= (value >> i & 1) << filled_;
      if (++filled_ < 8) continue;
      bytes_ += static_cast<char>(byte_);
      byte_ = filled_ = 0;
    }
  }

  std::string bytes_;
  unsigned byte_ = 0, filled_ = 0;
};

/// A zlib stream whose matches reach one pixel or one row back: what drawn pictures are made of.
inline std::string zlib_stream(std::string_view raw, std::size_t pixel, std::size_t row) {
  std::size_t const window = 32768;
  deflate_block block;
  for (std::size_t at = 0; at < raw.size();) {
    std::size_t best_length = 0, best_distance = 0;
    for (std::size_t distance : {pixel, row}) {
      if (distance > at || distance > window) continue;
      std::size_t length = 0;
      while (length < 258 && at + length < raw.size() && raw[at + length] == raw[at + length - distance]) ++length;
      if (length > best_length) best_length = length, best_distance = distance;
    }
    if (best_length >= 3) {
      block.match(static_cast<unsigned>(best_length), static_cast<unsigned>(best_distance));
      at += best_length;
    } else {
      block.literal(static_cast<std::uint8_t>(raw[at++]));
    }
  }
  std::string out = "\x78\x01" + block.finish();  // deflate with a 32 KiB window, no dictionary, check bits
  append_big_endian(out, adler32(raw));
  return out;
}

}  // namespace detail

/// The bytes of a PNG file that shows `picture`.
/// source: Portable Network Graphics (PNG) Specification, W3C, second edition.
inline std::string encode_png(image const& picture) {
  std::string out = "\x89PNG\r\n\x1a\n";
  auto chunk = [&](char const* type, std::string const& data) {
    detail::append_big_endian(out, static_cast<std::uint32_t>(data.size()));
    out += type + data;
    detail::append_big_endian(out, detail::crc32(type + data));
  };

  std::string header;
  detail::append_big_endian(header, static_cast<std::uint32_t>(picture.width));
  detail::append_big_endian(header, static_cast<std::uint32_t>(picture.height));
  header += {8, static_cast<char>(picture.channels == 1 ? 0 : 2), 0, 0, 0};  // depth, colour type, defaults

  std::size_t const row_bytes = static_cast<std::size_t>(picture.width) * picture.channels;
  std::string raw;
  for (int y = 0; y < picture.height; ++y) {
    raw += '\0';  // rows as they are, no filter
    raw.append(reinterpret_cast<char const*>(picture.row(y)), row_bytes);
  }

  chunk("IHDR", header);
  chunk("IDAT", detail::zlib_stream(raw, picture.channels, row_bytes + 1));
  chunk("IEND", "");
  return out;
}

/// Writes `picture` as a PNG file, whole or not at all.
inline void write_png(std::string const& path, image const& picture) { write_file(path, encode_png(picture)); }

}  // namespace ashlar_examples
