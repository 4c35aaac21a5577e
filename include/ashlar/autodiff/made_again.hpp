// SPDX-License-Identifier: MIT
#pragma once
#include <ashlar/graph/graph.hpp>

namespace ashlar::inline ASHLAR_ABI::detail {

/// Of the forward values that a loop's backward body reads, those that it makes again instead: sums, products and the
/// like of what is saved anyway, or of what lies in memory anyway and is no larger; slices and permutations that only
/// products read, of one value that is no larger than they are together. Saving one costs a pass over memory to write
/// it and another to read it.
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
    find_moved(of, forward, is_saved);
    for (int i = 0; i < forward; ++i)
      if (moved_bytes_[i] && !again_[i] && (marked_[i] || moved_bytes_[i] >= bytes(i))) make_moved_again(i, is_saved);
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

  /// The value of which i is some part in some order.
  constexpr int source_of(int i) const {
    while (is_move(g_[i].code) || is_view(g_[i].code)) i = g_[i].in[0];
    return i;
  }
  /// For each value, how large those of its parts are that the backward body reads and that only products read.
  template <class IsSaved>
  constexpr void find_moved(loop const& of, int forward, IsSaved is_saved) {
    moved_bytes_.resize(forward, 0);
    part_.resize(forward, 0);
    for (int i = 0; i < forward; ++i) part_[i] = marked_[i] && is_saved(i) && is_move(g_[i].code);
    list<char> live(g_.size(), 0);
    for (int k : of.results) {
      part_[storage_of(g_, k)] = 0;
      live[k] = 1;
    }
    for (int i = g_.size() - 1; i >= 0; --i)
      if (live[i] || marked_[i]) g_.each_operand(i, [&](int j) { live[j] = 1; });
    for (int i = 0; i < g_.size(); ++i)
      if ((live[i] || marked_[i]) && !is_move(g_[i].code) && !is_view(g_[i].code) && g_[i].code != op::matmul)
        g_.each_operand(i, [&](int j) {
          if (int const s = storage_of(g_, j); s < forward) part_[s] = 0;
        });
    for (int i = 0; i < forward; ++i) {
      if (!part_[i]) continue;
      int const from = source_of(i);
      // a product is computed where its permutation puts it
      bool const is_product = g_[from].code == op::matmul && bytes(i) == bytes(from);
      if (is_saved(from) && g_[from].code != op::argument && !is_product) moved_bytes_[from] += bytes(i);
    }
  }
  template <class IsSaved>
  constexpr void make_moved_again(int from, IsSaved is_saved) {
    marked_[from] = 1;
    for (int i = 0; i < part_.size(); ++i)
      if (part_[i] && source_of(i) == from && (bytes(i) < bytes(from) || g_[from].code != op::matmul))
        for (int j = i; j != from; j = g_[j].in[0])
          if (is_saved(j)) again_[j] = marked_[j] = 1;
  }

  graph const& g_;
  list<std::int64_t> moved_bytes_;
  list<char> part_;  // slices and permutations that products may read where their source lies
  list<char> marked_, stored_;
  list<char> handed_over_;  // arguments that the backward loop gets as the forward one does
  list<char> again_;
};

}  // namespace ashlar::inline ASHLAR_ABI::detail
