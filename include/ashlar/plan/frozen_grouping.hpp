// SPDX-License-Identifier: MIT
#pragma once
#include <ashlar/core/frozen_pool.hpp>
#include <ashlar/passes/groups.hpp>

namespace ashlar::inline ASHLAR_ABI::detail {

/// The groups of a graph of so many nodes, in arrays that can be a constant.
template <int Nodes>
class frozen_grouping {
 public:
  constexpr void freeze(grouping const& from) {
    order_.append(from.order.items, from.order.size());
    for (group const& m : from.groups) {
      groups_.push({m.kind, m.space, m.axes, m.rows, m.variant, m.wide, members_.count, m.members.size()});
      members_.append(m.members.items, m.members.size());
    }
    of_.append(from.of.items, from.of.size());
    live_.append(from.live.items, from.live.size());
  }
  /// The groups, with lists that show these arrays, which must stay where they are.
  constexpr void thaw(grouping& to) const {
    to.order.borrow(order_.items, order_.count);
    to.of.borrow(of_.items, of_.count);
    to.live.borrow(live_.items, live_.count);
    to.groups.reserve(groups_.count);
    for (int k = 0; k < groups_.count; ++k) {
      frozen_group const& f = groups_.items[k];
      to.groups.push({});
      group& m = to.groups.back();
      m.kind = f.kind;
      m.space = f.space;
      m.axes = f.axes;
      m.rows = f.rows;
      m.variant = f.variant;
      m.wide = f.wide;
      m.members.borrow(members_.items + f.first, f.count);
    }
  }

 private:
  struct frozen_group {
    group::kind_type kind = group::single;
    shape space{};
    int axes = 0, rows = 0, variant = 0;
    bool wide = false;
    int first = 0, count = 0;  // its members
  };
  frozen_pool<frozen_group, Nodes> groups_;
  frozen_pool<int, 2 * Nodes> members_;  // some of several groups
  frozen_pool<int, Nodes> of_, order_;
  frozen_pool<char, Nodes> live_;
};

}  // namespace ashlar::inline ASHLAR_ABI::detail
