// SPDX-License-Identifier: MIT
#pragma once
#include <ashlar/passes/group_merging.hpp>
#include <ashlar/passes/pooled_convolution.hpp>

namespace ashlar::inline ASHLAR_ABI::detail {

/// Makes one group of a convolution by Winograd's algorithm, its bias and ReLU and the pooling behind them.
class group_pooling : protected group_merging {
 protected:
  using group_merging::group_merging;

  constexpr void pool_convolutions(list<int> const& outputs) {
    list<int> readers;
    for (int take = 0; take < count_; ++take) {
      if (nodes_[take].code != op::window_take || !r_.live.items[take]) continue;
      pooled_convolution const p(g_, take);
      if (!p.is_possible()) continue;
      if (readers.empty()) readers = count_readers(outputs);
      if (is_only_pooled(p, take, readers)) pool(p, take);
    }
  }

 private:
  /// How many read each node; outputs are read once more.
  constexpr list<int> count_readers(list<int> const& outputs) const {
    list<int> readers(count_, 0);
    for (int i = 0; i < count_; ++i)
      if (r_.live.items[i]) g_.each_operand(i, [&](int j) { ++readers.items[j]; });
    for (list<int> const* all : {&outputs, &g_.exchanged})
      for (int o : *all)
        if (o >= 0) ++readers.items[o];
    return readers;
  }
  /// Whether nobody else reads what stands before the maxima, and its groups have nothing else to do.
  constexpr bool is_only_pooled(pooled_convolution const& p, int take, list<int> const& readers) const {
    for (int k = 0; k < p.between.size(); ++k)
      if (readers.items[p.between[k]] != (k ? 1 : 2)) return false;
    for (int i : {p.conv, p.index, take})
      if (!is_alone(i, 1)) return false;
    int const pointwise = p.between.size() - 1;
    for (int k = 0; k < pointwise; ++k)
      if (r_.of.items[p.between[k]] != r_.of.items[p.between[0]] || !is_alone(p.between[k], pointwise)) return false;
    return true;
  }
  constexpr bool is_alone(int i, int members) const {
    int const m = r_.of.items[i];
    return m >= 0 && r_.groups.items[m].members.size() == members && !r_.groups.items[m].variant;
  }
  constexpr void pool(pooled_convolution const& p, int take) {
    int const into = r_.of.items[take];
    list<int> all;
    for (int k = p.between.size() - 1; k >= 0; --k) all.push(p.between[k]);
    all.push(p.index);
    for (int i : all) {
      int const from = r_.of.items[i];
      r_.of.items[i] = into;
      if (from == into) continue;
      for (int d : r_.groups.items[from].after) r_.groups.items[into].after.push(d);
      r_.groups.items[from].members.clear();
      merged_into_[from] = into;
    }
    all.push(take);
    r_.groups.items[into].members.swap(all);
  }
};

}  // namespace ashlar::inline ASHLAR_ABI::detail
