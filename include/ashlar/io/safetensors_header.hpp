// SPDX-License-Identifier: MIT
#pragma once
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
class safetensors_header_reader {
 public:
  safetensors_header_reader(std::string_view text, std::string const& file, std::int64_t buffer_bytes)
      : json_(text, file, "header"), file_(file), buffer_bytes_(buffer_bytes) {}

  safetensors_header read() {
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
    std::vector<std::string_view> keys;
    for (auto const& pair : pairs) keys.push_back(pair.first);
    if (auto const* const twin = sort_and_find_twin(keys))
      refuse("__metadata__", "two keys " + in_quotes(*twin), "one");
  }

  safetensors_entry read_entry(std::string name) {
    safetensors_entry entry{.name = std::move(name), .dtype_name = {}, .extents = {}};
    std::string const place = "tensor " + in_quotes(entry.name);
    bool has_dtype = false, has_shape = false, has_offsets = false;
    json_.take('{');
    do {
      std::string const key = json_.text();
      json_.take(':');
      bool* const seen = key == "dtype"          ? &has_dtype
                         : key == "shape"        ? &has_shape
                         : key == "data_offsets" ? &has_offsets
                                                 : nullptr;
      if (!seen) refuse(place, "a key " + in_quotes(key), "dtype, shape and data_offsets");
      if (std::exchange(*seen, true)) refuse(place, "two keys " + in_quotes(key), "one");
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

  void read_extents(safetensors_entry& entry) {
    json_.take('[');
    for (bool more = !json_.take_if(']'); more; more = json_.another(']'))
      entry.extents.push_back(json_.whole_number());
  }

  void read_offsets(safetensors_entry& entry) {
    json_.take('[');
    entry.begin = json_.whole_number();
    json_.take(',');
    entry.end = json_.whole_number();
    json_.take(']');
  }

  ASHLAR_COLD void check_size(safetensors_entry const& entry, std::string const& place) const {
    int const rank = safetensors_rank(entry.dtype_name);
    if (rank < 0) refuse(place, "dtype " + in_quotes(entry.dtype_name), "BOOL, U8, ... or F64");
    if (entry.end < entry.begin) refuse(place, offsets_text(entry), "an end that is not before the begin");
    std::int64_t bytes = safetensors_types[rank].bytes;
    std::string const what = entry.dtype_name + " " + extents_text(entry.extents);
    // Left to right, as the reference does: [0, 2^62, 2^62] is legal, [2^62, 2^62, 0] overflows.
    for (std::int64_t extent : entry.extents)
      if (__builtin_mul_overflow(bytes, extent, &bytes)) refuse(place, what, "a size below 2^63 bytes");
    if (entry.end - entry.begin != bytes)
      refuse(place, offsets_text(entry), std::to_string(bytes) + " bytes for " + what);
  }

  ASHLAR_COLD void check_names() const {
    std::vector<std::string_view> names;
    for (auto const& entry : header_.entries) names.push_back(entry.name);
    if (auto const* const twin = sort_and_find_twin(names)) refuse("header", "two tensors " + in_quotes(*twin), "one");
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
        refuse("tensor " + in_quotes(entry.name), offsets_text(entry),
               "a begin of " + std::to_string(covered) + " and an end up to " + std::to_string(buffer_bytes_));
      covered = entry.end;
    }
    if (covered != buffer_bytes_)
      refuse("buffer", std::to_string(buffer_bytes_) + " bytes", std::to_string(covered) + " bytes of tensors");
  }

  ASHLAR_COLD static std::string offsets_text(safetensors_entry const& entry) {
    return "data_offsets [" + std::to_string(entry.begin) + ", " + std::to_string(entry.end) + "]";
  }

  [[noreturn]] void refuse(std::string place, std::string found, std::string expected) const {
    fail(error_parts{
        .file = file_, .place = std::move(place), .found = std::move(found), .expected = std::move(expected)});
  }

  json_reader json_;
  std::string file_;
  std::int64_t buffer_bytes_;
  bool has_metadata_ = false;
  safetensors_header header_;
};

}  // namespace ashlar::inline ASHLAR_ABI::detail
