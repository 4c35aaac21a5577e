// SPDX-License-Identifier: MIT
#pragma once
#include <ashlar/backend/thrust/conv.hpp>
#include <ashlar/backend/thrust/divided_reductions.hpp>
#include <ashlar/backend/thrust/launch.hpp>
#include <ashlar/backend/thrust/matmul.hpp>
#include <ashlar/backend/thrust/moves.hpp>
#include <ashlar/backend/thrust/scatter.hpp>
#if ASHLAR_GPU
#include <ashlar/backend/thrust/gpu/custom.hpp>
#include <ashlar/backend/thrust/gpu/libraries/kernels.hpp>
#else
#include <ashlar/backend/thrust/shared_kernel.hpp>
#endif
#include <ashlar/backend/thrust/tiled_weights.hpp>
#include <ashlar/backend/thrust/window.hpp>
#include <ashlar/plan/tables.hpp>

namespace ashlar::inline ASHLAR_ABI::detail::inline ASHLAR_DEVICE_ABI {

using launch_function = launch_status (*)(launch_arguments const&);

/// The functor of a kernel's integer pack: equal packs of different networks are one kernel. A convolution's workspace
/// is nothing to a device. Rounds: factors of products and convolutions to bf16.
template <bool Rounds, int... Code>
constexpr auto functor_of() {
  using code [[maybe_unused]] = kernel_code<Code...>;
  constexpr kernel_kind kind = code::kind;
  static_assert(kind != kernel_kind::strided_matmul, "ashlar: plans of the device policy copy parts of matrices");
  if constexpr (kind == kernel_kind::row)
    return row_functor<Code...>{};
  else if constexpr (kind == kernel_kind::column)
    return column_functor<Code...>{};
  else if constexpr (kind == kernel_kind::matmul)
    return std::conditional_t<ASHLAR_GPU, tiled_matmul_functor<Code..., Rounds>, matmul_functor<Code..., Rounds>>{};
  else if constexpr (kind < kernel_kind::conv_weight)
    return std::conditional_t<ASHLAR_GPU, tiled_conv_functor<code::at[0], code::at[1], Rounds>,
                              conv_functor<code::at[0], code::at[1], Rounds>>{};
  else if constexpr (kind == kernel_kind::conv_weight)
    return conv_functor<code::at[0], code::at[1], Rounds>{};
  else if constexpr (kind <= kernel_kind::window_spread)
    return window_functor<Code...>{};
  else if constexpr (kind == kernel_kind::move)
    return move_functor<Code...>{};
  else if constexpr (kind == kernel_kind::pad)
    return pad_functor<Code...>{};
  else if constexpr (kind == kernel_kind::concat)
    return concat_functor<Code...>{};
  else if constexpr (kind == kernel_kind::cumsum)
    return cumsum_functor<Code...>{};
  else if constexpr (kind == kernel_kind::gather || kind == kernel_kind::scatter)
    return gather_functor<Code...>{};
  else {
    static_assert(kind == kernel_kind::permutation, "ashlar: the device policy has no kernel of this kind");
    return permutation_functor<Code...>{};
  }
}

/// Who takes the units of a kernel of fused steps in a program, whose extents are known.
template <class Functor, class Tables>
constexpr unit_takers takers_of([[maybe_unused]] Tables const& tables, [[maybe_unused]] int kernel) {
#if ASHLAR_GPU
  bool by_threads = false, by_blocks = false;
  for (int s = 0; s < tables.sizes.steps; ++s)
    if (tables.steps[s].kernel == kernel)
      (Functor::packets(tables.numbers + tables.steps[s].numbers) < packets_for_a_block ? by_threads : by_blocks) =
          true;
  if (by_threads != by_blocks) return by_blocks ? unit_takers::blocks : unit_takers::threads;
#endif
  return unit_takers::either;
}

/// What launches each kernel of a program. Products of matrices and convolutions go to kernels of a library (on a CPU
/// the cpu policy's, which round nothing) unless Own says that Ashlar's own for devices are to run.
template <class Program, bool Own, bool Rounds>
struct launch_table {
  static constexpr auto const& tables = Program::tables;
  static constexpr int count = tables.sizes.kernels - 1;
  static constexpr bool by_library = !Own && (ASHLAR_GPU || !Rounds);

  /// Bytes that a kernel's steps need where their reductions are divided; 0: none is.
  template <int Kernel, int... Code>
  static constexpr std::int64_t bytes_of_parts() {
    std::int64_t most = 0;
    if constexpr (ASHLAR_GPU && may_be_divided<Code...>())
      for (int s = 0; s < tables.sizes.steps; ++s)
        if (tables.steps[s].kernel == Kernel) {
          std::int64_t const bytes = bytes_of_divided<Code...>(tables.numbers + tables.steps[s].numbers);
          most = bytes > most ? bytes : most;
        }
    return most;
  }
  template <int Kernel, int... Code>
  static constexpr launch_function function_of() {
    using code [[maybe_unused]] = kernel_code<Code...>;
    if constexpr (code::kind == kernel_kind::custom)
      return launch_custom<tables.customs[code::at[1]]>;
    else if constexpr (code::kind == kernel_kind::matmul && by_library)
      return launch_product<Rounds, Code...>;
    else if constexpr (code::kind >= kernel_kind::conv && code::kind <= kernel_kind::conv_weight && by_library)
      return launch_convolution<Rounds, Code...>;
    else if constexpr (code::kind == kernel_kind::scatter)
      return launch_scatter<Code...>;
#if ASHLAR_GPU
    else if constexpr (code::kind == kernel_kind::conv_weight)
      return launch_weights<code::at[0], code::at[1], Rounds>;
    else if constexpr (bytes_of_parts<Kernel, Code...>() > 0)
      return launch_divided<Code...>;
#endif
    else if constexpr (code::kind == kernel_kind::row || code::kind == kernel_kind::column) {
      using functor = decltype(functor_of<Rounds, Code...>());
      return launch<functor, takers_of<functor>(tables, Kernel)>;
    } else
      return launch<decltype(functor_of<Rounds, Code...>())>;
  }
  /// A kernel's integers by themselves: looking each of them up among all of a program's takes nvcc's front ends most
  /// of a millisecond.
  template <int Kernel>
  struct integers_of {
    static constexpr int count = tables.kernel_begin[Kernel + 1] - tables.kernel_begin[Kernel];
    struct list {
      int at[count];
    };
    static constexpr list code = [] {
      list copied{};
      for (int i = 0; i < count; ++i) copied.at[i] = tables.code[tables.kernel_begin[Kernel] + i];
      return copied;
    }();
  };
  template <int Kernel, int... I>
  static constexpr launch_function make_entry(std::integer_sequence<int, I...>) {
    return function_of<Kernel, integers_of<Kernel>::code.at[I]...>();
  }
  template <int Kernel, int... I>
  static constexpr std::int64_t make_bytes(std::integer_sequence<int, I...>) {
    return bytes_of_parts<Kernel, integers_of<Kernel>::code.at[I]...>();
  }
  template <int Kernel>
  using code_of = std::make_integer_sequence<int, integers_of<Kernel>::count>;
  struct table {
    launch_function of[count + 1];
    std::int64_t bytes[count + 1];  // of workspace that divided reductions need
  };
  template <int... Kernel>
  static constexpr table make(std::integer_sequence<int, Kernel...>) {
    return {{make_entry<Kernel>(code_of<Kernel>{})...}, {make_bytes<Kernel>(code_of<Kernel>{})...}};
  }
  static constexpr table functions = make(std::make_integer_sequence<int, count>{});

  /// How many kernels of our own a step launches: one, and where it is divided those that put the parts together.
  static constexpr int launches_of(int step) {
    return launches_of(tables.steps[step], std::make_integer_sequence<int, count>{});
  }

 private:
  template <int Kernel, int... I>
  static constexpr int launches_of(std::int64_t const* numbers, std::integer_sequence<int, I...>) {
#if ASHLAR_GPU
    if (tables.code[tables.kernel_begin[Kernel]] == static_cast<int>(kernel_kind::conv_weight))
      return weight_parts(numbers).count == 1 ? 1 : 2;
#endif
    if constexpr (functions.bytes[Kernel] > 0)
      if (bytes_of_divided<integers_of<Kernel>::code.at[I]...>(numbers) > 0)
        return decltype(functors_of_divided<integers_of<Kernel>::code.at[I]...>())::count;
    return 1;
  }
  template <int... Kernel>
  static constexpr int launches_of(step_entry const& s, std::integer_sequence<int, Kernel...>) {
    return ((s.kernel == Kernel ? launches_of<Kernel>(tables.numbers + s.numbers, code_of<Kernel>{}) : 0) + ... + 0);
  }
};

}  // namespace ashlar::inline ASHLAR_ABI::detail::inline ASHLAR_DEVICE_ABI
