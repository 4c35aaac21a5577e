// SPDX-License-Identifier: MIT
#pragma once
#include <utility>

#include <ashlar/backend/cpu/fused/fused_kept.hpp>

/// What each part of a fused kernel works on, as lists: expanding them makes a function for what is done, and none for
/// what is left out. Equal for all instruction sets.
namespace ashlar::inline ASHLAR_ABI::detail {

/// Numbers in ascending order.
template <int Most>
struct number_list {
  int count = 0;
  int of[Most + 1]{};

  constexpr void push(int n) { of[count++] = n; }
};
/// What lists of these lengths are expanded over: the places in them.
template <class... Places>
struct list_places {};
template <int... Counts>
using places_in = list_places<std::make_integer_sequence<int, Counts>...>;

/// A pass over elements: pass p < passes feeds the reductions of stage p, pass `passes` the outputs; a column kernel
/// has one that does both.
template <class Program>
struct pass_lists {
  number_list<Program::inputs> inputs, moving;  // moving: not the same along the innermost axis
  number_list<Program::count> instructions, reductions, blocks;
  number_list<Program::outputs> outputs;  // where it writes, or has something kept
  bool keeps = false, reads_kept = false;

  constexpr explicit pass_lists(int pass) {
    constexpr kept_value kept = kept_in<Program>;
    auto const need = Program::needed(pass, pass > kept.pass ? kept.instruction : -1);
    if (kept.instruction >= 0) {
      keeps = pass == kept.pass;
      reads_kept = pass > kept.pass && Program::needed(pass).instruction[kept.instruction];
    }
    for (int k = 0; k < Program::inputs; ++k) {
      if (!need.input[k]) continue;
      inputs.push(k);
      if (Program::input_access(k) != access::splat) moving.push(k);
    }
    for (int i = 0; i < Program::count; ++i) {
      bool const reduces = is_reduction(Program::code(i));
      if (need.instruction[i] && !reduces && !Program::row_level(i)) instructions.push(i);
      if (!reduces || !(Program::column || (Program::row_level(i) && Program::stage(i) == pass))) continue;
      reductions.push(i);
      if (adds_blocks(i)) blocks.push(i);
    }
    if (!Program::column && pass < Program::passes) {
      if (keeps || reads_kept) outputs.push(kept.output);
      return;
    }
    for (int o = 0; o < Program::outputs; ++o)
      if (Program::column || !Program::output_in_row(o)) outputs.push(o);
  }

 private:
  /// Sums of floats along the innermost axis, which blocks keep accurate.
  static constexpr bool adds_blocks(int i) {
    return Program::code(i) == op::sum && Program::is_long(i) && !is_whole(Program::lane(i)) &&
           !(Program::column && Program::output_access(0) != access::splat);
  }
};
template <class Program, int Pass>
struct fused_pass {
  static constexpr pass_lists<Program> in{Pass};
  using places = places_in<in.inputs.count, in.moving.count, in.instructions.count, in.reductions.count,
                           in.blocks.count, in.outputs.count>;
};

/// What is computed once for a row, before the pass of that stage over its elements.
template <class Program>
struct row_lists {
  number_list<Program::inputs> inputs, moving;
  number_list<Program::count> instructions;

  constexpr explicit row_lists(int stage) {
    auto const need = Program::needed_in_row(stage);
    for (int k = 0; k < Program::inputs; ++k) {
      if (!need.input[k]) continue;
      inputs.push(k);
      if (Program::input_access(k) != access::splat) moving.push(k);
    }
    for (int i = 0; i < Program::count; ++i)
      if (need.instruction[i]) instructions.push(i);
  }
};
template <class Program, int Stage>
struct fused_row_stage {
  static constexpr row_lists<Program> in{Stage};
  using places = places_in<in.inputs.count, in.moving.count, in.instructions.count>;
};

/// The outputs of a row kernel that are one number a row.
template <class Program>
struct fused_row_outputs {
  static constexpr auto in = [] {
    number_list<Program::outputs> l;
    for (int o = 0; o < Program::outputs; ++o)
      if (Program::output_in_row(o)) l.push(o);
    return l;
  }();
};

}  // namespace ashlar::inline ASHLAR_ABI::detail
