// SPDX-License-Identifier: MIT
#pragma once
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <ashlar/core/config.hpp>
#include <ashlar/core/dtype.hpp>
#include <ashlar/core/error.hpp>
#include <ashlar/core/shape.hpp>
#include <ashlar/core/sort_by.hpp>
#include <ashlar/data/in_quotes.hpp>
#include <ashlar/io/file.hpp>
#include <ashlar/io/json.hpp>
#include <ashlar/io/safetensors_entry.hpp>
#include <ashlar/io/utf8.hpp>

namespace ashlar::inline ASHLAR_ABI {

/// A tensor to be written: what it is called, and where its elements lie, row-major.
struct named_tensor {
  std::string name;       ///< The tensor's name.
  dtype type;             ///< The dtype of its elements.
  shape extents;          ///< Its extents.
  std::byte const* data;  ///< Its elements in row-major order.
};

namespace detail {

/// The header of a safetensors file, spelled byte for byte as the reference spells it.
template <int... None>
class safetensors_header_writer {
 public:
  explicit safetensors_header_writer(std::string const& file) : file_(file) {}

  void metadata(std::span<std::pair<std::string, std::string> const> pairs) {
    if (pairs.empty()) return;
    check_names(pairs, "__metadata__", [](auto const& pair) -> std::string const& { return pair.first; });
    append_json(next_member(text_), safetensors_metadata_key);
    text_ += ':';
    std::string object = "{";
    for (auto const& [key, value] : pairs) {
      check_utf8(value, "__metadata__");
      append_json(next_member(object), key);
      object += ':';
      append_json(object, value);
    }
    text_ += object + "}";
  }

  void tensors(std::span<named_tensor const* const> ordered) {
    check_names(ordered, "header", [](named_tensor const* tensor) -> std::string const& { return tensor->name; });
    std::int64_t begin = 0;
    for (named_tensor const* tensor : ordered) {
      std::int64_t const end = begin + checked_size(*tensor);
      append_json(next_member(text_), tensor->name);
      text_ += std::string(":{\"dtype\":\"") + safetensors_name(tensor->type) + "\",\"shape\":[";
      for (int i = 0; i < tensor->extents.rank; ++i) text_ += (i ? "," : "") + std::to_string(tensor->extents[i]);
      text_ += "],\"data_offsets\":[" + std::to_string(begin) + "," + std::to_string(end) + "]}";
      begin = end;
    }
  }

  /// The length and the header, padded so that the buffer begins at a multiple of 8.
  std::string bytes() && {
    text_ += '}';
    text_.resize((text_.size() + 7) / 8 * 8, ' ');
    if (static_cast<std::int64_t>(text_.size()) > longest_safetensors_header)
      refuse("header", std::to_string(text_.size()) + " bytes",
             "at most " + std::to_string(longest_safetensors_header));
    std::string out;
    for (int i = 0; i < 8; ++i) out += static_cast<char>((static_cast<std::uint64_t>(text_.size()) >> (8 * i)) & 0xff);
    return out + text_;
  }

 private:
  static std::string& next_member(std::string& object) { return object += object.size() > 1 ? "," : ""; }

  void check_utf8(std::string const& text, char const* place) const {
    if (first_non_utf8(text) != text.size()) refuse(place, in_quotes(text), "UTF-8");
  }

  // The bytes of a tensor, after a look at whether they can be.
  std::int64_t checked_size(named_tensor const& tensor) const {
    std::string const place = "tensor " + in_quotes(tensor.name);
    shape const& extents = tensor.extents;
    if (tensor.name == safetensors_metadata_key) refuse("header", "a tensor " + in_quotes(tensor.name), "another name");
    if (extents.rank < 0 || extents.rank > max_rank)
      refuse(place, std::to_string(extents.rank) + " axes", "0 to " + std::to_string(max_rank));
    std::int64_t bytes = bytes_of(tensor.type);
    for (int i = 0; i < extents.rank; ++i)
      if (extents[i] < 0 || __builtin_mul_overflow(bytes, extents[i], &bytes))
        refuse(place, "an extent of " + std::to_string(extents[i]), "a size from 0 to 2^63 - 1 bytes");
    if (bytes != 0 && !tensor.data) refuse(place, "no data", std::to_string(bytes) + " bytes");
    return bytes;
  }

  template <class Elements, class NameOf>
  void check_names(Elements const& elements, char const* place, NameOf name_of) const {
    std::vector<std::string_view> names;
    for (auto const& element : elements) {
      check_utf8(name_of(element), place);
      names.push_back(name_of(element));
    }
    if (auto const* const twin = sort_and_find_twin(names)) refuse(place, "two entries " + in_quotes(*twin), "one");
  }

  [[noreturn]] void refuse(std::string place, std::string found, std::string expected) const {
    fail(error_parts{
        .file = file_, .place = std::move(place), .found = std::move(found), .expected = std::move(expected)});
  }

  std::string file_;
  std::string text_ = "{";
};

}  // namespace detail

/// Writes tensors into a safetensors file, sorted as the reference sorts them: by type, widest first, then by name.
/// The old file stays whole until the new one is complete on the disk, and for good if anything fails.
/// errors: two tensors of one name, a name that is not UTF-8, a tensor without data, a file that cannot be written
/// example:
///   write_safetensors("model.safetensors", tensors, {{"format", "pt"}});
template <int... None>
void write_safetensors(std::string const& file, std::span<named_tensor const> tensors,
                       std::vector<std::pair<std::string, std::string>> const& metadata = {}) {
  std::vector<named_tensor const*> ordered;
  for (named_tensor const& tensor : tensors) ordered.push_back(&tensor);
  auto const key = [](named_tensor const* tensor) {
    return std::pair(-detail::safetensors_rank(safetensors_name(tensor->type)), std::string_view(tensor->name));
  };
  detail::sort_by(ordered, [&](auto a, auto b) { return key(a) < key(b); });

  detail::safetensors_header_writer<None...> header(file);
  header.metadata(metadata);
  header.tensors(ordered);
  std::string const bytes = std::move(header).bytes();

  detail::file_replacement replacement(file);
  replacement.write(bytes.data(), bytes.size());
  for (named_tensor const* tensor : ordered)
    replacement.write(tensor->data, static_cast<std::size_t>(bytes_of(tensor->type) * tensor->extents.size()));
  replacement.commit();
}
/// As above, of tensors listed at the call: write_safetensors("one.safetensors", {{"w", type, extents, data}});
template <int... None>
void write_safetensors(std::string const& file, std::initializer_list<named_tensor> tensors,
                       std::vector<std::pair<std::string, std::string>> const& metadata = {}) {
  write_safetensors<None...>(file, std::span(tensors.begin(), tensors.size()), metadata);
}

}  // namespace ashlar::inline ASHLAR_ABI
