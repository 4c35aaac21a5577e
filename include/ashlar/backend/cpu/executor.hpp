// SPDX-License-Identifier: MIT
#pragma once
#include <ashlar/backend/cpu/kernels.hpp>
#include <ashlar/backend/cpu/product/product_tails.hpp>
#include <ashlar/backend/cpu/product/row_chain.hpp>
#include <ashlar/backend/cpu/simd/subnormals.hpp>
#include <ashlar/backend/cpu/thread_pool.hpp>
#include <ashlar/backend/cpu/update_chain.hpp>
#include <ashlar/backend/index_faults.hpp>
#include <ashlar/backend/step_walk.hpp>

namespace ashlar::inline ASHLAR_ABI::detail {

/// Who walks a program's step table: one thread, or all workers of a pool side by side. A step with enough work is
/// divided; of the others worker 0 runs as many as follow each other, without waiting.
struct step_walker {
  thread_pool* pool = nullptr;
  int first = 0, last = 1, parts = 1;  // of a divided step it computes shares [first, last) of so many
  std::int64_t break_even = 0;
  std::int64_t* shares = nullptr;
  index_faults* faults = nullptr;                         // what worker 0 finds
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

/// Runs a program's steps. It holds nothing, so one program may run from several threads on memory of their own.
template <class Program>
class cpu_executor {
  using tails = product_tails<Program>;
  using walk = step_walk<Program, std::conditional_t<(tails::most_operands > 0), tails, no_joined_steps>>;
  static constexpr auto const& tables = Program::tables;
  static constexpr bool has_update = walk::update < walk::end_step;
  /// Whether a step is part of the update: what only an update needs may be gradients, too.
  static bool writes_variables(step_entry const& s) {
    for (int o = s.inputs; o < s.inputs + s.outputs; ++o) {
      int const place = tables.operands[s.operands + o].place;
      if (place == parameter_place || place == slot_place) return true;
    }
    return false;
  }
  static constexpr std::int64_t most_work = [] {
    std::int64_t n = -1;
    for (int s = 0; s < tables.sizes.steps; ++s) n = tables.steps[s].work > n ? tables.steps[s].work : n;
    return n;
  }();

 public:
  using chain = update_chain<Program>;

  static constexpr bool reads_inputs_in_place = walk::reads_inputs_in_place;
  /// Whether run_memory::inputs may say where this one lies, also of a program of several steps.
  static constexpr bool reads_in_place(int input) { return walk::reads_in_place(input); }

  /// On the calling thread; `parts`: with every step divided, its shares one after the other. Returns whether it ran to
  /// the end: a training step whose loss is not finite stops before its update.
  /// errors: fails behind the last step, of a training step without its update, where indices are out of range
  static bool run(run_memory const& m, instruction_set set = machine_instruction_set(), int parts = 1) {
    if constexpr (row_chain<Program>::is_used)
      if (parts == 1 && !m.watch) return row_chain<Program>::run(m, set), true;
    index_faults faults;
    bool const ended = parts == 1 && !m.watch ? run_undivided(m, set, faults) : run_divided(m, set, parts, faults);
    check_indices<Program>(faults, m.step);
    return ended;
  }
  /// On the workers of a pool, if there is one and it has nothing else to do.
  static bool run(run_memory const& m, cpu_threads const& threads) {
    thread_pool* const pool = threads.pool();
    struct {
      run_memory const& m;
      thread_pool* pool;
      std::int64_t break_even;
      bool ended = false;
      index_faults faults{};
    } call{m, pool, pool ? pool->break_even() : 0};
    auto work = [](void* context, int worker) noexcept {
      auto& c = *static_cast<decltype(call)*>(context);
      step_walker w{c.pool, worker, worker + 1, c.pool->size(), c.break_even, &c.pool->count_of(worker), &c.faults};
      bool const ended = run_as(c.m, machine_instruction_set(), w);
      if (worker == 0) c.ended = ended;
    };
    if (!pool || m.watch || most_work < pool->start_break_even() || !pool->try_run(work, &call)) return run(m);
    check_indices<Program>(call.faults, m.step);
    return call.ended;
  }

 private:
  /// Nothing but kernel after kernel: for small programs what stands between them is what takes time.
  [[gnu::noinline]] static bool run_undivided(run_memory const& m, instruction_set set,
                                              [[maybe_unused]] index_faults& faults) {
    kernel_arguments args;
    set_arguments(args, m, set);
    auto call = [&](int s, char* const* operands, std::uint64_t iteration) {
      step_entry const& step = tables.steps[s];
      args.operands = operands;
      args.numbers = tables.numbers + step.numbers;
      args.constants = tables.constants + step.constants;
      args.iteration = iteration;
      args.epilogue = epilogue_of(s);
      kernel_function const run = function_of(step, set);
      subnormals_as_zero const mode(has_update && writes_variables(step));
      for (args.phase = 0; args.phase < step.phases; ++args.phase) run(args);
      if constexpr (has_indices<Program>) look_at_indices<Program>(s, operands, m.rows, faults);
    };
    auto is_finite = [&] { return faults.count == 0 && has_finite_loss(m); };
    if constexpr (chain::is_used) {
      kernel_arguments const plain = args;
      typename chain::update update(m, function_of(chain::update_of(m.variant), set), chain::update_of(m.variant));
      return run_chained(
          m,
          [&](int s, char* const* operands, std::uint64_t iteration) {
            typename chain::link const* const l = chain::of(s);
            if (!l) return call(s, operands, iteration);
            typename chain::taker const taker(update, plain, *l);
            block_reader const reader = taker.reader();
            args.reader = &reader;
            call(s, operands, iteration);
            args.reader = nullptr;
          },
          is_finite, [&] { update.run_on_rest(plain); });
    } else {
      return walk::run(m, call, is_finite);
    }
  }
  /// What a step's kernel does with its product before that is in memory.
  static product_epilogue epilogue_of([[maybe_unused]] int step) {
    if constexpr (tails::most_operands > 0)
      return tails::found.of[step].kind;
    else
      return product_epilogue::none;
  }
  /// One by one: compilers clear the whole of an aggregate by an instruction that takes as long as a small kernel.
  ASHLAR_INLINE static void set_arguments(kernel_arguments& args, run_memory const& m, instruction_set set) {
    args.operands = nullptr;
    args.numbers = nullptr;
    args.constants = nullptr;
    args.rows = m.rows;
    args.seed = m.seed;
    args.step = m.step;
    args.iteration = 0;
    args.set = set;
  }
  /// Steps whose gradients the update takes block by block may change parameters: what tells whether it is taken stands
  /// before them.
  template <class Call, class IsFinite, class Rest>
  static bool run_chained(run_memory const& m, Call const& call, IsFinite const& is_finite, Rest const& rest) {
    walk::run_between(walk::first_step, chain::first_step, m, call);
    if (!is_finite()) return false;
    walk::run_between(chain::first_step, chain::end_step, m, call);
    rest();
    return true;
  }
  static bool has_finite_loss(run_memory const& m) {
    return walk::has_finite_loss(m.arena + tables.outputs[0].at.offset);
  }
  static bool run_divided(run_memory const& m, instruction_set set, int parts, index_faults& faults) {
    step_walker alone;
    alone.last = alone.parts = parts;
    alone.faults = &faults;
    return run_as(m, set, alone);
  }
  static kernel_function function_of(step_entry const& step, instruction_set set) {
    return kernel_table<Program>::functions.of[step.kernel].in_set[static_cast<int>(set)];
  }
  [[gnu::noinline]] static bool run_as(run_memory const& m, instruction_set set, step_walker& w) {
    auto is_finite = [&] {
      w.meet();
      return w.faults->count == 0 && has_finite_loss(m);
    };
    auto call = [&](int s, char* const* operands, std::uint64_t iteration) {
      run_step(s, operands, iteration, m, set, w, m.watch ? product_epilogue::none : epilogue_of(s));
    };
    if constexpr (chain::is_used) {
      if (m.watch) return walk::run(m, call, is_finite);  // step by step
      typename chain::update update(m, function_of(chain::update_of(m.variant), set), chain::update_of(m.variant));
      kernel_arguments const plain{nullptr, nullptr, nullptr, m.rows, m.seed, m.step, 0, set};
      return run_chained(
          m,
          [&](int s, char* const* operands, std::uint64_t iteration) {
            typename chain::link const* const l = chain::of(s);
            if (!l) return call(s, operands, iteration);
            typename chain::taker const taker(update, plain, *l);
            block_reader const reader = taker.reader();
            run_step(s, operands, iteration, m, set, w, product_epilogue::none, &reader);
          },
          is_finite,
          [&] {
            run_parts(plain, chain::update_of(m.variant), w,
                      [&](kernel_arguments const& args) { update.run_on_rest(args); });
          });
    } else {
      return walk::run(m, call, is_finite);
    }
  }
  static void run_step(int s, char* const* operands, std::uint64_t iteration, run_memory const& m, instruction_set set,
                       step_walker& w, product_epilogue epilogue, block_reader const* reader = nullptr) {
    step_entry const& step = tables.steps[s];
    if (m.watch && !m.watch->before(s, operands, iteration)) return;
    kernel_arguments args{
        operands, tables.numbers + step.numbers, tables.constants + step.constants, m.rows, m.seed, m.step, iteration,
        set};
    args.reader = reader;
    args.epilogue = epilogue;
    run_parts(args, step, w, function_of(step, set));
    if constexpr (has_indices<Program>)
      if (w.first == 0) look_at_indices<Program>(s, operands, m.rows, *w.faults);
    if (m.watch) m.watch->after(s, operands, iteration);
  }
  /// What a walker does of a step.
  template <class Run>
  static void run_parts(kernel_arguments args, step_entry const& step, step_walker& w, Run const& run) {
    bool const divided = w.divides(step.work);
    if (divided) {
      args.parts = w.parts;
      args.shares = w.shares;
    }
    subnormals_as_zero const mode(has_update && writes_variables(step));
    for (args.phase = 0; args.phase < step.phases; ++args.phase) {
      w.begin_step(divided);
      int const end = divided ? w.last : w.first == 0 ? 1 : 0;
      for (args.part = divided ? w.first : 0; args.part < end; ++args.part) run(args);
    }
  }
};

}  // namespace ashlar::inline ASHLAR_ABI::detail
