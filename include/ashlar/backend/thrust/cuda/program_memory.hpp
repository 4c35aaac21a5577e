// SPDX-License-Identifier: MIT
#pragma once
#include <cstring>

#include <ashlar/backend/run_memory.hpp>
#include <ashlar/backend/thrust/cuda/memory.hpp>
#include <ashlar/backend/thrust/kernel_values.hpp>
#include <ashlar/plan/program.hpp>

namespace ashlar::inline ASHLAR_ABI::detail::inline ASHLAR_DEVICE_ABI {

/// Where inputs, outputs and what changes from step to step lie in memory of the host, for copies to and from a device.
template <class Program>
struct exchange_layout {
  static constexpr auto const& tables = Program::tables;
  static constexpr int inputs = tables.sizes.inputs, outputs = tables.sizes.outputs;
  /// How many scalars its steps read.
  static constexpr int scalars = [] {
    std::int64_t n = 1;
    auto see = [&](address const& a) {
      if (a.place == scalar_place && a.offset / 8 + 1 > n) n = a.offset / 8 + 1;
    };
    for (int s = 0; s < tables.sizes.steps; ++s)
      for (int o = 0; o < tables.steps[s].operand_count; ++o) see(tables.operands[tables.steps[s].operands + o]);
    return static_cast<int>(n);
  }();
  static constexpr std::int64_t bytes_of_value(variable_info const& v) { return v.extents.size() * bytes_of(v.type); }
  struct offsets {
    std::int64_t input[inputs + 1]{}, output[outputs + 1]{}, values = 0, scalars = 0, end = 0;
  };
  static constexpr offsets at = [] {
    offsets o;
    std::int64_t next = 0;
    auto take = [&](std::int64_t bytes) {
      std::int64_t const begin = next;
      next += aligned(bytes);
      return begin;
    };
    for (int k = 0; k < inputs; ++k) o.input[k] = take(bytes_of_value(tables.inputs[k]));
    for (int k = 0; k < outputs; ++k) o.output[k] = take(bytes_of_value(tables.outputs[k]));
    o.values = take(sizeof(step_values));
    o.scalars = take(std::int64_t{8} * scalars);
    o.end = next;
    return o;
  }();
};

/// The memory of a program on a device: its arena, what changes from step to step, and the numbers and constants of its
/// steps, which are copied once; and the memory of the host that stands for its inputs and outputs.
template <class Program>
class device_program_memory {
  static constexpr auto const& tables = Program::tables;
  using layout = exchange_layout<Program>;

 public:
  device_program_memory()
      : arena_(tables.counts.arena_bytes),
        pools_(constants_at + sizeof tables.constants),
        changing_(changing_bytes),
        host_(layout::at.end) {
    write_device(pools_.data(), tables.numbers, sizeof tables.numbers);
    write_device(pools_.data() + constants_at, tables.constants, sizeof tables.constants);
  }

  char* arena() const { return arena_.data(); }
  std::int64_t const* numbers() const { return reinterpret_cast<std::int64_t const*>(pools_.data()); }
  double const* constants() const { return reinterpret_cast<double const*>(pools_.data() + constants_at); }
  step_values const* now() const { return reinterpret_cast<step_values const*>(changing_.data()); }
  double* scalars() const { return reinterpret_cast<double*>(changing_.data() + scalars_at); }
  char* host_input(int k) const { return host_.data() + layout::at.input[k]; }
  char* host_output(int k) const { return host_.data() + layout::at.output[k]; }

  /// Copies inputs, and what this step has instead of the last one.
  void upload(run_memory const& m, gpu_stream stream) {
    for (int k = 0; k < layout::inputs; ++k) {
      variable_info const& v = tables.inputs[k];
      gpu_copy(copy_kind::to_device, arena() + v.at.offset, host_input(k), layout::bytes_of_value(v), stream);
    }
    step_values const values{m.rows, m.seed, m.step};
    std::memcpy(host_.data() + layout::at.values, &values, sizeof values);
    std::memcpy(host_.data() + layout::at.scalars, m.scalars, sizeof(double) * layout::scalars);
    gpu_copy(copy_kind::to_device, changing_.data(), host_.data() + layout::at.values, sizeof values, stream);
    gpu_copy(copy_kind::to_device, changing_.data() + scalars_at, host_.data() + layout::at.scalars,
             std::int64_t{8} * layout::scalars, stream);
  }
  /// Copies outputs, once everything before is done, and waits.
  void download(gpu_stream stream) {
    for (int k = 0; k < layout::outputs; ++k) {
      variable_info const& v = tables.outputs[k];
      if (v.at.place == arena_place)
        gpu_copy(copy_kind::to_host, host_output(k), arena() + v.at.offset, layout::bytes_of_value(v), stream);
    }
    gpu_wait(stream);
  }

 private:
  static constexpr std::int64_t constants_at = aligned(sizeof tables.numbers);
  static constexpr std::int64_t scalars_at = aligned(sizeof(step_values));
  static constexpr std::int64_t changing_bytes = scalars_at + std::int64_t{8} * layout::scalars;

  device_buffer arena_, pools_, changing_;
  pinned_buffer host_;
};

}  // namespace ashlar::inline ASHLAR_ABI::detail::inline ASHLAR_DEVICE_ABI
