// SPDX-License-Identifier: MIT
#pragma once
#include <charconv>
#include <concepts>
#include <cstdint>
#include <type_traits>

#include <ashlar/core/config.hpp>
#include <ashlar/core/view.hpp>

namespace ashlar::inline ASHLAR_ABI {

namespace detail {

/// More elements than this are elided, and this many are left at each end of an axis: NumPy's defaults.
inline constexpr std::int64_t elision_threshold = 1000;
inline constexpr int edge_items = 3;

/// One number as text, with six digits as streams write it.
struct number_text {
  char characters[32]{};
  int length = 0;

  template <class T>
  explicit number_text(T value) {
    char* end = characters;
    if constexpr (std::same_as<T, bool>) {
      for (char const* word = value ? "true" : "false"; *word; ++word) *end++ = *word;
    } else if constexpr (std::is_floating_point_v<T>) {
      end = std::to_chars(characters, characters + 31, value, std::chars_format::general, 6).ptr;
    } else {
      end = std::to_chars(characters, characters + 31, static_cast<std::int64_t>(value)).ptr;
    }
    length = static_cast<int>(end - characters);
  }
};

/// Calls visit(i) for the rows that are shown, and skip() where rows are left out.
template <class Visit, class Skip>
void for_shown(int extent, bool elide, Visit&& visit, Skip&& skip) {
  bool const shorten = elide && extent > 2 * edge_items;
  for (int i = 0; i < extent; ++i) {
    if (shorten && i == edge_items) {
      skip();
      i = extent - edge_items;
    }
    visit(i);
  }
}

template <class T, int... Dims>
void widest_number(view<T, Dims...> const& x, bool elide, int& width) {
  if constexpr (sizeof...(Dims) == 0) {
    int const length = number_text(x()).length;
    if (length > width) width = length;
  } else {
    for_shown(
        x.shape()[0], elide, [&](int i) { widest_number(x.row(i), elide, width); }, [] {});
  }
}

template <class Stream, class T, int... Dims>
void write_nested(Stream& out, view<T, Dims...> const& x, bool elide, int width, int depth) {
  if constexpr (sizeof...(Dims) == 0) {
    number_text const text(x());
    for (int i = text.length; i < width; ++i) out << " ";
    out << static_cast<char const*>(text.characters);
  } else {
    bool first = true;
    auto separate = [&] {
      if (!first) {
        if (sizeof...(Dims) == 1) out << " ";
        for (int i = 1; i < static_cast<int>(sizeof...(Dims)); ++i) out << "\n";
        for (int i = 0; sizeof...(Dims) > 1 && i <= depth; ++i) out << " ";
      }
      first = false;
    };
    out << "[";
    for_shown(
        x.shape()[0], elide,
        [&](int i) {
          separate();
          write_nested(out, x.row(i), elide, width, depth + 1);
        },
        [&] {
          separate();
          out << "...";
        });
    out << "]";
  }
}

}  // namespace detail

/// Streams as NumPy prints: nested brackets, columns aligned, the middle left out above 1000 elements; a scalar is its
/// number.
template <class Stream, class T, int... Dims>
requires requires(Stream& out) { out << "" << 1; }
Stream& operator<<(Stream& out, view<T, Dims...> const& x) {
  bool const elide = x.size() > detail::elision_threshold;
  int width = 0;
  detail::widest_number(view<T const, Dims...>(x), elide, width);
  detail::write_nested(out, view<T const, Dims...>(x), elide, width, 0);
  return out;
}

}  // namespace ashlar::inline ASHLAR_ABI
