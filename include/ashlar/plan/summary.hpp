// SPDX-License-Identifier: MIT
#pragma once
#include <ashlar/plan/program.hpp>

namespace ashlar::inline ASHLAR_ABI {

/// What the compiler knows of a program before anything runs.
template <class Program>
struct program_summary {
  using program = Program;
  std::int64_t parameters = Program::tables.counts.parameters;  // elements
  std::int64_t parameter_bytes = Program::tables.counts.parameter_bytes;
  std::int64_t arena_bytes = Program::tables.counts.arena_bytes;
  std::int64_t arena_bytes_without_reuse = Program::tables.counts.arena_bytes_without_reuse;
  double flops = Program::tables.counts.flops;  // of one step at the full batch
  int nodes = Program::tables.counts.nodes;
  int steps = Program::tables.counts.steps;      // kernel launches; a loop's body counts once
  int kernels = Program::tables.counts.kernels;  // different ones
};

constexpr std::int64_t operator""_KiB(unsigned long long n) { return static_cast<std::int64_t>(n) << 10; }
constexpr std::int64_t operator""_MiB(unsigned long long n) { return static_cast<std::int64_t>(n) << 20; }
constexpr std::int64_t operator""_GiB(unsigned long long n) { return static_cast<std::int64_t>(n) << 30; }

}  // namespace ashlar::inline ASHLAR_ABI
