// SPDX-License-Identifier: MIT
#pragma once
#include <ashlar/backend/index_faults.hpp>
#include <ashlar/backend/thrust/kernel_values.hpp>
#include <ashlar/plan/program.hpp>

/// What host and device tell each other of a run: a request with scalars and inputs on the way there, numbers on the
/// way back. On the device small kernels take the requests one after the other, so that a run is the same launches each
/// time.
namespace ashlar::inline ASHLAR_ABI::detail::inline ASHLAR_DEVICE_ABI {

/// What a run has instead of the one before.
struct run_request {
  std::int64_t rows = 0;
  std::uint64_t seed = 0, step = 0;
  std::int64_t goes_on = 1;  // whether a step before it that was not taken is settled: else it is not taken either
};
/// What became of a step.
enum class step_outcome : std::int64_t { taken, not_finite, behind_one_not_finite, index_out_of_range };

/// What the device keeps from run to run.
struct run_state {
  step_values now;
  std::int64_t launches = 0;
  std::int64_t is_halted = 0;  // by a step whose loss is not finite, or with an index out of range
  step_outcome outcome = step_outcome::taken;
  index_faults faults{};
};

/// How many requests may be on their way.
inline constexpr int requests_in_flight = 4;
/// How many results of the device the host keeps.
inline constexpr int results_kept = 64;

/// How a request, and a result, lies in memory.
template <class Program>
struct exchange_layout {
  static constexpr auto const& tables = Program::tables;
  static constexpr int inputs = tables.sizes.inputs, outputs = tables.sizes.outputs;
  /// How many scalars its steps read.
  static constexpr int scalars = [] {
    std::int64_t n = 1;
    for (int s = 0; s < tables.sizes.steps; ++s)
      for (int o = 0; o < tables.steps[s].operand_count; ++o) {
        address const& a = tables.operands[tables.steps[s].operands + o];
        if (a.place == scalar_place && a.offset / 8 + 1 > n) n = a.offset / 8 + 1;
      }
    return static_cast<int>(n);
  }();
  static constexpr std::int64_t bytes_of_value(variable_info const& v) { return v.extents.size() * bytes_of(v.type); }

  /// Of a request: itself, its scalars, then the inputs.
  static constexpr std::int64_t scalars_at = aligned(sizeof(run_request));
  struct places {
    std::int64_t input[inputs + 1]{}, output[outputs + 1]{}, request_bytes = 0, output_bytes = 0;
  };
  static constexpr places at = [] {
    places p;
    p.request_bytes = scalars_at + aligned(std::int64_t{8} * scalars);
    for (int k = 0; k < inputs; ++k) {
      p.input[k] = p.request_bytes;
      p.request_bytes += aligned(bytes_of_value(tables.inputs[k]));
    }
    for (int k = 0; k < outputs; ++k) {
      p.output[k] = p.output_bytes;
      p.output_bytes += aligned(bytes_of_value(tables.outputs[k]));
    }
    return p;
  }();
  /// Of a result: its outcome and indices out of range, then the outputs as doubles.
  static constexpr std::int64_t numbers_at = 8 + sizeof(index_faults);
  static constexpr std::int64_t result_bytes = aligned(numbers_at + 8 * std::int64_t{outputs});
};

/// Words in which memory is copied: all of it is aligned for them, and all but a model's has whole ones.
struct alignas(16) copied_word {
  std::uint64_t half[2];
};
inline constexpr std::int64_t word_bytes = sizeof(copied_word);

/// Takes the next request: some of its parts go to where kernels read them.
struct take_request {
  static constexpr int most_parts = 8;
  struct part {
    char* to;
    std::int64_t first, words;
  };
  run_state* state;
  char const* requests;
  std::int64_t request_bytes, slots;
  part parts[most_parts];
  int count;
  bool is_first;  // of the launches for this request

  template <class Team>
  ASHLAR_INLINE ASHLAR_HD void operator()(Team const&, std::int64_t unit) const {
    char const* const request = requests + state->launches % slots * request_bytes;
    if (unit == 0 && is_first) {
      run_request const r = *reinterpret_cast<run_request const*>(request);
      if (r.goes_on) state->is_halted = 0;
      state->now = {r.rows, r.seed, r.step, !state->is_halted};
      state->faults = {};
      state->outcome = state->is_halted ? step_outcome::behind_one_not_finite : step_outcome::taken;
    }
    copied_word const* const from = reinterpret_cast<copied_word const*>(request);
    for (int k = 0; k < count; ++k) {
      part const& p = parts[k];
      if (unit < p.words) {
        reinterpret_cast<copied_word*>(p.to)[unit] = from[p.first + unit];
        return;
      }
      unit -= p.words;
    }
  }
};

/// Says of a step whether it is taken: its loss is at hand, its update is not.
struct judge_step {
  run_state* state;
  char const* loss;
  bool is_wide;

  template <class Team>
  ASHLAR_INLINE ASHLAR_HD void operator()(Team const&, std::int64_t) const {
    double const x = is_wide ? *reinterpret_cast<double const*>(loss) : *reinterpret_cast<float const*>(loss);
    bool const fits = state->faults.count == 0;
    if (state->is_halted || (fits && x - x == 0)) return;
    state->is_halted = 1;
    state->now.is_taken = 0;
    state->outcome = fits ? step_outcome::not_finite : step_outcome::index_out_of_range;
  }
};

/// Gives states back what they were before a step that is not taken, a word to a thread; the last may be part of one.
struct restore_states {
  run_state const* state;
  char* states;
  char const* before;
  std::int64_t bytes;

  std::int64_t units() const { return (bytes + word_bytes - 1) / word_bytes; }
  template <class Team>
  ASHLAR_INLINE ASHLAR_HD void operator()(Team const&, std::int64_t unit) const {
    if (state->now.is_taken) return;
    std::int64_t const first = unit * word_bytes;
    if (first + word_bytes <= bytes)
      *reinterpret_cast<copied_word*>(states + first) = *reinterpret_cast<copied_word const*>(before + first);
    else
      for (std::int64_t i = first; i < bytes; ++i) states[i] = before[i];
  }
};

/// Tells the host what became of a step, in memory that both see; then comes the next launch.
template <int Outputs>
struct report_step {
  run_state* state;
  char* results;
  std::int64_t result_bytes;
  char const* output[Outputs + 1];
  bool is_wide[Outputs + 1];

  template <class Team>
  ASHLAR_INLINE ASHLAR_HD void operator()(Team const&, std::int64_t) const {
    char* const at = results + state->launches % results_kept * result_bytes;
    *reinterpret_cast<std::int64_t*>(at) = static_cast<std::int64_t>(state->outcome);
    *reinterpret_cast<index_faults*>(at + 8) = state->faults;
    double* const to = reinterpret_cast<double*>(at + 8 + sizeof(index_faults));
    for (int k = 0; k < Outputs; ++k)
      to[k] = is_wide[k] ? *reinterpret_cast<double const*>(output[k]) : *reinterpret_cast<float const*>(output[k]);
    ++state->launches;
  }
};
/// Counts the indices out of range of a step that has run.
struct count_indices {
  run_state* state;
  std::int32_t const* index;
  std::int64_t const* numbers;
  std::int64_t step;

  template <class Team>
  ASHLAR_INLINE ASHLAR_HD void operator()(Team const& team, std::int64_t) const {
    std::int64_t const own = indices_out_of_range(index, numbers, state->now.rows, team.rank, team.size);
    std::int64_t const all = team.reduce(own, sum{});
    if (team.rank == 0) state->faults.add(step, all);
  }

 private:
  struct sum {
    ASHLAR_INLINE ASHLAR_HD std::int64_t operator()(std::int64_t a, std::int64_t b) const { return a + b; }
  };
};
/// Comes behind a run that reports nothing.
struct end_run {
  run_state* state;

  template <class Team>
  ASHLAR_INLINE ASHLAR_HD void operator()(Team const&, std::int64_t) const {
    ++state->launches;
  }
};

}  // namespace ashlar::inline ASHLAR_ABI::detail::inline ASHLAR_DEVICE_ABI
