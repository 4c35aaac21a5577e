// SPDX-License-Identifier: MIT
#pragma once
#include <limits>
#include <utility>

#include <ashlar/backend/cpu/fused/fused_kept.hpp>
#include <ashlar/backend/cpu/kernel.hpp>
#include <ashlar/backend/cpu/simd/lane_operations.hpp>
#include <ashlar/backend/cpu/simd/random_lanes.hpp>
#include <ashlar/backend/fused_program.hpp>

namespace ashlar::inline ASHLAR_ABI::detail {

/// Registers and addresses of one call. No function that is not inlined sees them: so compilers keep them in registers.
template <class Code, class T, instruction_set Set>
struct fused_state {
  using program = fused_program<Code>;
  using S = simd<T, Set>;
  using vector = typename S::vector;
  static constexpr instruction_set set = Set;
  static constexpr int width = S::width;
  kernel_arguments const& args;
  std::int64_t* const offset;  // elements, of every operand
  static constexpr int first_value = program::inputs, first_constant = first_value + program::count;
  vector held[first_constant + program::constants() + 1]{};  // inputs, values of instructions, constants
  char const* from[program::inputs + 1]{};                   // of a run along the innermost axis: where it begins
  char* to[program::outputs + 1]{};
  std::int64_t staged = 0;  // the element that they point at, where whole vectors are read and written

  ASHLAR_INLINE fused_state(kernel_arguments const& a, std::int64_t* offsets) : args(a), offset(offsets) {
    read_constants(std::make_integer_sequence<int, program::constants()>{});
  }

  /// Where an instruction's operand is held.
  static constexpr int place(int argument) {
    if (argument >= 0) return first_value + argument;
    if (argument > constant_base) return -1 - argument;
    return first_constant + (argument > whole_constant_base ? constant_base : whole_constant_base) - argument;
  }

  /// Whether input K is the same along the innermost axis.
  template <int K>
  static constexpr bool stays = program::input_access(K) == access::splat;
  template <int K>
  static constexpr bool is_in_memory =
      program::input_element(K) != element::iota&& program::input_element(K) != element::random;

  template <int K>
  using input_type = typename stored_type<T, program::input_element(K)>::type;
  template <int O>
  using output_type = typename stored_type<T, program::output_element(O)>::type;
  /// Whether input K is read as it lies, bytes as numbers among them.
  template <int K>
  static constexpr bool reads_vectors = is_in_memory<K>&& program::input_access(K) == access::contiguous &&
                                        (std::is_same_v<input_type<K>, lane_number<S, program::input_lane(K)>> ||
                                         (program::input_element(K) == element::byte &&
                                          std::is_same_v<lane_number<S, program::input_lane(K)>, T>));
  /// Whether output O is written as its lanes lie.
  template <int O>
  static constexpr bool writes_vectors =
      program::output_access(O) == access::contiguous&& std::is_same_v<
                                       output_type<O>, lane_number<S, program::lane(program::output_instruction(O))>>;

  /// Input K at the beginning of a run along the innermost axis.
  template <int K>
  ASHLAR_INLINE void begin_input() {
    if constexpr (stays<K>)
      read_whole_run<K>();
    else if constexpr (is_in_memory<K>)
      from[K] = args.operands[K] + offset[K] * static_cast<std::int64_t>(sizeof(input_type<K>));
  }
  template <int O>
  ASHLAR_INLINE void begin_output() {
    constexpr int k = program::inputs + O;
    to[O] = args.operands[k] + offset[k] * static_cast<std::int64_t>(sizeof(output_type<O>));
  }

  /// Loads input K for `count` elements at, at + 1, ... along the innermost axis.
  template <int K>
  ASHLAR_INLINE void read(std::int64_t at, int count, std::int64_t distance) {
    constexpr element e = program::input_element(K);
    using N = lane_number<S, program::input_lane(K)>;
    vector& v = held[K];
    [[maybe_unused]] N part[width];
    if constexpr (e == element::iota) {
      count_up<N>(v, offset[K] + at * distance, distance);
      if constexpr (is_whole(program::input_lane(K))) wrap_around<S, program::input_lane(K)>(v);
    } else if constexpr (e == element::random) {
      random_part(part, stream<K>(), offset[K] + at * distance, distance, count);
      S::load(v, part);
    } else {
      auto const* const p = reinterpret_cast<input_type<K> const*>(from[K]);
      if constexpr (reads_vectors<K>) {
        S::load(v, p + (at - staged));
      } else {
        gather_part(part, p + at * distance, distance, count);
        S::load(v, part);
      }
    }
  }
  /// begin, begin + distance, ...
  template <class N>
  ASHLAR_INLINE static void count_up(vector& v, std::int64_t begin, std::int64_t distance) {
    if constexpr (std::is_same_v<N, T>) {
      S::lane_numbers(v);
      v = v * static_cast<T>(distance) + static_cast<T>(begin);
    } else {
      using natural = std::make_unsigned_t<N>;
      typename S::words lane;
      for (int i = 0; i < width; ++i) lane[i] = static_cast<natural>(i);
      v = reinterpret_cast<vector>(lane * static_cast<natural>(distance) + static_cast<natural>(begin));
    }
  }
  /// The stream of random input K: the K-th random input's number behind the strides.
  template <int K>
  ASHLAR_INLINE random_stream stream() const {
    constexpr int ordinal = [] {
      int n = 0;
      for (int k = 0; k < K; ++k) n += program::input_element(k) == element::random;
      return n;
    }();
    std::int64_t axes = args.numbers[0];
    std::int64_t const* tail = args.numbers + 3 + axes + axes * program::operands;
    std::uint64_t key = static_cast<std::uint64_t>(tail[(program::column ? program::outputs + 2 : 0) + ordinal]);
    return {seed(args.seed), key + args.iteration * 0x9E3779B97F4A7C15u, args.step};
  }

  /// Loads input K, which stays the same.
  template <int K>
  ASHLAR_INLINE void read_whole_run() {
    constexpr element e = program::input_element(K);
    using N = lane_number<S, program::input_lane(K)>;
    vector& v = held[K];
    if constexpr (e == element::scalar) {
      S::splat(v, static_cast<N>(*reinterpret_cast<double const*>(args.operands[K])));
    } else if constexpr (e == element::iota) {
      S::splat(v, static_cast<N>(offset[K]));
      if constexpr (is_whole(program::input_lane(K))) wrap_around<S, program::input_lane(K)>(v);
    } else if constexpr (e == element::random) {
      N part[width];
      random_part(part, stream<K>(), offset[K], 0, 1);
      S::splat(v, part[0]);
    } else {
      using E = typename stored_type<T, e>::type;
      S::splat(v, static_cast<N>(*(reinterpret_cast<E const*>(args.operands[K]) + offset[K])));
    }
  }
  template <int... C>
  ASHLAR_INLINE void read_constants(std::integer_sequence<int, C...>) {
    (read_constant<C>(), ...);
  }
  template <int C>
  ASHLAR_INLINE void read_constant() {
    using N = std::conditional_t<program::is_whole_constant(C), typename S::bits, T>;
    S::splat(held[first_constant + C], static_cast<N>(args.constants[C]));
  }

  template <int I>
  ASHLAR_INLINE void execute() {
    constexpr op code = program::code(I);
    constexpr lane_type taken = program::argument_lane(I, 0), made = program::lane(I);
    vector& r = held[first_value + I];
    vector const& a = held[place(program::argument(I, 0))];
    [[maybe_unused]] vector const& b = held[place(program::argument(I, program::arity(I) > 1 ? 1 : 0))];
    if constexpr (code == op::convert || code == op::broadcast) {
      convert_lanes<S, taken, made>(r, a);
    } else if constexpr (code == op::select) {
      vector zero{};
      S::choose(r, a != zero, b, held[place(program::argument(I, 2))]);
    } else if constexpr (code == op::greater || code == op::equal) {
      compare_lanes<S, code, is_whole(taken)>(r, a, b);
    } else if constexpr (is_whole(made)) {
      compute_whole<S, code>(r, a, b);
      wrap_around<S, made>(r);
    } else {
      compute_lanes<S, code>(r, a, b);
      if constexpr (made == lane_type::truth) convert_lanes<S, lane_type::floating, made>(r, r);
    }
  }
  /// Writes the value that is kept to the row of its output, and reads it from there.
  ASHLAR_INLINE void keep(std::int64_t at) const {
    constexpr kept_value kept = kept_in<program>;
    S::store(held[first_value + kept.instruction], reinterpret_cast<T*>(to[kept.output]) + (at - staged));
  }
  ASHLAR_INLINE void read_kept(std::int64_t at) {
    constexpr kept_value kept = kept_in<program>;
    S::load(held[first_value + kept.instruction], reinterpret_cast<T const*>(to[kept.output]) + (at - staged));
  }
  template <int O>
  ASHLAR_INLINE void write(std::int64_t at, int count, std::int64_t distance) const {
    vector const& v = held[first_value + program::output_instruction(O)];
    auto* const p = reinterpret_cast<output_type<O>*>(to[O]);
    if constexpr (writes_vectors<O>) {
      S::store(v, p + (at - staged));
    } else {
      lane_number<S, program::lane(program::output_instruction(O))> part[width];
      S::store(v, part);
      scatter_part(p + at * distance, distance, part, count);
    }
  }
};

/// What scatter_part is for a reduction: combines the numbers with those that stand there.
template <class T, class From, op Code>
[[gnu::noinline]] void accumulate_part(T* to, std::int64_t distance, From const* from, int count) {
  for (int i = 0; i < count; ++i) {
    T& t = to[i * distance];
    if constexpr (Code == op::max)
      t = larger_or_nan(t, static_cast<T>(from[i]));
    else
      t = sum_of(t, static_cast<T>(from[i]));
  }
}

}  // namespace ashlar::inline ASHLAR_ABI::detail
