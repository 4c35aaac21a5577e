// SPDX-License-Identifier: MIT
#pragma once
#include <ashlar/backend/thrust/kernel_values.hpp>
#if ASHLAR_GPU
#include <ashlar/backend/thrust/gpu/run_units.hpp>
#else
#include <ashlar/backend/thrust/host_system.hpp>
#endif

namespace ashlar::inline ASHLAR_ABI::detail::inline ASHLAR_DEVICE_ABI {

/// Who takes the units of a kernel: a thread each, a block of threads each, or the one or the other at each launch.
/// What is never launched is not compiled.
enum class unit_takers { either, threads, blocks };

#if ASHLAR_GPU
/// What became of a launch.
using launch_status = gpu_status;

/// A unit of a kernel that has nothing to do where its step is not taken.
template <class Functor>
struct unit_of_step {
  Functor unit;

  template <class Team>
  ASHLAR_INLINE ASHLAR_HD void operator()(Team const& team, std::int64_t u) const {
    if (unit.given.runs()) unit(team, u);
  }
};

/// Units of at least so many packets have a block of threads each, if they can share them.
inline constexpr std::int64_t packets_for_a_block = 32;

/// Whether the units of a kernel need a team that shares memory.
template <class Functor>
inline constexpr bool always_in_blocks = requires {
  typename Functor::tile;
};

/// Runs all units of a kernel, each of so many packets.
template <unit_takers Takers, class Functor>
launch_status run_units(Functor const& unit, std::int64_t units, std::int64_t packets, gpu_stream stream) {
  if (units == 0) return gpu_success;
  unit_of_step<Functor> const step{unit};
  if constexpr (always_in_blocks<Functor> || (Functor::cooperates && Takers == unit_takers::blocks)) {
    return run_by_blocks(step, units, stream);
  } else {
    if constexpr (Functor::cooperates && Takers == unit_takers::either)
      if (packets >= packets_for_a_block) return run_by_blocks(step, units, stream);
    return run_by_threads(step, units, stream);
  }
}
#else
/// A launch on a CPU has run.
using launch_status = void;

/// Packets in a tile: so much work that compilers vectorise inside it and threads are worth waking for several of it.
inline constexpr std::int64_t packets_in_a_tile = 64;

/// Some units of a kernel, one after the other.
template <class Functor>
struct tile_of_units {
  Functor unit;
  std::int64_t units, size;

  static void run(void const* tiles, std::int64_t tile) {
    auto const& of = *static_cast<tile_of_units const*>(tiles);
    std::int64_t const begin = tile * of.size, end = begin + of.size < of.units ? begin + of.size : of.units;
    for (std::int64_t u = begin; u < end; ++u) of.unit(team_of_one{}, u);
  }
};

/// Runs all units of a kernel, each of so many packets.
template <unit_takers, class Functor>
void run_units(Functor const& unit, std::int64_t units, std::int64_t packets, device_stream) {
  std::int64_t const size = packets < packets_in_a_tile ? packets_in_a_tile / packets : 1;
  tile_of_units<Functor> const of{unit, units, size};
  std::int64_t const tiles = parts_of_size(units, size);
  do_parts(of.run, &of, tiles, tiles * size * packets >= 4 * packets_in_a_tile);
}
#endif

/// Launches a kernel.
template <class Functor, unit_takers Takers = unit_takers::either>
launch_status launch(launch_arguments const& args) {
  Functor unit{};
  unit.given = args.template values<Functor::operands>();
  return run_units<Takers>(unit, Functor::units(args.numbers), Functor::packets(args.numbers), args.stream);
}

}  // namespace ashlar::inline ASHLAR_ABI::detail::inline ASHLAR_DEVICE_ABI
