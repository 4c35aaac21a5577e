// SPDX-License-Identifier: MIT
#pragma once
#include <cstring>

#include <ashlar/backend/checked_executor.hpp>
#include <ashlar/backend/cpu/executor.hpp>
#include <ashlar/backend/step_walk.hpp>
#include <ashlar/backend/thrust/cuda/program_memory.hpp>
#include <ashlar/backend/thrust/kernels.hpp>

namespace ashlar::inline ASHLAR_ABI::detail::inline ASHLAR_DEVICE_ABI {

/// A program's memory once more, on the host: there steps run whose numbers are looked at.
template <class Program>
class host_image {
  static constexpr auto const& tables = Program::tables;

 public:
  explicit host_image(std::int64_t slot_bytes)
      : arena_(tables.counts.arena_bytes),
        parameters_(tables.counts.parameter_bytes),
        states_(tables.counts.state_bytes),
        slots_(slot_bytes) {}

  char const* arena() const { return arena_.data(); }
  char const* output(int k) const { return arena_.data() + tables.outputs[k].at.offset; }
  /// Copies a program's memory from the device; its inputs lie on the host.
  run_memory read(run_memory m, device_program_memory<Program> const& memory) {
    for (int k = 0; k < tables.sizes.inputs; ++k) {
      variable_info const& v = tables.inputs[k];
      std::memcpy(arena_.data() + v.at.offset, memory.host_input(k),
                  static_cast<std::size_t>(exchange_layout<Program>::bytes_of_value(v)));
    }
    copy(m, false);
    m.arena = arena_.data();
    m.parameters = parameters_.data();
    m.states = states_.data();
    m.slots = slots_.data();
    return m;
  }
  /// Copies parameters, states and the optimizer's back.
  void write(run_memory const& m) { copy(m, true); }

 private:
  void copy(run_memory const& m, bool back) {
    copy(m.parameters, parameters_, back);
    copy(m.states, states_, back);
    copy(m.slots, slots_, back);
  }
  static void copy(char* on_device, buffer const& here, bool back) {
    if (here.size() == 0 || !on_device) return;
    if (back)
      write_device(on_device, here.data(), here.size());
    else
      read_device(here.data(), on_device, here.size());
  }

  buffer arena_, parameters_, states_, slots_;
};

/// A program with its memory on a GPU.
template <class Program, bool Checked, bool Own>
class gpu_runner {
  static constexpr auto const& tables = Program::tables;
  using walk = step_walk<Program>;

 public:
  explicit gpu_runner([[maybe_unused]] std::int64_t slot_bytes = 0) {
    if constexpr (Checked) host_ = std::make_unique<host_image<Program>>(slot_bytes);
  }

  /// Where the host writes input k of the next run.
  char* input(int k) const { return memory_.host_input(k); }
  /// Where the host reads output k of the last run.
  char const* output(int k) const { return Checked ? host_->output(k) : memory_.host_output(k); }
  /// The arena after the last run, for the host to read; only where every number is looked at.
  char const* arena() const { return host_ ? host_->arena() : nullptr; }

  /// Runs on what m says besides the arena, and waits. Returns whether it ran to the end.
  bool run(run_memory m, device_resources const& resources) {
    if constexpr (Checked) {
      bool const ended = checked_executor<Program, cpu_executor<Program>>::run(host_->read(m, memory_));
      host_->write(m);
      return ended;
    } else {
      gpu_stream const stream = resources.stream();
      memory_.upload(m, stream);
      m.arena = memory_.arena();
      m.scalars = memory_.scalars();
      bool const ended = walk::run(
          m, [&](int s, char* const* operands, std::uint64_t iteration) { run_step(s, operands, iteration, stream); },
          [&] {
            memory_.download(stream);
            return walk::has_finite_loss(memory_.host_output(0));
          });
      memory_.download(stream);
      return ended;
    }
  }

 protected:
  device_program_memory<Program> memory_;

 private:
  void run_step(int s, char* const* operands, std::uint64_t iteration, gpu_stream stream) {
    step_entry const& step = tables.steps[s];
    launch_table<Program, Own>::functions.of[step.kernel](
        {operands, tables.numbers + step.numbers, memory_.numbers() + step.numbers,
         memory_.constants() + step.constants, memory_.now(), iteration, stream});
    if (gpu_status const status = gpu_launch_status(); status != gpu_success) refuse_launch(s, status);
  }
  [[noreturn]] ASHLAR_COLD static void refuse_launch(int s, gpu_status status) {
    int const path = tables.steps[s].path;
    std::string const layer(tables.names + tables.paths[2 * path],
                            static_cast<std::size_t>(tables.paths[2 * path + 1]));
    fail(error_parts{.place = "device",
                     .problem = "kernel " + std::to_string(s + 1) + " of " + std::to_string(tables.sizes.steps) +
                                (layer.empty() ? "" : " (layer '" + layer + "')") +
                                " could not be launched: " + gpu_words(status)});
  }

  std::unique_ptr<host_image<Program>> host_;
};

/// A program of training steps on a GPU, with the optimizer's slots and what the states were before a step.
template <class Program, bool Checked, bool Own>
class gpu_stepper : public gpu_runner<Program, Checked, Own> {
  static constexpr auto const& counts = Program::tables.counts;

 public:
  /// The optimizer keeps so many regions like the parameters.
  explicit gpu_stepper(int slots)
      : gpu_runner<Program, Checked, Own>(slots * aligned(counts.trained_bytes)),
        slots_(slots * aligned(counts.trained_bytes)),
        states_before_(counts.state_bytes) {}

  /// Takes a step. Returns whether it was taken: where its loss is not finite, or it fails, the states are as before.
  bool step(run_memory m, device_resources const& resources) {
    m.slots = slots_.data();
    kept_states states(m.states, states_before_);
    return states.written = this->run(m, resources);
  }
  /// `look(m)` looks at a step, on the host and without its update.
  template <class Explain>
  void explain(run_memory m, Explain const& look) {
    m.slots = slots_.data();
    host_image<Program> image(slots_.size());
    look(image.read(m, this->memory_));
  }

 private:
  struct kept_states {
    char* states;
    device_buffer const& before;
    bool written = false;

    kept_states(char* s, device_buffer const& b) : states(s), before(b) {
      if (before.size()) gpu_copy_and_wait(copy_kind::on_device, before.data(), states, before.size());
    }
    kept_states(kept_states const&) = delete;
    kept_states& operator=(kept_states const&) = delete;
    ~kept_states() {
      if (before.size() && !written) gpu_copy_and_wait(copy_kind::on_device, states, before.data(), before.size());
    }
  };

  device_buffer slots_;
  device_buffer states_before_;
};

/// What a policy on a GPU runs programs with.
template <bool Checked, bool Own>
struct system_parts {
  template <class Program>
  using executor = executor_for<Checked, Program, cpu_executor<Program>>;  // on the host
  template <class Program>
  using runner = gpu_runner<Program, Checked, Own>;
  template <class Program>
  using stepper = gpu_stepper<Program, Checked, Own>;
  using memory = device_buffer;
  using resources = device_resources;
};

}  // namespace ashlar::inline ASHLAR_ABI::detail::inline ASHLAR_DEVICE_ABI
