// SPDX-License-Identifier: MIT
#pragma once
#include <ashlar/backend/checked_executor.hpp>
#include <ashlar/backend/host_runner.hpp>
#include <ashlar/backend/index_faults.hpp>
#include <ashlar/backend/step_walk.hpp>
#include <ashlar/backend/thrust/kernels.hpp>
#include <ashlar/plan/summary.hpp>

namespace ashlar::inline ASHLAR_ABI::detail::inline ASHLAR_DEVICE_ABI {

/// Nothing: Thrust's systems on the CPU have threads of their own.
struct device_resources {
  device_resources() = default;
  template <class Policy>
  explicit device_resources(Policy const&) {}
};

/// Launches a program's steps where the device's memory is the host's.
template <class Program, bool Own, bool Rounds>
class device_executor {
  using walk = step_walk<Program>;
  static constexpr auto const& tables = Program::tables;

 public:
  /// Returns whether it ran to the end: a training step whose loss is not finite stops before its update.
  /// errors: fails behind the last step, of a training step without its update, where indices are out of range
  static bool run(run_memory const& m, device_resources const& = {}) {
    step_values const now{m.rows, m.seed, m.step};
    index_faults faults;
    bool const ended = walk::run(
        m,
        [&](int s, char* const* operands, std::uint64_t iteration) {
          run_step(s, operands, iteration, m, now);
          if constexpr (has_indices<Program>) look_at_indices<Program>(s, operands, m.rows, faults);
        },
        [&] { return faults.count == 0 && walk::has_finite_loss(m.arena + tables.outputs[0].at.offset); });
    check_indices<Program>(faults, m.step);
    return ended;
  }

 private:
  static void run_step(int s, char* const* operands, std::uint64_t iteration, run_memory const& m,
                       step_values const& now) {
    if (m.watch && !m.watch->before(s, operands, iteration)) return;
    step_entry const& step = tables.steps[s];
    std::int64_t const* const numbers = tables.numbers + step.numbers;
    launch_table<Program, Own, Rounds>::functions.of[step.kernel](
        {.operands = operands,
         .operand_count = step.operand_count,
         .numbers = numbers,
         .device_numbers = numbers,
         .device_constants = tables.constants + step.constants,
         .now = &now,
         .iteration = iteration,
         .phases = step.phases,
         .work = step.work});
    if (m.watch) m.watch->after(s, operands, iteration);
  }
};

/// What a policy on such memory runs programs with.
template <bool Checked, bool Own, bool, bool Bf16>
struct system_parts {
  template <class Program>
  using executor = executor_for<Checked, Program, device_executor<Program, Own, Bf16>>;
  template <class Program>
  using runner = host_runner<Program, executor<Program>>;
  template <class Program, int Slots, int Scalars>
  using stepper = host_stepper<Program, executor<Program>, Slots, Scalars>;
  template <class Program>
  static std::int64_t memory_beside() {
    return 0;
  }
  template <class Program>
  static constexpr std::int64_t launches() {
    return launches_of<Program>();
  }
  using memory = buffer;
  using resources = device_resources;
};

}  // namespace ashlar::inline ASHLAR_ABI::detail::inline ASHLAR_DEVICE_ABI
