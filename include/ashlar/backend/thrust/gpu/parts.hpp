// SPDX-License-Identifier: MIT
#pragma once
#include <ashlar/backend/thrust/gpu/runner.hpp>
#include <ashlar/backend/thrust/gpu/stepper.hpp>

namespace ashlar::inline ASHLAR_ABI::detail::inline ASHLAR_DEVICE_ABI {

/// What a policy on a GPU runs programs with.
template <bool Checked, bool Own>
struct system_parts {
  template <class Program>
  using executor = executor_for<Checked, Program, cpu_executor<Program>>;  // on the host
  template <class Program>
  using runner = std::conditional_t<Checked, mirrored_runner<Program>, gpu_runner<Program, Own>>;
  template <class Program, int Slots, int Scalars>
  using stepper =
      std::conditional_t<Checked, mirrored_stepper<Program, Slots, Scalars>, gpu_stepper<Program, Own, Slots, Scalars>>;
  using memory = device_buffer;
  using resources = device_resources;
};

}  // namespace ashlar::inline ASHLAR_ABI::detail::inline ASHLAR_DEVICE_ABI
