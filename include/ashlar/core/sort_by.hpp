// SPDX-License-Identifier: MIT
#pragma once
#include <cstddef>
#include <utility>

#include <ashlar/core/config.hpp>

namespace ashlar::inline ASHLAR_ABI::detail {

/// Sorts a container of items, of which `before(a, b)` says whether a comes before b; equal ones in any order. Programs
/// that sort next to nothing compile sooner without <algorithm>.
/// source: Floyd, "Algorithm 245: Treesort 3", 1964
template <class Items, class Before>
ASHLAR_COLD void sort_by(Items& items, Before const& before) {
  auto sift = [&](std::size_t at, std::size_t count) {
    for (std::size_t child; (child = 2 * at + 1) < count; at = child) {
      if (child + 1 < count && before(items[child], items[child + 1])) ++child;
      if (!before(items[at], items[child])) return;
      std::swap(items[at], items[child]);
    }
  };
  std::size_t const count = items.size();
  for (std::size_t i = count / 2; i-- > 0;) sift(i, count);
  for (std::size_t last = count; last-- > 1;) {
    std::swap(items[0], items[last]);
    sift(0, last);
  }
}
/// Sorts items in ascending order, and returns the first that is twice among them; null: there is none.
template <class Items>
ASHLAR_COLD auto const* sort_and_find_twin(Items& items) {
  sort_by(items, [](auto const& a, auto const& b) { return a < b; });
  for (std::size_t i = 1; i < items.size(); ++i)
    if (items[i - 1] == items[i]) return &items[i];
  return static_cast<decltype(&items[0])>(nullptr);
}

}  // namespace ashlar::inline ASHLAR_ABI::detail
