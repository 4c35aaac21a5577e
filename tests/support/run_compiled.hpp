// SPDX-License-Identifier: MIT
#pragma once
#if defined(ASHLAR_TEST_DEVICE)
#include <ashlar/backend/thrust/policy.hpp>
#endif
#include <ashlar/backend/cpu/policy.hpp>

#include "support/gradient_check.hpp"
#include "support/least_set.hpp"
#include "support/memory_image.hpp"

namespace proof {

/// A recorder's program on memory of its own that begins as `fill`, by an executor that is also given `how`.
template <class Policy, class Recorder, class... How>
results run_program(environment const& e, int fill, How... how) {
  using program = typename Policy::template program<Recorder>;
  auto const& t = program::tables;
  memory_map const map =
      memory_map::of(t, t.sizes.inputs, t.sizes.outputs, t.sizes.parameters, t.sizes.states, t.counts);
  memory_image image(map, e, fill);
  run_memory m;
  m.arena = image.arena();
  m.scalars = image.scalars();
  m.parameters = image.parameters();
  m.states = image.states();
  m.slots = image.slots();
  m.rows = e.rows();
  m.seed = e.seed;
  m.step = e.step;
  m.variant = e.variant;
  Policy::template executor<program>::run(m, how...);
  return image.read(e);
}

#if defined(ASHLAR_TEST_DEVICE)
template <class... Options>
device_policy<Options...> on_device(cpu_policy<Options...> const&);
template <class... Options>
device_policy<Options...> on_device(device_policy<Options...> const&);
template <class Policy>
using device_for = decltype(on_device(std::declval<Policy>()));

/// Records as the programs of the policy that compiled_difference tries do: the device takes no weights in panels.
template <class Recorder>
using as_compiled = Recorder;

template <class Policy>
using own_device_for = decltype(device_for<Policy>{}.with(own_kernels));

/// By the device's kernels, on memory that begins as `fill` in every byte.
template <class Policy, class Recorder>
results run_filled(environment const& e, int fill) {
  return run_program<own_device_for<Policy>, Recorder>(e, fill);
}

/// The text of the first difference between a program by the device's kernels and what is wanted, or nothing: what is
/// proven of the cpu's kernels is so proven of the device's. Products and convolutions are tried by the kernels of a
/// library and by Ashlar's own.
template <class Policy, class Recorder>
std::string compiled_difference(environment const& e, results const& wanted, double tolerance) {
  std::string d = difference(run_program<device_for<Policy>, Recorder>(e, 0xff), wanted, tolerance);
  if (!d.empty()) return "on the device: " + d;
  d = difference(run_filled<Policy, Recorder>(e, 0xff), wanted, tolerance);
  return d.empty() ? d : "by the device's own kernels: " + d;
}
#else

/// Records as the programs of the policy that compiled_difference tries do: the cpu's may have weights in panels.
template <class Recorder>
using as_compiled = recorder_with_panels<Recorder>;

/// By the kernels compiled for an instruction set, every step in so many shares, one after the other.
template <class Policy, class Recorder>
results run_compiled(environment const& e, instruction_set set = machine_instruction_set(), int fill = 0xff,
                     int shares = 1) {
  return run_program<Policy, Recorder>(e, fill, set, shares);
}
/// By the best kernels there are, on memory that begins as `fill` in every byte.
template <class Policy, class Recorder>
results run_filled(environment const& e, int fill) {
  return run_compiled<Policy, Recorder>(e, machine_instruction_set(), fill);
}

/// The text of the first difference between a compiled program and what is wanted, on every instruction set that this
/// machine has; or nothing. In three shares it must leave behind the same bits.
template <class Policy, class Recorder>
std::string compiled_difference(environment const& e, results const& wanted, double tolerance) {
  for (int set = least_set; set <= static_cast<int>(machine_instruction_set()); ++set) {
    results const whole = run_compiled<Policy, Recorder>(e, instruction_set{set});
    std::string d = difference(whole, wanted, tolerance);
    if (d.empty()) {
      d = difference(run_compiled<Policy, Recorder>(e, instruction_set{set}, 0xff, 3), whole, 0);
      if (!d.empty()) d = "in three shares: " + d;
    }
    if (!d.empty()) return "instruction set " + std::to_string(set) + ": " + d;
  }
  return "";
}
#endif

}  // namespace proof
