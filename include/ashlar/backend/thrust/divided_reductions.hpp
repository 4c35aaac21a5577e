// SPDX-License-Identifier: MIT
#pragma once
#include <ashlar/backend/thrust/column_parts.hpp>
#include <ashlar/backend/thrust/launch.hpp>
#include <ashlar/backend/thrust/row_parts.hpp>

namespace ashlar::inline ASHLAR_ABI::detail::inline ASHLAR_DEVICE_ABI {

/// Whether a kernel has steps that may be divided: reductions that do not feed each other.
template <int... Code>
constexpr bool may_be_divided() {
  using code = kernel_code<Code...>;
  if constexpr (code::kind == kernel_kind::row)
    return fused_program<code>::passes == 1;
  else
    return code::kind == kernel_kind::column;
}
/// Bytes of workspace that a step of such a kernel takes; 0: it is not divided.
template <int... Code>
constexpr std::int64_t bytes_of_divided(std::int64_t const* numbers) {
  if constexpr (kernel_code<Code...>::kind == kernel_kind::row)
    return row_part_functor<Code...>::workspace(numbers);
  else
    return column_part_functor<Code...>::workspace(numbers);
}

#if ASHLAR_GPU
/// Launches a step of such a kernel, if it is divided its parts and what puts them together.
template <int... Code>
launch_status launch_divided(launch_arguments const& a) {
  constexpr bool is_row = kernel_code<Code...>::kind == kernel_kind::row;
  using whole = std::conditional_t<is_row, row_functor<Code...>, column_functor<Code...>>;
  if (bytes_of_divided<Code...>(a.numbers) == 0) return launch<whole>(a);
  char* operands[whole::operands + 1];
  for (int k = 0; k < whole::operands; ++k) operands[k] = a.operands[k];
  operands[whole::operands] = a.workspace;
  launch_arguments own = a;
  own.operands = operands;
  own.operand_count = whole::operands + 1;
  if constexpr (is_row) {
    launch_status status = launch<row_part_functor<Code...>>(own);
    if constexpr (whole::program::writes_elements())
      if (status == gpu_success) status = launch<row_of_parts_functor<true, Code...>>(own);
    if constexpr (whole::writes_row())
      if (status == gpu_success) status = launch<row_of_parts_functor<false, Code...>>(own);
    return status;
  } else {
    launch_status const status = launch<column_part_functor<Code...>>(own);
    return status == gpu_success ? launch<column_of_parts_functor<Code...>>(own) : status;
  }
}
#endif

}  // namespace ashlar::inline ASHLAR_ABI::detail::inline ASHLAR_DEVICE_ABI
