// SPDX-License-Identifier: MIT
#pragma once
#include <ashlar/backend/thrust/gpu/libraries/calls.hpp>
#include <ashlar/backend/thrust/launch.hpp>
#include <ashlar/backend/thrust/tiled_weights.hpp>

/// Products and convolutions by a library where all rows of the batch are valid and it has a kernel, else by our own,
/// which read from the device how many rows there are. Rounds: these round their factors to bf16.
namespace ashlar::inline ASHLAR_ABI::detail::inline ASHLAR_DEVICE_ABI {

template <bool Rounds, int... Codes>
launch_status launch_product(launch_arguments const& a) {
#if ASHLAR_HAS_CUBLASLT
  using code = kernel_code<Codes...>;
  std::int64_t const* const n = a.numbers;
  product_shape const p{n[0], n[1], n[2], n[3], code::at[2] != 0, code::at[3] != 0, code::at[1] != 0};
  bool const is_whole = a.is_whole || n[4] == 0;
  if (a.libraries && is_whole &&
      a.libraries->multiply(a.step, p, product_epilogue::none, {a.operands[0], a.operands[1], a.operands[2]}, a.stream))
    return gpu_success;
#endif
  return launch<tiled_matmul_functor<Codes..., Rounds>>(a);
}

template <bool Rounds, int... Codes>
launch_status launch_convolution(launch_arguments const& a) {
#if ASHLAR_HAS_CUDNN
  using code = kernel_code<Codes...>;
  std::int64_t const* const n = a.numbers;
  bool const is_whole = a.is_whole || n[16] == 0;
  convolution_shape const c(n, code::at[1] != 0);
  constexpr convolution_pass pass = code::kind == kernel_kind::conv        ? convolution_pass::forward
                                    : code::kind == kernel_kind::conv_data ? convolution_pass::data
                                                                           : convolution_pass::weight;
  if (a.libraries && is_whole && a.libraries->convolve(a.step, c, pass, a.operands, a.workspace, a.stream))
    return gpu_success;
#endif
  using convolution = kernel_code<Codes...>;
  if constexpr (convolution::kind == kernel_kind::conv_weight)
    return launch_weights<convolution::at[0], convolution::at[1], Rounds>(a);
  else
    return launch<tiled_conv_functor<convolution::at[0], convolution::at[1], Rounds>>(a);
}

}  // namespace ashlar::inline ASHLAR_ABI::detail::inline ASHLAR_DEVICE_ABI
