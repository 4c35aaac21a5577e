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

/// Kernels that run one after the other.
template <class... Functor>
struct functors {
  static constexpr int count = sizeof...(Functor);
};
/// Those of such a step, if it is divided: its parts, and what puts them together.
template <int... Code>
constexpr auto functors_of_divided() {
  if constexpr (kernel_code<Code...>::kind == kernel_kind::column) {
    return functors<column_part_functor<Code...>, column_of_parts_functor<Code...>>{};
  } else {
    using whole = row_functor<Code...>;
    if constexpr (!whole::program::writes_elements())
      return functors<row_part_functor<Code...>, row_of_parts_functor<false, Code...>>{};
    else if constexpr (!whole::writes_row())
      return functors<row_part_functor<Code...>, row_of_parts_functor<true, Code...>>{};
    else
      return functors<row_part_functor<Code...>, row_of_parts_functor<true, Code...>,
                      row_of_parts_functor<false, Code...>>{};
  }
}
/// Calls use(arguments with a workspace behind the operands).
template <int... Code, class Use>
auto with_workspace(launch_arguments const& a, Use const& use) {
  constexpr int count = fused_program<kernel_code<Code...>>::operands;
  char* operands[count + 1];
  for (int k = 0; k < count; ++k) operands[k] = a.operands[k];
  operands[count] = a.workspace;
  launch_arguments own = a;
  own.operands = operands;
  own.operand_count = count + 1;
  return use(own);
}

#if ASHLAR_GPU
template <class... Functor>
launch_status launch_in_turn(launch_arguments const& a, functors<Functor...>) {
  launch_status status = gpu_success;
  ((status = status == gpu_success ? launch<Functor>(a) : status), ...);
  return status;
}
/// Launches a step of such a kernel.
template <int... Code>
launch_status launch_divided(launch_arguments const& a) {
  using whole =
      std::conditional_t<kernel_code<Code...>::kind == kernel_kind::row, row_functor<Code...>, column_functor<Code...>>;
  if (bytes_of_divided<Code...>(a.numbers) == 0) return launch<whole>(a);
  return with_workspace<Code...>(
      a, [](launch_arguments const& own) { return launch_in_turn(own, functors_of_divided<Code...>()); });
}
#endif

}  // namespace ashlar::inline ASHLAR_ABI::detail::inline ASHLAR_DEVICE_ABI
