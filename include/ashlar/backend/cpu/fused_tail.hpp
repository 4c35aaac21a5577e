// SPDX-License-Identifier: MIT
#pragma once
#include <ashlar/backend/cpu/fused.hpp>
#include <ashlar/backend/cpu/fused_part.hpp>

namespace ashlar::inline ASHLAR_ABI::detail {

/// Zeros behind so many bytes: what stands there is computed with, too.
[[gnu::noinline]] inline void fill_lanes(char (&lanes)[64], char const* from, std::size_t count) {
  std::memset(lanes, 0, sizeof lanes);
  std::memcpy(lanes, from, count);
}

/// Where the last elements of a run lie while they are computed, if they are less than a vector: so the loop over a run
/// reads and writes whole vectors alone, and calls nothing that would drive its sums out of registers.
template <class State, int Pass>
struct fused_tail {
  using program = typename State::program;
  struct alignas(64) lanes {
    char bytes[64];
  };
  lanes room[program::operands + 1];

  /// From here on what moves is read here, and outputs are written here; those of a column kernel to what they hold.
  template <int... M, int... O>
  ASHLAR_INLINE void take(State& s, [[maybe_unused]] std::int64_t at, [[maybe_unused]] int count,
                          list_places<std::integer_sequence<int, M...>, std::integer_sequence<int, O...>>) {
    using p = fused_pass<program, Pass>;
    s.staged = at;
    (take_input<p::in.moving.of[M]>(s, at, count), ...);
    (take_output<p::in.outputs.of[O]>(s, at, count), ...);
  }
  template <int... O>
  ASHLAR_INLINE void give(State& s, [[maybe_unused]] std::int64_t at, [[maybe_unused]] int count,
                          std::integer_sequence<int, O...>) {
    (give_output<fused_pass<program, Pass>::in.outputs.of[O]>(s, at, count), ...);
  }

 private:
  template <int K>
  ASHLAR_INLINE void take_input(State& s, [[maybe_unused]] std::int64_t at, [[maybe_unused]] int count) {
    if constexpr (State::template reads_vectors<K>) {
      using E = typename State::template input_type<K>;
      fill_lanes(room[K].bytes, s.from[K] + at * static_cast<std::int64_t>(sizeof(E)),
                 static_cast<std::size_t>(count) * sizeof(E));
      s.from[K] = room[K].bytes;
    }
  }
  template <int O>
  ASHLAR_INLINE void take_output(State& s, [[maybe_unused]] std::int64_t at, [[maybe_unused]] int count) {
    if constexpr (State::template writes_vectors<O>) {
      using E = typename State::template output_type<O>;
      auto& own = room[program::inputs + O].bytes;
      if constexpr (program::column)
        fill_lanes(own, s.to[O] + at * static_cast<std::int64_t>(sizeof(E)),
                   static_cast<std::size_t>(count) * sizeof(E));
      s.to[O] = own;
    }
  }
  template <int O>
  ASHLAR_INLINE void give_output(State& s, [[maybe_unused]] std::int64_t at, [[maybe_unused]] int count) {
    if constexpr (State::template writes_vectors<O>) {
      using E = typename State::template output_type<O>;
      s.template begin_output<O>();
      std::memcpy(s.to[O] + at * static_cast<std::int64_t>(sizeof(E)), room[program::inputs + O].bytes,
                  static_cast<std::size_t>(count) * sizeof(E));
    }
  }
};

}  // namespace ashlar::inline ASHLAR_ABI::detail
