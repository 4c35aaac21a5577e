// SPDX-License-Identifier: MIT
#pragma once
#include <ashlar/backend/cpu/fused.hpp>
#include <ashlar/backend/cpu/part_access.hpp>

namespace ashlar::inline ASHLAR_ABI::detail {

/// Zeros behind so many bytes: what stands there is computed with, too.
[[gnu::noinline]] inline void fill_lanes(char (&lanes)[64], char const* from, std::size_t count) {
  std::memset(lanes, 0, sizeof lanes);
  std::memcpy(lanes, from, count);
}

/// Where the last elements of a run lie while they are computed, if they are less than a vector: so the loop over a run
/// reads and writes whole vectors alone, and calls nothing that would drive its sums out of registers.
template <class State>
struct fused_tail {
  using program = typename State::program;
  struct alignas(64) lanes {
    char bytes[64];
  };
  lanes room[program::operands + 1];

  /// From here on the inputs that Need names are read here.
  template <class Need, int... K>
  ASHLAR_INLINE void take_inputs(State& s, std::int64_t at, [[maybe_unused]] int count,
                                 std::integer_sequence<int, K...>) {
    s.staged = at;
    (take_input<Need, K>(s, at, count), ...);
  }
  /// From here on outputs are written here; `adds`: to what they hold.
  template <int... O>
  ASHLAR_INLINE void take_outputs(State& s, [[maybe_unused]] std::int64_t at, [[maybe_unused]] int count,
                                  [[maybe_unused]] bool adds, std::integer_sequence<int, O...>) {
    (take_output<O>(s, at, count, adds), ...);
  }
  template <int... O>
  ASHLAR_INLINE void give_outputs(State& s, [[maybe_unused]] std::int64_t at, [[maybe_unused]] int count,
                                  std::integer_sequence<int, O...>) {
    (give_output<O>(s, at, count), ...);
  }

 private:
  using T = typename State::S::element;

  template <class E>
  ASHLAR_INLINE static void take(lanes& own, char const* from, int count) {
    if constexpr (std::is_same_v<E, T>) {
      typename State::vector v;
      load_part<T, State::set>(v, reinterpret_cast<T const*>(from), count);
      State::S::store(v, reinterpret_cast<T*>(own.bytes));
    } else {
      fill_lanes(own.bytes, from, static_cast<std::size_t>(count) * sizeof(E));
    }
  }
  template <class E>
  ASHLAR_INLINE static void give(char* to, lanes const& own, int count) {
    if constexpr (std::is_same_v<E, T>) {
      typename State::vector v;
      State::S::load(v, reinterpret_cast<T const*>(own.bytes));
      store_part<T, State::set>(v, reinterpret_cast<T*>(to), count);
    } else {
      std::memcpy(to, own.bytes, static_cast<std::size_t>(count) * sizeof(E));
    }
  }
  template <class Need, int K>
  ASHLAR_INLINE void take_input(State& s, [[maybe_unused]] std::int64_t at, [[maybe_unused]] int count) {
    if constexpr (Need::value.input[K] && State::template reads_vectors<K>) {
      using E = typename State::template input_type<K>;
      take<E>(room[K], s.from[K] + at * static_cast<std::int64_t>(sizeof(E)), count);
      s.from[K] = room[K].bytes;
    }
  }
  template <int O>
  ASHLAR_INLINE void take_output(State& s, [[maybe_unused]] std::int64_t at, [[maybe_unused]] int count,
                                 [[maybe_unused]] bool adds) {
    if constexpr (State::template writes_vectors<O>) {
      using E = typename State::template output_type<O>;
      lanes& own = room[program::inputs + O];
      if (adds) take<E>(own, s.to[O] + at * static_cast<std::int64_t>(sizeof(E)), count);
      s.to[O] = own.bytes;
    }
  }
  template <int O>
  ASHLAR_INLINE void give_output(State& s, [[maybe_unused]] std::int64_t at, [[maybe_unused]] int count) {
    if constexpr (State::template writes_vectors<O>) {
      using E = typename State::template output_type<O>;
      s.template begin_output<O>();
      give<E>(s.to[O] + at * static_cast<std::int64_t>(sizeof(E)), room[program::inputs + O], count);
    }
  }
};

}  // namespace ashlar::inline ASHLAR_ABI::detail
