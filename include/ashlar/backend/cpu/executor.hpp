// SPDX-License-Identifier: MIT
#pragma once
#include <cmath>

#include <ashlar/backend/cpu/kernels.hpp>
#include <ashlar/backend/cpu/thread_pool.hpp>
#include <ashlar/backend/run_memory.hpp>
#include <ashlar/plan/program.hpp>

namespace ashlar::inline ASHLAR_ABI::detail {

/// Who walks a program's step table: one thread, or all workers of a pool side by side. A step with enough work is
/// divided; of the others worker 0 runs as many as follow each other, without waiting.
struct step_walker {
  thread_pool* pool = nullptr;
  int first = 0, last = 1, parts = 1;  // of a divided step it computes shares [first, last) of so many
  std::int64_t break_even = 0;
  std::int64_t* shares = nullptr;
  enum { nothing, undivided, divided } before = nothing;  // since the workers met

  bool divides(std::int64_t work) const { return parts > 1 && work >= break_even; }
  /// What earlier steps wrote is there, and nobody reads any more what this one overwrites.
  void begin_step(bool is_divided) {
    if (pool && before != nothing && (is_divided || before == divided)) pool->meet();
    before = is_divided ? divided : undivided;
  }
  /// What the others wrote is there.
  void meet() {
    if (pool && before != nothing) pool->meet();
    before = nothing;
  }
};

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
  static constexpr std::int64_t most_work = [] {
    std::int64_t n = -1;
    for (int s = 0; s < tables.sizes.steps; ++s) n = tables.steps[s].work > n ? tables.steps[s].work : n;
    return n;
  }();

 public:
  /// On the calling thread; `parts`: with every step divided, its shares one after the other. Returns whether it ran to
  /// the end: a training step whose loss is not finite stops before its update.
  static bool run(run_memory const& m, instruction_set set = machine_instruction_set(), int parts = 1) {
    step_walker alone;
    alone.last = alone.parts = parts;
    return walk(m, set, alone);
  }
  /// On the workers of a pool, if there is one and it has nothing else to do.
  static bool run(run_memory const& m, cpu_threads const& threads) {
    thread_pool* const pool = threads.pool();
    struct {
      run_memory const& m;
      thread_pool* pool;
      std::int64_t break_even;
      bool ended = false;
    } call{m, pool, pool ? pool->break_even() : 0};
    auto work = [](void* context, int worker) noexcept {
      auto& c = *static_cast<decltype(call)*>(context);
      step_walker w{c.pool, worker, worker + 1, c.pool->size(), c.break_even, &c.pool->count_of(worker)};
      bool const ended = walk(c.m, machine_instruction_set(), w);
      if (worker == 0) c.ended = ended;
    };
    if (!pool || m.watch || most_work < call.break_even || !pool->try_run(work, &call)) return run(m);
    return call.ended;
  }

 private:
  static constexpr int first_step = tables.bodies[tables.top].first_step;
  static constexpr int end_step = first_step + tables.bodies[tables.top].step_count;
  /// The first step that only the update needs; nothing else comes after it.
  static constexpr int update = [] {
    int s = first_step;
    while (s < end_step && !tables.steps[s].variant) ++s;
    return s;
  }();
  static bool has_finite_loss(run_memory const& m) {
    variable_info const& loss = tables.outputs[0];
    if (tables.sizes.outputs == 0 || loss.extents.size() != 1) return true;
    char const* const at = m.arena + loss.at.offset;
    if (loss.type == dtype::float64) return std::isfinite(*reinterpret_cast<double const*>(at));
    return loss.type != dtype::float32 || std::isfinite(*reinterpret_cast<float const*>(at));
  }

  [[gnu::noinline]] static bool walk(run_memory const& m, instruction_set set, step_walker& w) {
    char* places[operand_place] = {m.arena, reinterpret_cast<char*>(m.scalars), m.parameters, m.states, m.slots};
    run_steps(first_step, update, places, m, 0, static_cast<int>(set), w);
    if constexpr (update < end_step) {
      w.meet();
      if (!has_finite_loss(m)) return false;
      run_steps(update, end_step, places, m, 0, static_cast<int>(set), w);
    }
    return true;
  }
  static void run_steps(int begin, int end_of_steps, char* const* places, run_memory const& m, std::uint64_t iteration,
                        int set, step_walker& w) {
    for (int s = begin; s < end_of_steps; ++s) {
      step_entry const& step = tables.steps[s];
      if (step.variant && step.variant != m.variant) continue;
      if (step.loop >= 0) {
        if constexpr (tables.sizes.loops > 0) run_loop(tables.loops[step.loop], places, m, iteration, set, w);
        continue;
      }
      bool const divided = w.divides(step.work);
      char* operands[most_operands];
      for (int o = 0; o < step.operand_count; ++o) {
        address const& a = tables.operands[step.operands + o];
        operands[o] = a.place < 0 ? nullptr : places[a.place] + a.offset;
      }
      if (m.watch && !m.watch->before(s, operands, iteration)) continue;
      kernel_arguments args{
          operands,  tables.numbers + step.numbers,    tables.constants + step.constants, m.rows, m.seed, m.step,
          iteration, static_cast<instruction_set>(set)};
      kernel_function const run = kernel_table<Program>::functions.of[step.kernel].in_set[set];
      if (divided) {
        args.parts = w.parts;
        args.shares = w.shares;
      }
      for (args.phase = 0; args.phase < step.phases; ++args.phase) {
        w.begin_step(divided);
        int const end = divided ? w.last : w.first == 0 ? 1 : 0;
        for (args.part = divided ? w.first : 0; args.part < end; ++args.part) run(args);
      }
      if (m.watch) m.watch->after(s, operands, iteration);
    }
  }

  static char* at(address const& a, char* const* places) { return a.place < 0 ? nullptr : places[a.place] + a.offset; }

  static void run_loop(loop_entry const& l, char* const* places, run_memory const& m, std::uint64_t iteration, int set,
                       step_walker& w) {
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
      run_steps(body.first_step, body.first_step + body.step_count, inner, m,
                iteration * iteration_key + static_cast<std::uint64_t>(position) + 1, set, w);
    }
  }
};

}  // namespace ashlar::inline ASHLAR_ABI::detail
