// SPDX-License-Identifier: MIT
#pragma once
#include <cstddef>
#include <utility>

#include <ashlar/core/config.hpp>

namespace ashlar::inline ASHLAR_ABI::detail {

/// What is sorted: whether the item at place a comes before the one at b, and how both change places.
struct sorted_items {
  void* items;
  void const* order;
  bool (*before)(void const* order, void* items, std::size_t a, std::size_t b);
  void (*swap)(void* items, std::size_t a, std::size_t b);
};
/// Sorts so many items, equal ones in any order.
/// source: Floyd, "Algorithm 245: Treesort 3", 1964
ASHLAR_COLD ASHLAR_COMPILED_ONCE inline void sort_items(sorted_items const& all, std::size_t count) {
  auto before = [&](std::size_t a, std::size_t b) { return all.before(all.order, all.items, a, b); };
  std::size_t top = count / 2;
  while (count > 1) {
    if (top > 0)
      --top;
    else
      all.swap(all.items, 0, --count);
    for (std::size_t at = top, child; (child = 2 * at + 1) < count; at = child) {
      if (child + 1 < count && before(child, child + 1)) ++child;
      if (!before(at, child)) break;
      all.swap(all.items, at, child);
    }
  }
}

template <class Items>
ASHLAR_COLD void swap_items(void* all, std::size_t a, std::size_t b) {
  Items& of = *static_cast<Items*>(all);
  using std::swap;
  swap(of[a], of[b]);
}

/// Sorts a container of items, of which `before(a, b)` says whether a comes before b; equal ones in any order. Programs
/// that sort next to nothing compile sooner without <algorithm>.
template <class Items, class Before>
ASHLAR_COLD void sort_by(Items& items, Before const& before) {
  sort_items({&items, &before,
              [](void const* order, void* all, std::size_t a, std::size_t b) {
                Items& of = *static_cast<Items*>(all);
                return bool((*static_cast<Before const*>(order))(of[a], of[b]));
              },
              swap_items<Items>},
             items.size());
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
