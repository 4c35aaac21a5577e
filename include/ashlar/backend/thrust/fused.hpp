// SPDX-License-Identifier: MIT
#pragma once
#include <utility>

#include <ashlar/backend/fused_program.hpp>
#include <ashlar/backend/thrust/arithmetic.hpp>
#include <ashlar/backend/thrust/kernel_values.hpp>
#include <ashlar/core/random.hpp>

namespace ashlar::inline ASHLAR_ABI::detail::inline ASHLAR_DEVICE_ABI {

/// The types of a fused kernel: what a lane of each register holds, and how many lanes there are.
template <class Code>
struct fused_types {
  using program = fused_program<Code>;
  static constexpr bool wide = Code::at[fused_code::wide] != 0;
  using floating = std::conditional_t<wide, double, float>;
  using whole = std::conditional_t<wide, std::int64_t, std::int32_t>;
  template <lane_type L>
  using number = std::conditional_t<is_whole(L), whole, floating>;
  static constexpr int lanes = packet_size<floating>;
  template <lane_type L>
  using lane_packet = packet<number<L>, lanes>;
};

/// A register of its own for each number I.
template <int I, class V>
struct numbered {
  V value;
};
template <int I, class V>
ASHLAR_INLINE ASHLAR_HD V& held(numbered<I, V>& r) {
  return r.value;
}
template <int I, class V>
ASHLAR_INLINE ASHLAR_HD V const& held(numbered<I, V> const& r) {
  return r.value;
}
template <class Types, class Inputs>
struct input_registers;
template <class Types, int... K>
struct input_registers<Types, std::integer_sequence<int, K...>>
    : numbered<K, typename Types::template lane_packet<Types::program::input_lane(K)>>... {};
template <class Types, class Instructions>
struct value_registers;
template <class Types, int... I>
struct value_registers<Types, std::integer_sequence<int, I...>>
    : numbered<I, typename Types::template lane_packet<Types::program::lane(I)>>... {};

/// The registers and addresses of one thread in a fused kernel.
template <class Code>
struct fused_registers {
  using types = fused_types<Code>;
  using program = fused_program<Code>;
  using T = typename types::floating;
  static constexpr int lanes = types::lanes;
  static constexpr int operands = program::operands;  // without the workspace of the cpu's kernels
  template <lane_type L>
  using number = typename types::template number<L>;

  kernel_values<operands> const& given;
  input_registers<types, std::make_integer_sequence<int, program::inputs>> input;
  value_registers<types, std::make_integer_sequence<int, program::count>> value;
  std::int64_t offset[operands];  // elements

  ASHLAR_INLINE ASHLAR_HD explicit fused_registers(kernel_values<operands> const& v) : given(v) {}

  /// Lane k of operand A of an instruction.
  template <int A, class N>
  ASHLAR_INLINE ASHLAR_HD auto fetch(int k, N) const {
    if constexpr (A >= 0)
      return held<A>(value).at[k];
    else if constexpr (A > constant_base)
      return held<-1 - A>(input).at[k];
    else if constexpr (A > whole_constant_base)
      return static_cast<T>(given.constants[constant_base - A]);
    else
      return static_cast<typename types::whole>(given.constants[whole_constant_base - A]);
  }

  /// Reads input K for `count` elements at, at + 1, ... along the innermost axis, on which they lie `distance` apart.
  template <int K>
  ASHLAR_INLINE ASHLAR_HD void read(std::int64_t at, int count, std::int64_t distance) {
    constexpr element e = program::input_element(K);
    constexpr access how = program::input_access(K);
    constexpr lane_type lane = program::input_lane(K);
    using N = number<lane>;
    auto& r = held<K>(input);
    std::int64_t const begin = offset[K];
    if constexpr (e == element::scalar) {
      splat(r, static_cast<N>(*given.template at<double const>(K)));
    } else if constexpr (e == element::iota) {
      ASHLAR_UNROLL
      for (int k = 0; k < lanes; ++k)
        r.at[k] = numbered_element<lane, N>(how == access::splat ? begin : begin + (at + k) * distance);
    } else if constexpr (e == element::random) {
      if constexpr (how == access::splat)
        splat(r, static_cast<N>(stream<K>().uniform(static_cast<std::uint64_t>(begin))));
      else
        draw(r, stream<K>(), static_cast<std::uint64_t>(begin + at * distance), static_cast<std::uint64_t>(distance));
    } else {
      using E = typename stored_type<T, e>::type;
      E const* const from = given.template at<E const>(K) + begin;
      if constexpr (how == access::splat) {
        splat(r, static_cast<N>(*from));
      } else if constexpr (how == access::contiguous && std::is_same_v<E, N>) {
        load(r, from + at, count);
      } else {
        ASHLAR_UNROLL
        for (int k = 0; k < lanes; ++k) r.at[k] = k < count ? static_cast<N>(from[(at + k) * distance]) : N{};
      }
    }
  }
  template <lane_type L, class N>
  ASHLAR_INLINE ASHLAR_HD static N numbered_element(std::int64_t i) {
    if constexpr (is_whole(L))
      return wrapped<L>(static_cast<N>(i));
    else
      return static_cast<N>(i);
  }
  template <class N>
  ASHLAR_INLINE ASHLAR_HD static void draw(packet<N, lanes>& r, random_stream const& stream, std::uint64_t first,
                                           std::uint64_t distance) {
    if (distance == 1 && first % 4 == 0 && lanes % 4 == 0) {
      ASHLAR_UNROLL
      for (int k = 0; k < lanes; k += 4) {
        philox_block const block = stream.block((first + static_cast<std::uint64_t>(k)) / 4);
        ASHLAR_UNROLL
        for (int w = 0; w < 4; ++w) r.at[k + w] = static_cast<N>(random_stream::to_uniform(block.word[w]));
      }
    } else {
      ASHLAR_ROLL
      for (int k = 0; k < lanes; ++k) {
        N const x = static_cast<N>(stream.uniform(first + static_cast<std::uint64_t>(k) * distance));
        ASHLAR_UNROLL
        for (int w = 0; w < lanes; ++w)  // by number: what is found by an index lies in memory, not in registers
          if (w == k) r.at[w] = x;
      }
    }
  }
  /// The stream of random input K: the numbers of random inputs stand behind the strides and what columns have.
  template <int K>
  ASHLAR_INLINE ASHLAR_HD random_stream stream() const {
    constexpr int before = randoms_before(K);
    std::int64_t const axes = given.numbers[0];
    std::int64_t const place = 3 + axes + axes * program::operands + (program::column ? program::outputs + 2 : 0);
    std::uint64_t const key = static_cast<std::uint64_t>(given.numbers[place + before]);
    return {seed(given.now->seed), key + given.iteration * 0x9E3779B97F4A7C15u, given.now->step};
  }
  ASHLAR_HD static constexpr int randoms_before(int input) {
    int n = 0;
    for (int k = 0; k < input; ++k) n += program::input_element(k) == element::random;
    return n;
  }

  template <int I>
  ASHLAR_INLINE ASHLAR_HD void execute() {
    constexpr op code = program::code(I);
    constexpr lane_type from = program::argument_lane(I, 0), to = program::lane(I);
    constexpr int x = program::argument(I, 0), y = program::arity(I) > 1 ? program::argument(I, 1) : x,
                  z = program::arity(I) > 2 ? program::argument(I, 2) : x;
    using N = number<to>;
    auto& r = held<I>(value);
    if constexpr (is_elementary<code> && !is_whole(to)) {
      packet<N, lanes> in;
      ASHLAR_UNROLL
      for (int k = 0; k < lanes; ++k) in.at[k] = fetch<x>(k, N{});
      elementary_packet<code>(r, in);
      if constexpr (to == lane_type::truth) {
        ASHLAR_UNROLL
        for (int k = 0; k < lanes; ++k) r.at[k] = static_cast<N>(r.at[k] != N{});
      }
    } else {
      ASHLAR_UNROLL
      for (int k = 0; k < lanes; ++k) {
        auto const a = fetch<x>(k, N{});
        if constexpr (code == op::convert || code == op::broadcast) {
          r.at[k] = converted<from, to, N>(a);
        } else if constexpr (code == op::select) {
          r.at[k] = a != decltype(a){} ? static_cast<N>(fetch<y>(k, N{})) : static_cast<N>(fetch<z>(k, N{}));
        } else if constexpr (code == op::greater) {
          r.at[k] = static_cast<N>(a > fetch<y>(k, N{}));
        } else if constexpr (code == op::equal) {
          r.at[k] = static_cast<N>(a == fetch<y>(k, N{}));
        } else if constexpr (is_whole(to)) {
          r.at[k] = wrapped<to>(whole_result<code>(static_cast<N>(a), static_cast<N>(fetch<y>(k, N{}))));
        } else {
          N const result = floating_result<code>(static_cast<N>(a), static_cast<N>(fetch<y>(k, N{})));
          r.at[k] = to == lane_type::truth ? static_cast<N>(result != N{}) : result;
        }
      }
    }
  }

  /// Writes output O for `count` elements.
  template <int O>
  ASHLAR_INLINE ASHLAR_HD void write(std::int64_t at, int count, std::int64_t distance) const {
    using E = typename stored_type<T, program::output_element(O)>::type;
    using N = number<program::lane(program::output_instruction(O))>;
    auto const& r = held<program::output_instruction(O)>(value);
    E* const to = given.template at<E>(program::inputs + O) + offset[program::inputs + O];
    if constexpr (program::output_access(O) == access::contiguous && std::is_same_v<E, N>) {
      store(r, to + at, count);
    } else {
      ASHLAR_UNROLL
      for (int k = 0; k < lanes; ++k)
        if (k < count) to[(at + k) * distance] = static_cast<E>(r.at[k]);
    }
  }
};

}  // namespace ashlar::inline ASHLAR_ABI::detail::inline ASHLAR_DEVICE_ABI
