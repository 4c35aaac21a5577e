// SPDX-License-Identifier: MIT
#pragma once
#include <ashlar/backend/thrust/gpu/libraries/gelu_gradients.hpp>

/// How the matrices of products are aligned in all iterations of their loops: a library that is asked about one of them
/// is to serve the others too, since a sum that it begins in the first nobody else could go on with in the second.
namespace ashlar::inline ASHLAR_ABI::detail::inline ASHLAR_DEVICE_ABI {

#if ASHLAR_HAS_CUBLASLT
/// Finds the bytes that addresses are multiples of, wherever a loop's iterations find them.
template <class Tables>
class alignment_search {
 public:
  constexpr explicit alignment_search(step_tables<Tables> const& t) : t_(t) {}

  /// Of a product: its factors, its result, and what that begins from.
  constexpr std::uint32_t of_product(int s, matched_epilogue const& e) const {
    std::int64_t found = of_offset(e.addend_apart);
    auto take = [&](int step, int k) {
      std::int64_t const one = of(body_of(step), t_.place_of(step, k));
      if (one < found) found = one;
    };
    for (int k = 0; k < 3; ++k) take(s, k);
    if (e.is_of_next_step()) take(s + 1, e.result);
    if (e.addend >= 0) take(s + 1, e.addend);
    if (e.kind != product_epilogue::addend && e.step >= 0) take(e.step, t_.t.steps[e.step].inputs);
    return static_cast<std::uint32_t>(found);
  }

 private:
  static constexpr std::int64_t most = 256;     // of memory that a GPU hands out
  static constexpr std::int64_t of_block = 64;  // of memory in an arena: passes/memory.hpp

  static constexpr std::int64_t of_offset(std::int64_t bytes) {
    std::int64_t found = most;
    while (bytes % found) found /= 2;
    return found;
  }
  constexpr int body_of(int step) const {
    int b = 0;
    while (step < t_.t.bodies[b].first_step || step >= t_.t.bodies[b].first_step + t_.t.bodies[b].step_count) ++b;
    return b;
  }
  constexpr std::int64_t of(int body, address const& at) const {
    std::int64_t found = of_offset(at.offset);
    auto limit = [&](std::int64_t other) { found = other < found ? other : found; };
    int const q = at.place - operand_place;
    if (body != t_.t.top) limit(of_block);  // each iteration has its scratch in a block
    for (int s = 0; s < t_.t.sizes.steps && q >= 0; ++s) {
      int const l = t_.t.steps[s].loop;
      if (l < 0 || t_.t.loops[l].body != body) continue;
      loop_binding const& bound = t_.t.bindings[t_.t.loops[l].bindings + q];
      limit(of(body_of(s), bound.at));
      limit(of_offset(bound.stride));
    }
    return found;
  }

  step_tables<Tables> const& t_;
};

/// Of each step of a program that is a product.
template <class Program>
struct product_alignments {
  static constexpr auto const& tables = Program::tables;
  struct table {
    std::uint32_t of[tables.sizes.steps + 1]{};
  };
  static constexpr table found = [] {
    table all;
    step_tables const t(tables);
    alignment_search const search(t);
    for (int s = 0; s < tables.sizes.steps; ++s)
      if (t.is_a(kernel_kind::matmul, s)) all.of[s] = search.of_product(s, epilogues_of<Program>::steps.of[s]);
    return all;
  }();
};
#endif

}  // namespace ashlar::inline ASHLAR_ABI::detail::inline ASHLAR_DEVICE_ABI
