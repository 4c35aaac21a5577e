// SPDX-License-Identifier: MIT
#pragma once
#include <cmath>

#include <ashlar/backend/run_memory.hpp>
#include <ashlar/plan/program.hpp>

namespace ashlar::inline ASHLAR_ABI::detail {

/// Steps that are walked as one with another behind them: none.
struct no_joined_steps {
  static constexpr int most_operands = 0;
};

/// The way through a program's step table, the same on every policy: which steps run, where their operands lie, and
/// loops iteration by iteration. `call(step, operands, iteration)` is what a policy does with a step. `Joined` has, of
/// each step, the `operands` of it and another together, `operand_count` many (0: it stands alone), and the `next` one.
template <class Program, class Joined = no_joined_steps>
class step_walk {
  static constexpr auto const& tables = Program::tables;
  static constexpr int most_places = [] {
    int n = operand_place;
    for (int b = 0; b < tables.sizes.bodies; ++b) n = tables.bodies[b].places > n ? tables.bodies[b].places : n;
    return n;
  }();
  static constexpr int most_operands = [] {
    int n = Joined::most_operands > 0 ? Joined::most_operands : 1;
    for (int s = 0; s < tables.sizes.steps; ++s)
      n = tables.steps[s].operand_count > n ? tables.steps[s].operand_count : n;
    return n;
  }();
  /// Whether there is an operand that lies nowhere: an output that nobody reads.
  static constexpr bool has_unread_results = [] {
    bool found = tables.sizes.loops > 0;
    for (int o = 0; o < tables.sizes.operands && !found; ++o) found = tables.operands[o].place < 0;
    return found;
  }();
  /// The input at an operand's address; -1: none.
  static constexpr int input_at(int operand) {
    int k = tables.sizes.inputs - 1;
    while (k >= 0 && tables.inputs[k].at.offset != tables.operands[operand].offset) --k;
    return k;
  }

  /// Large inputs that nothing else overwrites or returns: so an operand in their memory is the input.
  struct inputs_elsewhere {
    int count = 0;
    int of[tables.sizes.inputs + 1]{};
    std::int16_t place[tables.sizes.operands + 1]{};  // of every operand: places behind the others are the inputs'
  };
  static constexpr bool lies_in(int input, address const& a) {
    variable_info const& v = tables.inputs[input];
    return a.place == arena_place && a.offset >= v.at.offset &&
           a.offset < v.at.offset + v.elements() * bytes_of(v.type);
  }
  static constexpr bool may_lie_elsewhere(int input) {
    variable_info const& v = tables.inputs[input];
    constexpr std::int64_t large = 16384;
    if (v.elements() * bytes_of(v.type) < large || v.at.place != arena_place) return false;
    for (int k = 0; k < tables.sizes.outputs; ++k)
      if (lies_in(input, tables.outputs[k].at)) return false;
    for (int s = 0; s < tables.sizes.steps; ++s) {
      step_entry const& step = tables.steps[s];
      for (int o = step.operands + step.inputs; o < step.operands + step.operand_count; ++o) {
        address const& a = tables.operands[o];
        operand_value const& written = tables.values[o];
        if (lies_in(input, a)) return false;
        if (a.place == arena_place && a.offset < v.at.offset &&
            (written.elements == 0 || a.offset + written.elements * bytes_of(written.type) > v.at.offset))
          return false;
      }
      if constexpr (Joined::most_operands > 0)
        if (Joined::found.of[s].operand_count > 3 && lies_in(input, Joined::found.of[s].operands[3])) return false;
    }
    return true;
  }
  static constexpr inputs_elsewhere elsewhere = [] {
    inputs_elsewhere made;
    bool const may_be = tables.sizes.loops == 0 && Program::options.fuse && Program::options.reuse;
    for (int k = 0; may_be && k < tables.sizes.inputs; ++k)
      if (may_lie_elsewhere(k)) made.of[made.count++] = k;
    for (int o = 0; may_be && o < tables.sizes.operands; ++o) {
      made.place[o] = static_cast<std::int16_t>(tables.operands[o].place);
      for (int i = 0; i < made.count; ++i)
        if (lies_in(made.of[i], tables.operands[o])) made.place[o] = static_cast<std::int16_t>(operand_place + i);
    }
    return made;
  }();

 public:
  /// Whether steps may read an input where the caller has it.
  static constexpr bool reads_in_place(int input) {
    for (int i = 0; i < elsewhere.count; ++i)
      if (elsewhere.of[i] == input) return true;
    return false;
  }
  static constexpr int first_step = tables.bodies[tables.top].first_step;
  static constexpr int end_step = first_step + tables.bodies[tables.top].step_count;
  /// The first step that only the update needs; nothing else comes after it.
  static constexpr int update = [] {
    int s = first_step;
    while (s < end_step && !tables.steps[s].variant) ++s;
    return s;
  }();
  /// Whether the program is one step that reads inputs from their beginning, and nothing else of the arena: it may read
  /// them where the caller has them.
  static constexpr bool reads_inputs_in_place = [] {
    if (end_step - first_step != 1 || tables.sizes.loops > 0) return false;
    step_entry const& step = tables.steps[first_step];
    for (int o = 0; o < step.inputs; ++o)
      if (tables.operands[step.operands + o].place == arena_place && input_at(step.operands + o) < 0) return false;
    for (int k = 0; k < tables.sizes.outputs; ++k) {
      int o = step.inputs;
      while (o < step.inputs + step.outputs && tables.operands[step.operands + o].offset != tables.outputs[k].at.offset)
        ++o;
      if (o == step.inputs + step.outputs) return false;
    }
    return true;
  }();
  /// Calls for every step; for those of the update only where `takes_update()`, which is asked when all others are
  /// behind. Returns whether it was taken.
  template <class Call, class TakesUpdate>
  static bool run(run_memory const& m, Call const& call, TakesUpdate const& takes_update) {
    memory_places const places(m);
    if constexpr (reads_inputs_in_place)
      if (m.inputs) return run_on_inputs(m, places.of, call), true;
    run_steps(first_step, update, places.of, m.variant, m.watch, 0, call);
    if constexpr (update < end_step) {
      if (!takes_update()) return false;
      run_steps(update, end_step, places.of, m.variant, m.watch, 0, call);
    }
    return true;
  }
  /// Calls for every step of [begin, end).
  template <class Call>
  static void run_between(int begin, int end, run_memory const& m, Call const& call) {
    run_steps(begin, end, memory_places(m).of, m.variant, m.watch, 0, call);
  }
  /// Where an operand of a step outside of loops lies.
  static char* at(address const& a, run_memory const& m) { return at(a, memory_places(m).of); }
  /// Whether the loss, which is output 0 where there is one and lies at `at`, is a finite number.
  static bool has_finite_loss(char const* at) {
    variable_info const& loss = tables.outputs[0];
    if (tables.sizes.outputs == 0 || loss.extents.size() != 1) return true;
    if (loss.type == dtype::float64) return std::isfinite(*reinterpret_cast<double const*>(at));
    return loss.type != dtype::float32 || std::isfinite(*reinterpret_cast<float const*>(at));
  }

 private:
  template <class Call>
  static void run_on_inputs(run_memory const& m, char* const* places, Call const& call) {
    step_entry const& step = tables.steps[first_step];
    char* operands[most_operands];
    for (int o = 0; o < step.operand_count; ++o) {
      address const& a = tables.operands[step.operands + o];
      operands[o] = o < step.inputs && a.place == arena_place ? m.inputs[input_at(step.operands + o)] : at(a, places);
    }
    call(first_step, operands, 0);
  }
  /// Where the memory of each place of an address begins.
  struct memory_places {
    char* of[operand_place + elsewhere.count];

    explicit memory_places(run_memory const& m)
        : of{m.arena, reinterpret_cast<char*>(m.scalars), m.parameters, m.states, m.slots} {
      if constexpr (elsewhere.count > 0)
        for (int i = 0; i < elsewhere.count; ++i) {
          int const k = elsewhere.of[i];
          of[operand_place + i] = m.arena;
          if (m.inputs)  // operands have offsets of the arena
            of[operand_place + i] = reinterpret_cast<char*>(reinterpret_cast<std::uintptr_t>(m.inputs[k]) -
                                                            static_cast<std::uintptr_t>(tables.inputs[k].at.offset));
        }
    }
  };
  static char* at(address const& a, char* const* places) {
    if (has_unread_results && a.place < 0) return nullptr;
    return places[a.place] + a.offset;
  }

  static int behind(int step, bool alone) {
    if constexpr (Joined::most_operands > 0)
      if (!alone) return Joined::found.of[step].next;
    return step + 1;
  }
  template <class Call>
  static void run_steps(int begin, int end, char* const* places, int variant, bool alone, std::uint64_t iteration,
                        Call const& call) {
    for (int s = begin; s < end; s = behind(s, alone)) {
      step_entry const& step = tables.steps[s];
      if (step.variant && step.variant != variant) continue;
      if constexpr (tables.sizes.loops > 0)
        if (step.loop >= 0) {
          run_loop(tables.loops[step.loop], places, variant, alone, iteration, call);
          continue;
        }
      address const* list = tables.operands + step.operands;
      int count = step.operand_count;
      if constexpr (Joined::most_operands > 0)
        if (auto const& both = Joined::found.of[s]; both.operand_count > 0 && !alone) {
          list = both.operands;
          count = both.operand_count;
        }
      char* operands[most_operands];
      for (int o = 0; o < count; ++o) operands[o] = at(list[o], places);
      if constexpr (elsewhere.count > 0)
        for (int o = 0; o < step.inputs; ++o)
          if (int const place = elsewhere.place[step.operands + o]; place >= operand_place)
            operands[o] = places[place] + list[o].offset;
      call(s, operands, iteration);
    }
  }
  template <class Call>
  static void run_loop(loop_entry const& l, char* const* places, int variant, bool alone, std::uint64_t iteration,
                       Call const& call) {
    char* inner[most_places]{};
    char* const scratch = places[arena_place] + l.scratch;
    inner[arena_place] = scratch;
    inner[scalar_place] = places[scalar_place];
    loop_binding const* const arguments = tables.bindings + l.bindings;
    loop_binding const* const results = arguments + l.arguments;
    for (int i = 0; i < l.count; ++i) {
      int const position = l.reversed ? l.count - 1 - i : i;
      auto slot = [&](int k, int turn) { return scratch + results[k].slot + (turn & 1) * results[k].slot_bytes; };
      for (int q = 0; q < l.arguments; ++q)
        inner[operand_place + q] =
            q < l.carries && i > 0 ? slot(q, i) : at(arguments[q].at, places) + position * arguments[q].stride;
      for (int k = 0; k < l.results; ++k) {
        bool const to_slot = k < l.carries && (i + 1 < l.count || results[k].at.place < 0);
        inner[operand_place + l.arguments + k] =
            to_slot ? slot(k, i + 1) : at(results[k].at, places) + position * (k < l.carries ? 0 : results[k].stride);
      }
      body_entry const& body = tables.bodies[l.body];
      run_steps(body.first_step, body.first_step + body.step_count, inner, variant, alone,
                iteration * iteration_key + static_cast<std::uint64_t>(position) + 1, call);
    }
  }
};

}  // namespace ashlar::inline ASHLAR_ABI::detail
