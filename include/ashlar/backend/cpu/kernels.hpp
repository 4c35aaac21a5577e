// SPDX-License-Identifier: MIT
#pragma once
#include <ashlar/backend/cpu/conv.hpp>
#include <ashlar/backend/cpu/fused_loops.hpp>
#include <ashlar/backend/cpu/window.hpp>

namespace ashlar::inline ASHLAR_ABI::detail {

/// The kernel that an integer pack names, for one instruction set: equal packs are one function in the program.
template <instruction_set Set, int... Code>
ASHLAR_INLINE void run_kernel(kernel_arguments const& args) {
  using code = kernel_code<Code...>;
  if constexpr (code::kind == kernel_kind::row || code::kind == kernel_kind::column) {
    fused_kernel<code, std::conditional_t<code::at[fused_code::wide] != 0, double, float>, Set>::run(args);
  } else if constexpr (code::kind == kernel_kind::matmul) {
    matmul_kernel<code, Set>::run(args);
  } else if constexpr (code::kind == kernel_kind::conv || code::kind == kernel_kind::conv_data ||
                       code::kind == kernel_kind::conv_weight) {
    conv_kernel<code, Set>::run(args);
  } else if constexpr (code::kind == kernel_kind::permute) {
    permute_kernel<code>::run(args);
  } else {
    window_kernel<code>::run(args);
  }
}

template <int... Code>
void baseline_kernel(kernel_arguments const& args) {
  run_kernel<instruction_set::baseline, Code...>(args);
}
template <int... Code>
ASHLAR_TARGET_AVX2 void avx2_kernel(kernel_arguments const& args) {
  run_kernel<instruction_set::avx2, Code...>(args);
}
template <int... Code>
ASHLAR_TARGET_AVX512 void avx512_kernel(kernel_arguments const& args) {
  run_kernel<instruction_set::avx512, Code...>(args);
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
  static constexpr entry functions_of() {
    return {{baseline_kernel<Code...>, avx2_kernel<Code...>, avx512_kernel<Code...>}};
  }
  template <int Kernel, int... I>
  static constexpr entry make_entry(std::integer_sequence<int, I...>) {
    return functions_of<tables.code[tables.kernel_begin[Kernel] + I]...>();
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
