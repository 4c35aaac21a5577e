// SPDX-License-Identifier: MIT
#pragma once
#include <cstddef>
#include <string>
#include <string_view>

#include <ashlar/core/config.hpp>

namespace ashlar::inline ASHLAR_ABI::detail {

/// Foreign text made fit for an error message: at most 60 bytes, anything unprintable as `?`, in quotes. `before`: what
/// stands before them.
ASHLAR_COLD inline std::string in_quotes(std::string_view text, char const* before = "") {
  constexpr std::size_t longest = 60;
  std::string out = before;
  out += '\'';
  for (char c : text.substr(0, longest)) out += c >= ' ' && c != '\x7f' ? c : '?';
  return out += text.size() > longest ? "...'" : "'";
}

}  // namespace ashlar::inline ASHLAR_ABI::detail
