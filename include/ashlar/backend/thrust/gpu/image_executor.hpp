// SPDX-License-Identifier: MIT
#pragma once
#include <ashlar/backend/thrust/gpu/launches.hpp>

namespace ashlar::inline ASHLAR_ABI::detail::inline ASHLAR_DEVICE_ABI {

/// Runs a program by the GPU's kernels on memory of the host, all of which is copied there and back: for looking at
/// what they do.
template <class Program, bool Own, library_precision Precision>
class gpu_image_executor {
  static constexpr auto const& tables = Program::tables;
  using launches = program_launches<Program, Own, Precision>;
  /// Bytes of a place that its steps touch.
  static constexpr std::int64_t bytes_of_place(place_class place) {
    std::int64_t n = 0;
    for (int s = 0; s < tables.sizes.steps; ++s)
      for (int o = 0; o < tables.steps[s].operand_count; ++o) {
        int const k = tables.steps[s].operands + o;
        std::int64_t const end = tables.operands[k].offset + bytes_between(tables.values[k]);
        if (tables.operands[k].place == place && end > n) n = end;
      }
    return n;
  }

 public:
  /// Returns whether it ran to the end.
  static bool run(run_memory const& m) {
    library_calls libraries(tables.sizes.steps, Precision);
    device_program_memory<Program, 1> const memory(launches::workspace_bytes());
    libraries.work_in(memory.own(), launches::library_workspace());
    copied const arena(memory.arena(), m.arena, tables.counts.arena_bytes);
    device_buffer const parameters(tables.counts.parameter_bytes), states(tables.counts.state_bytes), slots(slot_bytes);
    copied const parameters_there(parameters.data(), m.parameters, parameters.size());
    copied const states_there(states.data(), m.states, states.size());
    copied const slots_there(slots.data(), m.slots, slots.size());
    copied const scalars(reinterpret_cast<char*>(memory.scalars()), reinterpret_cast<char*>(m.scalars),
                         m.scalars ? std::int64_t{8} * exchange_layout<Program>::scalars : 0);
    run_state state{{m.rows, m.seed, m.step, 1}};
    write_device(reinterpret_cast<char*>(memory.state()), &state, sizeof state);
    run_memory there = m;
    there.parameters = parameters.data();
    there.states = states.data();
    there.slots = slots.data();
    owned_stream const stream;
    launches::run(memory, there, stream.get(), Own ? nullptr : &libraries, [&] {
      judge_step const judge{memory.state(), memory.arena() + tables.outputs[0].at.offset,
                             tables.outputs[0].type == dtype::float64};
      bool const has_loss = tables.sizes.outputs && tables.outputs[0].extents.size() == 1;
      if (has_loss) gpu_check(run_by_threads(judge, 1, stream.get()), "judging a step");
      return true;
    });
    gpu_wait(stream.get());
    for (copied const* c : {&arena, &parameters_there, &states_there, &slots_there}) c->back();
    read_device(&state, reinterpret_cast<char const*>(memory.state()), sizeof state);
    check_indices<Program>(state.faults, m.step);
    return state.now.is_taken;
  }
  template <class Resources>
  static bool run(run_memory const& m, Resources const&) {
    return run(m);
  }

 private:
  static constexpr std::int64_t slot_bytes = bytes_of_place(slot_place);

  /// Memory that is there as it is here.
  struct copied {
    char *there, *here;
    std::int64_t bytes;

    copied(char* t, char* h, std::int64_t n) : there(t), here(h), bytes(h && t ? n : 0) {
      if (bytes) write_device(there, here, bytes);
    }
    void back() const {
      if (bytes) read_device(here, there, bytes);
    }
  };
};

}  // namespace ashlar::inline ASHLAR_ABI::detail::inline ASHLAR_DEVICE_ABI
