// SPDX-License-Identifier: MIT
#pragma once
#include <cstring>

#include <ashlar/backend/checked_executor.hpp>
#include <ashlar/backend/cpu/executor.hpp>
#include <ashlar/backend/host_runner.hpp>
#include <ashlar/backend/thrust/gpu/memory.hpp>

/// Programs whose numbers are looked at run on the host, on copies of what lies on the device.
namespace ashlar::inline ASHLAR_ABI::detail::inline ASHLAR_DEVICE_ABI {

/// Copies of a model's parameters and states.
template <class Program>
class host_mirror {
  static constexpr auto const& counts = Program::tables.counts;

 public:
  host_mirror() : parameters_(counts.parameter_bytes), states_(counts.state_bytes) {}

  /// The same memory, as it is on the device, on the host.
  run_memory read(run_memory m) const {
    if (parameters_.size()) read_device(parameters_.data(), m.parameters, parameters_.size());
    if (states_.size()) read_device(states_.data(), m.states, states_.size());
    m.parameters = parameters_.data();
    m.states = states_.data();
    return m;
  }
  /// Copies both back.
  void write(run_memory const& m) const {
    if (parameters_.size()) write_device(m.parameters, parameters_.data(), parameters_.size());
    if (states_.size()) write_device(m.states, states_.data(), states_.size());
  }

 private:
  buffer parameters_, states_;
};

template <class Program>
using mirrored_executor = checked_executor<Program, cpu_executor<Program>>;

/// As a runner of the host.
template <class Program>
class mirrored_runner : public host_runner<Program, mirrored_executor<Program>> {
  using base = host_runner<Program, mirrored_executor<Program>>;

 public:
  bool run(run_memory const& m, device_resources const& resources) { return base::run(mirror_.read(m), resources); }

 private:
  host_mirror<Program> mirror_;
};

/// As a stepper of the host.
template <class Program, int Slots, int Scalars>
class mirrored_stepper : public host_stepper<Program, mirrored_executor<Program>, Slots, Scalars> {
  using base = host_stepper<Program, mirrored_executor<Program>, Slots, Scalars>;

 public:
  template <class Source>
  float step(run_memory const& m, device_resources const& resources, Source const& source) {
    float const of_step = base::step(mirror_.read(m), resources, source);
    mirror_.write(m);
    return of_step;
  }
  template <class Source>
  void explain(run_memory const& m, Source const& source, non_finite& why) {
    base::explain(mirror_.read(m), source, why);
  }

 private:
  host_mirror<Program> mirror_;
};

}  // namespace ashlar::inline ASHLAR_ABI::detail::inline ASHLAR_DEVICE_ABI
