// SPDX-License-Identifier: MIT
#pragma once
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <ashlar/core/config.hpp>
#include <ashlar/core/dtype.hpp>
#include <ashlar/core/error.hpp>

namespace ashlar::inline ASHLAR_ABI {

/// One tensor of a safetensors file. Its bytes are [begin, end) of the file's buffer, row-major and little-endian.
struct safetensors_entry {
  std::string name;                   ///< The tensor's name.
  std::string dtype_name;             ///< As the file spells it: "F32", "BF16".
  std::vector<std::int64_t> extents;  ///< Its extents, outermost first.
  std::int64_t begin = 0;             ///< Where its bytes begin.
  std::int64_t end = 0;               ///< Where they end.

  /// Exchanges two of them: by less code than three moves.
  friend void swap(safetensors_entry& a, safetensors_entry& b) noexcept {
    a.name.swap(b.name);
    a.dtype_name.swap(b.dtype_name);
    a.extents.swap(b.extents);
    std::swap(a.begin, b.begin);
    std::swap(a.end, b.end);
  }
};

/// What safetensors calls a dtype: "F32".
constexpr char const* safetensors_name(dtype type) {
  constexpr char const* names[6] = {"BOOL", "U8", "I32", "I64", "F32", "F64"};
  return names[static_cast<int>(type)];
}

namespace detail {

/// The longest header, in bytes, that readers of safetensors accept.
inline constexpr std::int64_t longest_safetensors_header = 100'000'000;

/// What stands in the header beside the tensors.
inline constexpr std::string_view safetensors_metadata_key = "__metadata__";

struct safetensors_type {
  std::string_view name;
  int bytes;
};

/// The element types of safetensors, in the order that files sort them by, last first.
inline constexpr safetensors_type safetensors_types[13] = {{"BOOL", 1}, {"U8", 1},   {"I8", 1},  {"I16", 2}, {"U16", 2},
                                                           {"F16", 2},  {"BF16", 2}, {"I32", 4}, {"U32", 4}, {"F32", 4},
                                                           {"F64", 8},  {"I64", 8},  {"U64", 8}};

/// The place of a type in the table above, or -1.
constexpr int safetensors_rank(std::string_view name) {
  for (int i = 0; i < 13; ++i)
    if (safetensors_types[i].name == name) return i;
  return -1;
}

/// What a tensor is, as an error message shows it: F32 [10, 64]; of more than `most` extents the first ones.
ASHLAR_COLD inline std::string entry_text(safetensors_entry const& entry, std::size_t most = std::size_t(-1)) {
  std::string text = entry.dtype_name;
  text += ' ';
  return text += extents_text(entry.extents.data(), entry.extents.size(), most);
}

}  // namespace detail
}  // namespace ashlar::inline ASHLAR_ABI
