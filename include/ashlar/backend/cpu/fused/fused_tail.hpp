// SPDX-License-Identifier: MIT
#pragma once
#include <ashlar/backend/cpu/fused/fused.hpp>
#include <ashlar/backend/cpu/fused/fused_part.hpp>
#include <ashlar/backend/cpu/simd/part_access.hpp>

namespace ashlar::inline ASHLAR_ABI::detail {

/// Zeros behind so many bytes: what stands there is computed with, too.
[[gnu::noinline]] inline void fill_lanes(char (&lanes)[64], char const* from, std::size_t count) {
  std::memset(lanes, 0, sizeof lanes);
  std::memcpy(lanes, from, count);
}

[[gnu::noinline]] inline void give_lanes(char* to, char const (&lanes)[64], std::size_t count) {
  std::memcpy(to, lanes, count);
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

  /// From here on what moves is read here, and outputs are written here; those of a column kernel, and those that keep
  /// something, to what they hold.
  template <int... M, int... O>
  ASHLAR_INLINE_LEVEL void take(State& s, [[maybe_unused]] std::int64_t at, [[maybe_unused]] int count,
                                list_places<std::integer_sequence<int, M...>, std::integer_sequence<int, O...>>) {
    using p = fused_pass<program, Pass>;
    s.staged = at;
    (take_input<p::in.moving.of[M]>(s, at, count), ...);
    (take_output<p::in.outputs.of[O]>(s, at, count), ...);
  }
  template <int... O>
  ASHLAR_INLINE_LEVEL void give(State& s, [[maybe_unused]] std::int64_t at, [[maybe_unused]] int count,
                                std::integer_sequence<int, O...>) {
    (give_output<fused_pass<program, Pass>::in.outputs.of[O]>(s, at, count), ...);
  }

 private:
  using T = typename State::S::element;
  /// Whether the first lanes of a vector pass by instructions of their own, not by bytes.
  template <class E>
  static constexpr bool passes_lanes = std::is_same_v<E, T>&& State::set != instruction_set::baseline;

  template <class E>
  ASHLAR_INLINE_LEVEL static void take_part(lanes& own, char const* from, int count) {
    if constexpr (passes_lanes<E>) {
      typename State::vector v;
      load_part<T, State::set>(v, reinterpret_cast<T const*>(from), count);
      State::S::store(v, reinterpret_cast<T*>(own.bytes));
    } else {
      fill_lanes(own.bytes, from, static_cast<std::size_t>(count) * sizeof(E));
    }
  }
  template <class E>
  ASHLAR_INLINE_LEVEL static void give_part(char* to, lanes const& own, int count) {
    if constexpr (passes_lanes<E>) {
      typename State::vector v;
      State::S::load(v, reinterpret_cast<T const*>(own.bytes));
      store_part<T, State::set>(v, reinterpret_cast<T*>(to), count);
    } else {
      give_lanes(to, own.bytes, static_cast<std::size_t>(count) * sizeof(E));
    }
  }
  template <int K>
  ASHLAR_INLINE_LEVEL void take_input(State& s, [[maybe_unused]] std::int64_t at, [[maybe_unused]] int count) {
    if constexpr (State::template reads_vectors<K>) {
      using E = typename State::template input_type<K>;
      take_part<E>(room[K], s.from[K] + at * static_cast<std::int64_t>(sizeof(E)), count);
      s.from[K] = room[K].bytes;
    }
  }
  template <int O>
  ASHLAR_INLINE_LEVEL void take_output(State& s, [[maybe_unused]] std::int64_t at, [[maybe_unused]] int count) {
    if constexpr (State::template writes_vectors<O>) {
      using E = typename State::template output_type<O>;
      lanes& own = room[program::inputs + O];
      if constexpr (program::column || fused_pass<program, Pass>::in.reads_kept)
        take_part<E>(own, s.to[O] + at * static_cast<std::int64_t>(sizeof(E)), count);
      s.to[O] = own.bytes;
    }
  }
  template <int O>
  ASHLAR_INLINE_LEVEL void give_output(State& s, [[maybe_unused]] std::int64_t at, [[maybe_unused]] int count) {
    if constexpr (State::template writes_vectors<O>) {
      using E = typename State::template output_type<O>;
      s.template begin_output<O>();
      give_part<E>(s.to[O] + at * static_cast<std::int64_t>(sizeof(E)), room[program::inputs + O], count);
    }
  }
};

}  // namespace ashlar::inline ASHLAR_ABI::detail
