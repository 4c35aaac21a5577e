// SPDX-License-Identifier: MIT
#pragma once
#include <cstring>

#include <ashlar/backend/buffer.hpp>
#include <ashlar/backend/finding_text.hpp>
#include <ashlar/backend/run_memory.hpp>
#include <ashlar/plan/program.hpp>

namespace ashlar::inline ASHLAR_ABI::detail {

/// A program with the memory of its arena, where that is memory of the host: what a policy's `runner` is.
template <class Program, class Executor>
class host_runner {
  static constexpr auto const& tables = Program::tables;

 public:
  /// Whether run_memory::inputs may say where the inputs lie.
  static constexpr bool reads_inputs_in_place = [] {
    if constexpr (requires { Executor::reads_inputs_in_place; })
      return Executor::reads_inputs_in_place;
    else
      return false;
  }();
  /// Whether it may of input k, where the others' lies in the arena.
  static constexpr bool reads_in_place([[maybe_unused]] int k) {
    if constexpr (requires { Executor::reads_in_place(k); })
      return Executor::reads_in_place(k);
    else
      return false;
  }

  host_runner() : arena_(tables.counts.arena_bytes) {}

  /// Where the host writes input k of the next run.
  char* input(int k) const { return arena_.data() + tables.inputs[k].at.offset; }
  /// Where the host reads output k of the last run.
  char const* output(int k) const { return arena_.data() + tables.outputs[k].at.offset; }
  /// The arena after the last run, for the host to read.
  char const* arena() const { return arena_.data(); }

  /// Runs on what m says besides the arena. Returns whether it ran to the end.
  template <class Resources>
  bool run(run_memory m, Resources const& resources) {
    m.arena = arena_.data();
    return Executor::run(m, resources);
  }

 protected:
  buffer arena_;
};

/// A program of training steps, with an optimizer that keeps so many regions like the parameters, and what the states
/// were before a step: what a policy's `stepper` is.
template <class Program, class Executor, int Slots, int Scalars>
class host_stepper : public host_runner<Program, Executor> {
  static constexpr auto const& tables = Program::tables;

 public:
  /// What a step returns.
  using loss = float;
  /// How many steps may be launched before the host knows their losses.
  static constexpr int in_flight = 0;

  host_stepper() : slots_(Slots * aligned(tables.counts.trained_bytes)), states_before_(tables.counts.state_bytes) {}

  /// How many steps were taken.
  std::int64_t steps() const { return steps_; }
  /// The next step is taken as the one behind so many.
  void resume(std::int64_t steps) { steps_ = steps; }
  /// What the optimizer keeps.
  char* slots() const { return slots_.data(); }
  /// Output k of the last step, a number.
  float number(int k) const {
    char const* const at = this->output(k);
    return tables.outputs[k].type == dtype::float64 ? static_cast<float>(*reinterpret_cast<double const*>(at))
                                                    : *reinterpret_cast<float const*>(at);
  }

  /// Steps behind one that is not finite are not taken: there are none.
  void drop_behind_not_finite() {}

  /// Takes a step. Where its loss is not finite, or it fails, it is not taken, and the states are as before.
  template <class Resources, class Source>
  loss step(run_memory m, Resources const& resources, Source const& source) {
    kept_states states(m.states, states_before_);
    prepare(m, source);
    if (this->run(m, resources)) {
      ++steps_;
      states.written = true;
    }
    return number(0);
  }
  /// Says what makes the results of a step not finite, if anything does: it runs without its update, and afterwards the
  /// states are as before.
  template <class Source>
  ASHLAR_COLD void explain(run_memory m, Source const& source, non_finite& why) {
    kept_states const states(m.states, states_before_);
    prepare(m, source);
    m.arena = this->arena_.data();
    detail::explain<Program>(m, why, [](run_memory const& at) { Executor::run(at); });
  }

 private:
  template <class Source>
  void prepare(run_memory& m, Source const& source) {
    source.write_scalars(steps_ + 1, scalars_);
    m.scalars = scalars_;
    m.step = static_cast<std::uint64_t>(steps_ + 1);
    m.variant = source.variant(steps_ + 1);
    m.slots = slots_.data();
  }
  struct kept_states {
    char* states;
    buffer const& before;
    bool written = false;

    kept_states(char* s, buffer const& b) : states(s), before(b) {
      if (before.size()) std::memcpy(before.data(), states, static_cast<std::size_t>(before.size()));
    }
    kept_states(kept_states const&) = delete;
    kept_states& operator=(kept_states const&) = delete;
    ~kept_states() {
      if (before.size() && !written) std::memcpy(states, before.data(), static_cast<std::size_t>(before.size()));
    }
  };

  buffer slots_;
  buffer states_before_;
  double scalars_[Scalars]{};
  std::int64_t steps_ = 0;
};

}  // namespace ashlar::inline ASHLAR_ABI::detail
