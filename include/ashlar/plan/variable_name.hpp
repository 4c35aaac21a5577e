// SPDX-License-Identifier: MIT
#pragma once
#include <string>
#include <string_view>

#include <ashlar/core/error.hpp>
#include <ashlar/plan/tables.hpp>

namespace ashlar::inline ASHLAR_ABI::detail {

/// The name of copy number `copy` of a variable: iterations filled in.
ASHLAR_COLD inline std::string variable_name(char const* names, variable_info const& v, std::int64_t copy) {
  std::int64_t number[max_loop_depth]{};
  for (int d = v.depth - 1; d >= 0; --d) {
    number[d] = copy % v.count[d];
    copy /= v.count[d];
  }
  std::string s;
  int depth = 0;
  for (char c : std::string_view(names + v.name, static_cast<std::size_t>(v.name_length))) {
    if (c == '\1')
      s += with_number("%", number[depth++]);
    else
      s += c;
  }
  return s;
}
/// Bytes from a variable's first copy to copy number `copy`.
inline std::int64_t copy_offset(variable_info const& v, std::int64_t copy) {
  std::int64_t at = 0;
  for (int d = v.depth - 1; d >= 0; --d) {
    at += copy % v.count[d] * v.stride[d];
    copy /= v.count[d];
  }
  return at;
}

}  // namespace ashlar::inline ASHLAR_ABI::detail
