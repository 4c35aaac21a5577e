// SPDX-License-Identifier: MIT
#pragma once
#include <ashlar/backend/cpu/conv/conv.hpp>
#include <ashlar/backend/cpu/custom_kernel.hpp>
#include <ashlar/backend/cpu/product/matmul.hpp>
#include <ashlar/backend/thrust/launch.hpp>

namespace ashlar::inline ASHLAR_ABI::detail::inline ASHLAR_DEVICE_ABI {

/// Products of matrices and convolutions on a CPU: the cpu policy's kernels are what a GPU's libraries are there, and
/// Thrust shares them out.
template <class Kernel>
struct share_of_kernel {
  kernel_arguments all;

  static void run(void const* shares, std::int64_t part) {
    kernel_arguments own = static_cast<share_of_kernel const*>(shares)->all;
    own.part = static_cast<int>(part);
    Kernel::run(own);
  }
};

/// What a kernel of the cpu policy is called with.
inline kernel_arguments host_arguments(launch_arguments const& a) {
  return {a.operands,  a.numbers,   a.device_constants, a.now->rows,
          a.now->seed, a.now->step, a.iteration,        machine_instruction_set()};
}
template <class Kernel>
void launch_shares(launch_arguments const& a) {
  constexpr std::int64_t worth_waking = 20000, most = 64;
  std::int64_t const parts = a.work / worth_waking;
  share_of_kernel<Kernel> share{host_arguments(a)};
  share.all.parts = static_cast<int>(parts < 1 ? 1 : parts < most ? parts : most);
  for (share.all.phase = 0; share.all.phase < a.phases; ++share.all.phase)
    do_parts(share.run, &share, share.all.parts, share.all.parts > 1);
}
template <bool, int... Code>
void launch_product(launch_arguments const& a) {
  launch_shares<matmul_kernel<kernel_code<Code...>>>(a);
}
template <bool, int... Code>
void launch_convolution(launch_arguments const& a) {
  launch_shares<conv_kernel<kernel_code<Code...>>>(a);
}
/// A user's own primitive, by the kernel that the cpu policy calls.
template <custom_primitive const* Primitive>
void launch_custom(launch_arguments const& a) {
  Primitive->cpu_kernel(host_arguments(a));
}

}  // namespace ashlar::inline ASHLAR_ABI::detail::inline ASHLAR_DEVICE_ABI
