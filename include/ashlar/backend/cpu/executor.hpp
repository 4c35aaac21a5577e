// SPDX-License-Identifier: MIT
#pragma once
#include <ashlar/backend/cpu/kernels.hpp>
#include <ashlar/backend/run_memory.hpp>
#include <ashlar/plan/program.hpp>

namespace ashlar::inline ASHLAR_ABI::detail {

/// Walks a program's step table. It holds nothing, so one program may run from several threads on memory of their own.
template <class Program>
class cpu_executor {
  static constexpr auto const& tables = Program::tables;
  static constexpr int most_places = [] {
    int n = operand_place;
    for (int b = 0; b < tables.sizes.bodies; ++b) n = tables.bodies[b].places > n ? tables.bodies[b].places : n;
    return n;
  }();
  static constexpr int most_operands = [] {
    int n = 1;
    for (int s = 0; s < tables.sizes.steps; ++s)
      n = tables.steps[s].operand_count > n ? tables.steps[s].operand_count : n;
    return n;
  }();

 public:
  static void run(run_memory const& m, instruction_set set = machine_instruction_set()) {
    char* places[operand_place] = {m.arena, reinterpret_cast<char*>(m.scalars), m.parameters, m.states, m.slots};
    run_body(tables.bodies[tables.top], places, m, 0, static_cast<int>(set));
  }

 private:
  static void run_body(body_entry const& body, char* const* places, run_memory const& m, std::uint64_t iteration,
                       int set) {
    for (int s = body.first_step; s < body.first_step + body.step_count; ++s) {
      step_entry const& step = tables.steps[s];
      if (step.variant && step.variant != m.variant) continue;
      if (step.loop >= 0) {
        if constexpr (tables.sizes.loops > 0) run_loop(tables.loops[step.loop], places, m, iteration, set);
        continue;
      }
      char* operands[most_operands];
      for (int o = 0; o < step.operand_count; ++o) {
        address const& a = tables.operands[step.operands + o];
        operands[o] = a.place < 0 ? nullptr : places[a.place] + a.offset;
      }
      kernel_table<Program>::functions.of[step.kernel].in_set[set](
          {operands, tables.numbers + step.numbers, tables.constants + step.constants, m.rows, m.seed, m.step,
           iteration, static_cast<instruction_set>(set)});
    }
  }

  static char* at(address const& a, char* const* places) { return a.place < 0 ? nullptr : places[a.place] + a.offset; }

  static void run_loop(loop_entry const& l, char* const* places, run_memory const& m, std::uint64_t iteration,
                       int set) {
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
      run_body(tables.bodies[l.body], inner, m, iteration * 1000003u + static_cast<std::uint64_t>(position) + 1, set);
    }
  }
};

}  // namespace ashlar::inline ASHLAR_ABI::detail
