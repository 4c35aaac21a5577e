// SPDX-License-Identifier: MIT
#pragma once
#include <ashlar/plan/program.hpp>

namespace ashlar::inline ASHLAR_ABI {
namespace detail {

/// How many kernels a body launches, each loop's as often as it runs; of the update's variants the longest. of_step(s):
/// how many step s does.
template <class Program, class OfStep>
constexpr std::int64_t launches_of(OfStep const& of_step, int body = Program::tables.top) {
  auto const& t = Program::tables;
  constexpr int most_variants = 8;
  std::int64_t always = 0, of_variant[most_variants]{}, longest = 0;
  for (int s = t.bodies[body].first_step; s < t.bodies[body].first_step + t.bodies[body].step_count; ++s) {
    step_entry const& step = t.steps[s];
    std::int64_t const n =
        step.loop < 0 ? of_step(s) : t.loops[step.loop].count * launches_of<Program>(of_step, t.loops[step.loop].body);
    (step.variant && step.variant < most_variants ? of_variant[step.variant] : always) += n;
  }
  for (std::int64_t n : of_variant) longest = n > longest ? n : longest;
  return always + longest;
}
template <class Program>
constexpr std::int64_t launches_of() {
  return launches_of<Program>([](int s) -> std::int64_t { return Program::tables.steps[s].phases; });
}
/// What an optimizer keeps in a program of training steps; of other programs nothing.
template <class Program>
constexpr std::int64_t optimizer_bytes_of() {
  if constexpr (requires { Program::recorder::slots; })
    return Program::recorder::slots * aligned(Program::tables.counts.trained_bytes);
  else
    return 0;
}

}  // namespace detail

/// What the compiler knows of a program before anything runs. A trainer's knows the policy, too; void: that of none.
/// Streams as to_text.
/// example: std::cout << t.summary();
template <class Program, class Policy = void>
struct program_summary {
  /// The program that it is about.
  using program = Program;
  /// Elements of all parameters.
  std::int64_t parameters = Program::tables.counts.parameters;
  /// Bytes of all parameters, padding included.
  std::int64_t parameter_bytes = Program::tables.counts.parameter_bytes;
  /// Bytes of all states.
  std::int64_t state_bytes = Program::tables.counts.state_bytes;
  /// Bytes of what the optimizer keeps.
  std::int64_t optimizer_bytes = detail::optimizer_bytes_of<Program>();
  /// Bytes of the one allocation that the program works in.
  std::int64_t arena_bytes = Program::tables.counts.arena_bytes;
  /// What they would be if every result had memory of its own.
  std::int64_t arena_bytes_without_reuse = Program::tables.counts.arena_bytes_without_reuse;
  /// Arithmetic operations of one step at the full batch, of an update's variants the first one's.
  double flops = Program::tables.counts.flops;
  /// Bytes that the kernels of one step at the full batch read and write, of an update's variants the first one's.
  double bytes_moved = Program::tables.counts.bytes_moved;
  /// Of these what is left if everything pointwise, every reduction and every copy were done by products, convolutions,
  /// windows and gathers on the way to or from memory: no plan with these kernels moves less.
  double bytes_at_least = Program::tables.counts.bytes_at_least;
  int nodes = Program::tables.counts.nodes;      ///< Nodes of the graph.
  int steps = Program::tables.counts.steps;      ///< Kernel launches; a loop's body counts once.
  int kernels = Program::tables.counts.kernels;  ///< Different kernels.
  /// Kernel launches of a step, those in a loop as often as it runs.
  std::int64_t launches = detail::launches_of<Program>();

  /// Bytes that a model and a program on it take: parameters, states, what the optimizer keeps, the arena.
  constexpr std::int64_t memory_bytes() const { return parameter_bytes + state_bytes + optimizer_bytes + arena_bytes; }
};

/// Units of memory: 1024 bytes.
constexpr std::int64_t operator""_KiB(unsigned long long n) { return static_cast<std::int64_t>(n) << 10; }
/// Units of memory: 1024 * 1024 bytes.
constexpr std::int64_t operator""_MiB(unsigned long long n) { return static_cast<std::int64_t>(n) << 20; }
/// Units of memory: 1024 * 1024 * 1024 bytes.
constexpr std::int64_t operator""_GiB(unsigned long long n) { return static_cast<std::int64_t>(n) << 30; }

}  // namespace ashlar::inline ASHLAR_ABI
