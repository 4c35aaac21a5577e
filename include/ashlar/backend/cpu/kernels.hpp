// SPDX-License-Identifier: MIT
#pragma once
#include <ashlar/backend/cpu/conv/conv.hpp>
#include <ashlar/backend/cpu/conv/window.hpp>
#include <ashlar/backend/cpu/custom_kernel.hpp>
#include <ashlar/backend/cpu/fused/fused_columns.hpp>
#include <ashlar/backend/cpu/fused/fused_rows.hpp>
#include <ashlar/backend/cpu/moves.hpp>
#include <ashlar/backend/cpu/product/finished_step.hpp>
#include <ashlar/backend/cpu/product/strided_matmul.hpp>
#include <ashlar/backend/cpu/update_chain.hpp>

namespace ashlar::inline ASHLAR_ABI::detail {

/// The fused kernel of an integer pack for each instruction set: equal packs are one function in the program.
template <instruction_set Set, int... Code>
struct fused_kernel {
  using code = kernel_code<Code...>;
  using number = std::conditional_t<code::at[fused_code::wide] != 0, double, float>;
  using type = std::conditional_t<code::kind == kernel_kind::row, fused_rows<code, number, Set>,
                                  fused_columns<code, number, Set>>;
};
template <instruction_set Set, int... Code>
using fused_kernel_on = typename fused_kernel<Set, Code...>::type;

template <int... Code>
ASHLAR_COMPILED_SOON void baseline_kernel(kernel_arguments const& args) {
  using kernel = fused_kernel_on<instruction_set::baseline, Code...>;
  kernel::run(args, typename kernel::places{});
}
template <int... Code>
ASHLAR_TARGET_AVX2 void avx2_kernel(kernel_arguments const& args) {
  using kernel = fused_kernel_on<instruction_set::avx2, Code...>;
  kernel::run(args, typename kernel::places{});
}
template <int... Code>
ASHLAR_TARGET_AVX512 void avx512_kernel(kernel_arguments const& args) {
  using kernel = fused_kernel_on<instruction_set::avx512, Code...>;
  kernel::run(args, typename kernel::places{});
}
/// A kernel that moves memory, or leaves the arithmetic to a function by instruction set.
template <int... Code>
void single_kernel(kernel_arguments const& args) {
  using code = kernel_code<Code...>;
  constexpr kernel_kind kind = code::kind;
  if constexpr (kind == kernel_kind::strided_matmul)
    strided_matmul_kernel<code>::run(args);
  else if constexpr (kind <= kernel_kind::conv_weight)
    conv_kernel<code>::run(args);
  else if constexpr (kind <= kernel_kind::window_spread)
    window_kernel<code>::run(args);
  else if constexpr (kind == kernel_kind::move)
    move_kernel<code>::run(args);
  else if constexpr (kind == kernel_kind::pad)
    pad_kernel<code>::run(args);
  else if constexpr (kind == kernel_kind::concat)
    concat_kernel<code>::run(args);
  else if constexpr (kind == kernel_kind::cumsum)
    cumsum_kernel<code>::run(args);
  else if constexpr (kind == kernel_kind::permutation)
    permutation_kernel::run(args);
  else
    gather_kernel<code>::run(args);
}

/// A product, as far as a program has cases of it.
template <product_cases Cases, int... Code>
void product_kernel(kernel_arguments const& args) {
  matmul_kernel<kernel_code<Code...>, Cases>::run(args);
}

/// The functions of all kernels of a program, for each instruction set.
template <class Program>
struct kernel_table {
  static constexpr auto const& tables = Program::tables;
  static constexpr int count = tables.sizes.kernels - 1;

  struct entry {
    kernel_function in_set[instruction_sets];
  };
  template <int... Code>
  static constexpr kernel_function fused_function([[maybe_unused]] instruction_set set) {
    return ASHLAR_BY_SET(set, baseline_kernel<Code...>, avx2_kernel<Code...>, avx512_kernel<Code...>);
  }
  /// Whether a fused kernel's steps are of a few numbers each, such as those of a mean of losses: all processors run
  /// them by one function.
  template <int Kernel>
  static constexpr bool is_of_few_numbers() {
    constexpr std::int64_t few = 64;
    for (int s = 0; s < tables.sizes.steps; ++s) {
      if (tables.steps[s].kernel != Kernel) continue;
      std::int64_t const* const numbers = tables.numbers + tables.steps[s].numbers;
      std::int64_t elements = 1;
      for (int axis = 0; axis < numbers[0] && elements <= few; ++axis) elements *= numbers[3 + axis];
      if (elements > few) return false;
    }
    return true;
  }
  template <int Kernel, int... Code>
  static constexpr product_cases cases_of() {
    product_cases found{false, false, false, false, false, update_chain<Program>::is_used, false};
    for (int s = 0; s < tables.sizes.steps; ++s)
      if (tables.steps[s].kernel == Kernel) {
        found.template add<kernel_code<Code...>>(tables.numbers + tables.steps[s].numbers);
        found.adds |= has_addend(product_tails<Program>::found.of[s].kind);
      }
    return found;
  }
  template <int Kernel, int... Code>
  static constexpr entry functions_of() {
    constexpr kernel_kind kind = kernel_code<Code...>::kind;
    if constexpr (finishes_products<Program>(Kernel))
      return same_functions(finished_step<Code...>);
    else if constexpr ((kind == kernel_kind::row || kind == kernel_kind::column) && is_of_few_numbers<Kernel>())
      return same_functions(fused_function<Code...>(instruction_set::baseline));
    else if constexpr (kind == kernel_kind::row || kind == kernel_kind::column)
      return {{fused_function<Code...>(instruction_set::baseline), fused_function<Code...>(instruction_set::avx2),
               fused_function<Code...>(instruction_set::avx512)}};
    else if constexpr (kind == kernel_kind::matmul)
      return same_functions(product_kernel<cases_of<Kernel, Code...>(), Code...>);
    else if constexpr (kind == kernel_kind::custom)
      return same_functions(tables.customs[kernel_code<Code...>::at[1]]->cpu_kernel);
    else
      return same_functions(single_kernel<Code...>);
  }
  static constexpr entry same_functions(kernel_function f) { return {{f, f, f}}; }
  template <int Kernel, int... I>
  static constexpr entry make_entry(std::integer_sequence<int, I...>) {
    return functions_of<Kernel, tables.code[tables.kernel_begin[Kernel] + I]...>();
  }
  struct table {
    entry of[count + 1];
  };
  template <int... Kernel>
  static constexpr table make(std::integer_sequence<int, Kernel...>) {
    return {{make_entry<Kernel>(
        std::make_integer_sequence<int, tables.kernel_begin[Kernel + 1] - tables.kernel_begin[Kernel]>{})...}};
  }
  static constexpr table functions = make(std::make_integer_sequence<int, count>{});
};

}  // namespace ashlar::inline ASHLAR_ABI::detail
