// SPDX-License-Identifier: MIT
#pragma once
#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <ashlar/core/config.hpp>
#include <ashlar/core/error.hpp>
#include <ashlar/core/raw_bytes.hpp>
#include <ashlar/core/sort_by.hpp>
#include <ashlar/data/in_quotes.hpp>
#include <ashlar/data/read_file.hpp>
#include <ashlar/io/safetensors_entry.hpp>
#include <ashlar/io/safetensors_header.hpp>
#include <ashlar/io/write_safetensors.hpp>

namespace ashlar::inline ASHLAR_ABI {

static_assert(std::endian::native == std::endian::little,
              "safetensors: the file is little-endian, this machine is not");

namespace detail {

/// What safetensors_file stands for: a template, so that programs that read no file compile none of it.
template <class Header>
class safetensors_file_of {
 public:
  /// Opens a file and reads its header.
  /// errors: a file that cannot be read, or that the format does not allow
  ASHLAR_COLD explicit safetensors_file_of(std::string name) {
    detail::input_file file(std::move(name));
    std::int64_t const buffer_bytes = read_header(file);
    buffer_ = detail::raw_bytes(buffer_bytes);
    read(file, buffer_.data(), buffer_bytes, "buffer");
    auto const& entries = header_.entries;
    by_name_ = std::vector<std::size_t>(entries.size());
    for (std::size_t i = 0; i < entries.size(); ++i) by_name_[i] = i;
    detail::sort_by(by_name_, [&](auto a, auto b) { return entries[a].name < entries[b].name; });
  }

  /// The tensors, in the order of their bytes.
  std::span<safetensors_entry const> entries() const { return header_.entries; }

  /// The tensor of that name, or null.
  safetensors_entry const* find(std::string_view name) const {
    auto const& entries = header_.entries;
    std::size_t first = 0;
    for (std::size_t end = by_name_.size(); first < end;) {
      std::size_t const middle = (first + end) / 2;
      entries[by_name_[middle]].name < name ? first = middle + 1 : end = middle;
    }
    if (first == by_name_.size() || entries[by_name_[first]].name != name) return nullptr;
    return &entries[by_name_[first]];
  }

  /// The bytes of a tensor of this file. Nothing promises that they are aligned for their type, or that a BOOL is 0
  /// or 1.
  std::byte const* data(safetensors_entry const& entry) const { return buffer_.data() + entry.begin; }

  /// The pairs of `__metadata__`, in the order of the file.
  std::span<std::pair<std::string, std::string> const> metadata() const { return header_.metadata; }

 private:
  // Returns the size of the buffer that follows the header.
  ASHLAR_COLD std::int64_t read_header(detail::input_file& file) {
    std::int64_t const bytes = file.size();
    std::string const has = detail::with_number("a file of % bytes", bytes);
    if (bytes < 8) refuse(file, "header length", has, "at least 8");
    unsigned char prefix[8];
    read(file, prefix, 8, "header length");
    std::uint64_t length = 0;
    for (int i = 7; i >= 0; --i) length = length << 8 | prefix[i];
    if (length > static_cast<std::uint64_t>(detail::longest_safetensors_header)) {
      std::string found;  // more than a signed number holds, maybe
      detail::append_digits(found, length);
      refuse(file, "header length", std::move(found),
             detail::with_number("at most %", detail::longest_safetensors_header));
    }
    std::int64_t const header_bytes = static_cast<std::int64_t>(length);
    if (header_bytes > bytes - 8) refuse(file, "header", has, detail::with_number("at least 8 + %", header_bytes));
    std::string text(length, '\0');
    read(file, text.data(), header_bytes, "header");
    if (text.empty() || text[0] != '{')
      refuse(file, "header", text.empty() ? "nothing" : detail::in_quotes(std::string_view(text.data(), 1)),
             "'{' as its first byte");
    std::int64_t const buffer_bytes = bytes - 8 - header_bytes;
    header_ = detail::safetensors_header_reader<Header>(text, file.name(), buffer_bytes).read();
    return buffer_bytes;
  }

  static void read(detail::input_file& file, void* to, std::int64_t count, char const* place) {
    std::int64_t const got = file.read(to, count);
    if (got != count) refuse(file, place, detail::with_number("% bytes", got), detail::with_number("%", count));
  }

  [[noreturn]] static void refuse(detail::input_file const& file, char const* place, std::string found,
                                  std::string expected) {
    fail(error_parts{.file = file.name(), .place = place, .found = std::move(found), .expected = std::move(expected)});
  }

  Header header_;
  std::vector<std::size_t> by_name_;
  detail::raw_bytes buffer_;
};

}  // namespace detail

/// A safetensors file in memory, checked from the first byte to the last.
/// cost: the header is read and checked before memory for the tensors is taken
/// errors: whatever breaks a rule of the format is refused with the file, the place in it, what is there and what
/// should be
/// example:
///   safetensors_file file("model.safetensors");
///   if (auto const* weight = file.find("0.weight")) std::memcpy(to, file.data(*weight), bytes);
using safetensors_file = detail::safetensors_file_of<detail::safetensors_header>;

}  // namespace ashlar::inline ASHLAR_ABI
