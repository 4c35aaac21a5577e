// SPDX-License-Identifier: MIT
#pragma once
#include <ashlar/backend/thrust/gpu/image_executor.hpp>
#include <ashlar/backend/thrust/gpu/runner.hpp>
#include <ashlar/backend/thrust/gpu/stepper.hpp>
#include <ashlar/plan/summary.hpp>

namespace ashlar::inline ASHLAR_ABI::detail::inline ASHLAR_DEVICE_ABI {

/// What a policy on a GPU runs programs with.
template <bool Checked, bool Own, bool Tf32, bool Bf16>
struct system_parts {
  static constexpr library_precision precision = Bf16   ? library_precision::bf16
                                                 : Tf32 ? library_precision::tf32
                                                        : library_precision::full;
  template <class Program>
  using executor = std::conditional_t<Checked, mirrored_executor<Program>, gpu_image_executor<Program, Own, precision>>;
  template <class Program>
  using runner = std::conditional_t<Checked, mirrored_runner<Program>, gpu_runner<Program, Own, precision>>;
  template <class Program, int Slots, int Scalars>
  using stepper = std::conditional_t<Checked, mirrored_stepper<Program, Slots, Scalars>,
                                     gpu_stepper<Program, Own, precision, Slots, Scalars>>;
  /// Bytes that a program of training steps takes on the device beside what its summary says.
  template <class Program>
  static std::int64_t memory_beside() {
    return device_program_memory<Program, requests_in_flight>::bytes_beside +
           aligned(Program::tables.counts.state_bytes) + program_launches<Program, Own, precision>::workspace_bytes();
  }
  /// Kernels that a step at the full batch launches without libraries.
  template <class Program>
  static constexpr std::int64_t launches() {
    return launches_of<Program>([](int s) -> std::int64_t { return launch_table<Program, Own, Bf16>::launches_of(s); });
  }
  using memory = device_buffer;
  using resources = device_resources;
};

}  // namespace ashlar::inline ASHLAR_ABI::detail::inline ASHLAR_DEVICE_ABI
