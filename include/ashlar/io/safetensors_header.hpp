// SPDX-License-Identifier: MIT
#pragma once
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <ashlar/core/config.hpp>
#include <ashlar/core/error.hpp>
#include <ashlar/core/sort_by.hpp>
#include <ashlar/data/in_quotes.hpp>
#include <ashlar/io/json.hpp>
#include <ashlar/io/safetensors_entry.hpp>

namespace ashlar::inline ASHLAR_ABI::detail {

/// The contents of a header: tensors in the order of their bytes, metadata in the order of the text.
struct safetensors_header {
  std::vector<safetensors_entry> entries;
  std::vector<std::pair<std::string, std::string>> metadata;
};

/// Reads and checks the header of a safetensors file whose buffer has `buffer_bytes` bytes.
/// source: huggingface/safetensors, safetensors/src/tensor.rs (the limits that the reference enforces)
template <class Header>
class safetensors_header_reader {
 public:
  ASHLAR_COLD safetensors_header_reader(std::string_view text, std::string const& file, std::int64_t buffer_bytes)
      : json_(text, file, "header"), file_(file), buffer_bytes_(buffer_bytes) {}

  ASHLAR_COLD Header read() {
    json_.take('{');
    for (bool more = !json_.take_if('}'); more; more = json_.another('}')) read_member();
    json_.end();
    check_names();
    check_offsets();
    return std::move(header_);
  }

 private:
  ASHLAR_COLD void read_member() {
    std::string name = json_.text();
    json_.take(':');
    if (name != safetensors_metadata_key)
      header_.entries.push_back(read_entry(std::move(name)));
    else if (!std::exchange(has_metadata_, true))
      read_metadata();
    else
      refuse("header", "two keys '__metadata__'", "one");
  }

  ASHLAR_COLD void read_metadata() {
    auto& pairs = header_.metadata;
    json_.take('{');
    for (bool more = !json_.take_if('}'); more; more = json_.another('}')) {
      std::string key = json_.text();
      json_.take(':');
      pairs.emplace_back(std::move(key), json_.text());
    }
    std::vector<std::string_view> keys(pairs.size());
    for (std::size_t i = 0; i < keys.size(); ++i) keys[i] = pairs[i].first;
    if (auto const* const twin = sort_and_find_twin(keys)) refuse("__metadata__", in_quotes(*twin, "two keys "), "one");
  }

  ASHLAR_COLD safetensors_entry read_entry(std::string name) {
    safetensors_entry entry{.name = std::move(name), .dtype_name = {}, .extents = {}};
    std::string const place = in_quotes(entry.name, "tensor ");
    bool has_dtype = false, has_shape = false, has_offsets = false;
    json_.take('{');
    do {
      std::string const key = json_.text();
      json_.take(':');
      bool* const seen = key == "dtype"          ? &has_dtype
                         : key == "shape"        ? &has_shape
                         : key == "data_offsets" ? &has_offsets
                                                 : nullptr;
      if (!seen) refuse(place, in_quotes(key, "a key "), "dtype, shape and data_offsets");
      if (std::exchange(*seen, true)) refuse(place, in_quotes(key, "two keys "), "one");
      if (seen == &has_dtype)
        entry.dtype_name = json_.text();
      else if (seen == &has_shape)
        read_extents(entry);
      else
        read_offsets(entry);
    } while (json_.another('}'));
    char const* const missing = !has_dtype ? "no dtype" : !has_shape ? "no shape" : "no data_offsets";
    if (!has_dtype || !has_shape || !has_offsets) refuse(place, missing, "dtype, shape and data_offsets");
    check_size(entry, place);
    return entry;
  }

  ASHLAR_COLD void read_extents(safetensors_entry& entry) {
    json_.take('[');
    for (bool more = !json_.take_if(']'); more; more = json_.another(']'))
      entry.extents.push_back(json_.whole_number());
  }

  ASHLAR_COLD void read_offsets(safetensors_entry& entry) {
    json_.take('[');
    entry.begin = json_.whole_number();
    json_.take(',');
    entry.end = json_.whole_number();
    json_.take(']');
  }

  ASHLAR_COLD void check_size(safetensors_entry const& entry, std::string const& place) const {
    int const rank = safetensors_rank(entry.dtype_name);
    if (rank < 0) refuse(place, in_quotes(entry.dtype_name, "dtype "), "BOOL, U8, ... or F64");
    if (entry.end < entry.begin) refuse(place, offsets_text(entry), "an end that is not before the begin");
    std::int64_t bytes = safetensors_types[rank].bytes;
    std::string const what = entry_text(entry, 8);
    // Left to right, as the reference does: [0, 2^62, 2^62] is legal, [2^62, 2^62, 0] overflows.
    for (std::int64_t extent : entry.extents)
      if (__builtin_mul_overflow(bytes, extent, &bytes)) refuse(place, what, "a size below 2^63 bytes");
    if (entry.end - entry.begin != bytes)
      refuse(place, offsets_text(entry), with_number("% bytes for ", bytes).append(what));
  }

  ASHLAR_COLD void check_names() const {
    std::vector<std::string_view> names(header_.entries.size());
    for (std::size_t i = 0; i < names.size(); ++i) names[i] = header_.entries[i].name;
    if (auto const* const twin = sort_and_find_twin(names)) refuse("header", in_quotes(*twin, "two tensors "), "one");
  }

  // Every byte of the buffer belongs to exactly one tensor.
  ASHLAR_COLD void check_offsets() {
    auto& entries = header_.entries;
    sort_by(entries, [](auto const& a, auto const& b) {
      return a.begin != b.begin ? a.begin < b.begin : a.end != b.end ? a.end < b.end : a.name < b.name;
    });
    std::int64_t covered = 0;
    for (auto const& entry : entries) {
      if (entry.begin != covered || entry.end > buffer_bytes_)
        refuse(in_quotes(entry.name, "tensor "), offsets_text(entry),
               two_numbers("a begin of % and an end up to %", covered, buffer_bytes_));
      covered = entry.end;
    }
    if (covered != buffer_bytes_)
      refuse("buffer", with_number("% bytes", buffer_bytes_), with_number("% bytes of tensors", covered));
  }

  ASHLAR_COLD static std::string offsets_text(safetensors_entry const& entry) {
    return two_numbers("data_offsets [%, %]", entry.begin, entry.end);
  }

  ASHLAR_COLD static std::string two_numbers(char const* text, std::int64_t first, std::int64_t second) {
    std::int64_t const both[] = {first, second};
    std::int64_t const* numbers = both;
    return with_numbers(text, numbers);
  }

  [[noreturn]] ASHLAR_COLD void refuse(std::string place, std::string found, std::string expected) const {
    fail(error_parts{
        .file = file_, .place = std::move(place), .found = std::move(found), .expected = std::move(expected)});
  }

  json_reader<> json_;
  std::string file_;
  std::int64_t buffer_bytes_;
  bool has_metadata_ = false;
  Header header_;
};

}  // namespace ashlar::inline ASHLAR_ABI::detail
