// SPDX-License-Identifier: MIT
#pragma once
#include <ashlar/ashlar.hpp>

/// Ways to run a program that are to give the same bits.
namespace proof {

/// Under a watch every step runs on its own.
struct nothing_to_see : ashlar::detail::step_watch {
  bool before(int, char* const*, std::uint64_t) override { return true; }
  void after(int, char* const*, std::uint64_t) override {}
};
/// How a program runs: step by step or with steps joined, on an instruction set, in parts, on a pool.
struct way {
  bool joined = false;
  ashlar::detail::instruction_set set = ashlar::detail::machine_instruction_set();
  int parts = 1;
  ashlar::thread_pool* pool = nullptr;
};
/// Runs a program in such a way.
template <class Program>
struct executor {
  static bool run(ashlar::detail::run_memory m, way const& how) {
    nothing_to_see watch;
    if (!how.joined) m.watch = &watch;
    if (!how.pool) return ashlar::detail::cpu_executor<Program>::run(m, how.set, how.parts);
    return ashlar::detail::cpu_executor<Program>::run(m, ashlar::detail::cpu_threads(ashlar::cpu.with(*how.pool)));
  }
};
/// What a step is told of an optimizer.
template <class Optimizer>
struct source {
  Optimizer const& optimizer;
  int rows;
  void write_scalars(std::int64_t step, double* to) const {
    to[0] = rows;
    optimizer.write_scalars(step, to + 1);
  }
  int variant(std::int64_t step) const { return optimizer.variant() + ashlar::detail::phase_at<Optimizer>(step) + 1; }
};

}  // namespace proof
