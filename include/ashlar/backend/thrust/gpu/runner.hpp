// SPDX-License-Identifier: MIT
#pragma once
#include <memory>

#include <ashlar/backend/thrust/gpu/launches.hpp>

namespace ashlar::inline ASHLAR_ABI::detail::inline ASHLAR_DEVICE_ABI {

/// A program with its memory on a GPU. Each run waits for its end: its results are what it is for.
template <class Program, bool Own, library_precision Precision>
class gpu_runner {
  static constexpr auto const& tables = Program::tables;
  using layout = exchange_layout<Program>;
  using launches = program_launches<Program, Own, Precision>;

 public:
  gpu_runner() : parts_(std::make_unique<parts>()) {}

  /// Where the host writes input k of the next run.
  char* input(int k) const { return request().input(k); }
  /// Where the host reads output k of the last run.
  char const* output(int k) const { return parts_->outputs.data() + layout::at.output[k]; }
  /// No memory that the host could read.
  char const* arena() const { return nullptr; }

  /// Runs on what m says besides the arena. Returns whether it ran to the end.
  /// errors: fails when it has, where indices are out of range
  bool run(run_memory const& m, device_resources const& resources) {
    parts& p = *parts_;
    if (m.parameters) on_their_way::settle_those_of(m.parameters);
    if (m.states) on_their_way::settle_those_of(m.states);
    gpu_stream const stream = resources.stream();
    request().write({m.rows, m.seed, m.step, 1});
    request().write_scalars(m.scalars, 1);
    gpu_copy(copy_kind::to_device, p.memory.request_slot(0), p.requests.data(), layout::at.request_bytes, stream);
    p.captured[launches::is_whole(m)].run(m, stream, [&](gpu_stream on) {
      p.memory.launch_take(on);
      launches::run(p.memory, m, on, Own ? nullptr : &p.libraries, [] { return true; });
      gpu_check(run_by_threads(end_run{p.memory.state()}, 1, on), "ending a run");
    });
    for (int k = 0; k < layout::outputs; ++k) {
      variable_info const& v = tables.outputs[k];
      gpu_copy(copy_kind::to_host, p.outputs.data() + layout::at.output[k], p.memory.arena() + v.at.offset,
               layout::bytes_of_value(v), stream);
    }
    gpu_wait(stream);
    if constexpr (has_indices<Program>) {
      run_state state;
      read_device(&state, reinterpret_cast<char const*>(p.memory.state()), sizeof state);
      check_indices<Program>(state.faults, m.step);
    }
    return true;
  }

 private:
  struct parts {
    parts() { libraries.work_in(memory.own(), launches::library_workspace()); }

    captured_launches captured[2];  // of partial batches, of whole ones
    library_calls libraries{tables.sizes.steps, Precision};
    device_program_memory<Program, 1> memory{launches::workspace_bytes()};
    pinned_buffer requests{layout::at.request_bytes};
    pinned_buffer outputs{layout::at.output_bytes};
  };
  request_in_memory<Program> request() const { return {parts_->requests.data()}; }

  std::unique_ptr<parts> parts_;
};

}  // namespace ashlar::inline ASHLAR_ABI::detail::inline ASHLAR_DEVICE_ABI
