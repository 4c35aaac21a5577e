// SPDX-License-Identifier: MIT
#pragma once
#include <ashlar/plan/program.hpp>

namespace ashlar::inline ASHLAR_ABI {

/// What the compiler knows of a program before anything runs.
template <class Program>
struct program_summary {
  /// The program that it is about.
  using program = Program;
  /// Elements of all parameters.
  std::int64_t parameters = Program::tables.counts.parameters;
  /// Bytes of all parameters, padding included.
  std::int64_t parameter_bytes = Program::tables.counts.parameter_bytes;
  /// Bytes of the one allocation that the program works in.
  std::int64_t arena_bytes = Program::tables.counts.arena_bytes;
  /// What they would be if every result had memory of its own.
  std::int64_t arena_bytes_without_reuse = Program::tables.counts.arena_bytes_without_reuse;
  /// Arithmetic operations of one step at the full batch.
  double flops = Program::tables.counts.flops;
  int nodes = Program::tables.counts.nodes;      ///< Nodes of the graph.
  int steps = Program::tables.counts.steps;      ///< Kernel launches; a loop's body counts once.
  int kernels = Program::tables.counts.kernels;  ///< Different kernels.
};

/// Units of memory: 1024 bytes.
constexpr std::int64_t operator""_KiB(unsigned long long n) { return static_cast<std::int64_t>(n) << 10; }
/// Units of memory: 1024 * 1024 bytes.
constexpr std::int64_t operator""_MiB(unsigned long long n) { return static_cast<std::int64_t>(n) << 20; }
/// Units of memory: 1024 * 1024 * 1024 bytes.
constexpr std::int64_t operator""_GiB(unsigned long long n) { return static_cast<std::int64_t>(n) << 30; }

}  // namespace ashlar::inline ASHLAR_ABI
