// SPDX-License-Identifier: MIT
#pragma once
#include <ashlar/graph/graph.hpp>

namespace ashlar::inline ASHLAR_ABI::detail {

/// Of the forward values that a loop's backward body reads, those that it makes again instead: sums, products and the
/// like of what is saved anyway, or of what lies in memory anyway and is no larger. Saving one costs a pass over memory
/// to write it and another to read it.
class made_again {
 public:
  /// body: the forward loop's, first `forward` nodes of its own, then those of its reverse sweep. marked: nodes that
  /// the backward body needs; `is_saved(i)`: whether it reads them, where it does not make them again, from a stack.
  template <class IsSaved>
  constexpr made_again(loop const& of, graph const& body, int forward, list<char> const& marked, IsSaved is_saved)
      : g_(body), marked_(marked), stored_(body.size(), 0), handed_over_(body.size(), 0), again_(body.size(), 0) {
    find_stored(forward);
    for (int k : of.results) stored_[k] = 1;
    for (int q = of.carries; q < of.arguments.size(); ++q) handed_over_[of.arguments[q]] = 1;
    for (int i = 0; i < forward; ++i)
      if (marked_[i] && is_saved(i) && !stored_[i] && is_cheap(g_[i].code)) try_to_make(i, is_saved);
  }
  constexpr list<char> take() { return static_cast<list<char>&&>(again_); }

 private:
  static constexpr int most_operations = 4;  // that a value may cost beyond what it is made of

  constexpr std::int64_t bytes(int i) const { return g_[i].extents.size() * bytes_of(g_[i].type); }

  /// Values that lie in memory whatever happens: what anything but a fused kernel reads.
  constexpr void find_stored(int forward) {
    for (int i = 0; i < g_.size(); ++i)
      if ((i < forward || marked_[i]) && !is_pointwise(g_[i].code) && !is_reduction(g_[i].code))
        g_.each_operand(i, [&](int j) { stored_[j] = 1; });
  }

  struct ingredients {
    list<int> operations, saved;  // nodes to be made again on the way, and those to be saved that are not yet
    std::int64_t bytes = 0;
    bool possible = true;
  };
  template <class IsSaved>
  constexpr void collect(int i, ingredients& of, IsSaved is_saved) const {
    g_.each_operand(i, [&](int j) {
      if (!of.possible) return;
      op const code = g_[j].code;
      if (is_view(code) && !is_saved(j)) {
        // what it shows is read from memory
        int shown = g_[j].in[0];
        while (is_view(g_[shown].code)) shown = g_[shown].in[0];
        if (is_free(g_[shown].code) || again_[shown])
          of.possible = false;
        else
          save(shown, of, is_saved);
      } else if (code == op::broadcast) {
        collect(j, of, is_saved);
      } else if (is_saved(j) && !again_[j] && !marked_[j] && !stored_[j] && is_cheap(code)) {
        if (of.operations.find(j) >= 0) return;
        if (of.operations.size() == most_operations) {
          of.possible = false;
          return;
        }
        of.operations.push(j);
        collect(j, of, is_saved);
      } else {
        save(j, of, is_saved);
      }
    });
  }
  template <class IsSaved>
  constexpr void save(int j, ingredients& of, IsSaved is_saved) const {
    if (!is_saved(j) || again_[j] || marked_[j] || handed_over_[j] || of.saved.find(j) >= 0) return;
    of.saved.push(j);
    of.bytes += bytes(j);
    // what is handed on from iteration to iteration has no stack, and no kernel that could write one
    if (g_[j].code == op::argument || (is_pointwise(g_[j].code) && !stored_[j])) of.possible = false;
  }
  template <class IsSaved>
  constexpr void try_to_make(int i, IsSaved is_saved) {
    ingredients of;
    collect(i, of, is_saved);
    if (!of.possible || of.bytes > bytes(i)) return;
    again_[i] = 1;
    for (int j : of.operations) again_[j] = marked_[j] = 1;
    for (int j : of.saved) marked_[j] = 1;
  }

  graph const& g_;
  list<char> marked_, stored_;
  list<char> handed_over_;  // arguments that the backward loop gets as the forward one does
  list<char> again_;
};

}  // namespace ashlar::inline ASHLAR_ABI::detail
