// SPDX-License-Identifier: MIT
#pragma once
#include <ashlar/backend/cpu/custom_kernel.hpp>
#include <ashlar/backend/thrust/launch.hpp>

namespace ashlar::inline ASHLAR_ABI::detail {
inline namespace ASHLAR_DEVICE_ABI {

/// A user's own primitive: a thread to an element, or one thread to all of it.
template <class Primitive, class Y, class... X>
struct custom_functor {
  using call = custom_call<Primitive, Y, X...>;
  static constexpr int operands = sizeof...(X) + 1;
  static constexpr bool cooperates = false;
  kernel_values<operands> given;

  static std::int64_t units(std::int64_t const*) { return call::has_elements ? call::rows * call::row_size : 1; }
  static std::int64_t packets(std::int64_t const*) { return 1; }
  template <class Team>
  ASHLAR_INLINE ASHLAR_HD void operator()(Team const&, std::int64_t unit) const {
    std::int64_t const end = given.valid(call::rows, given.numbers[0]) * call::row_size;
    if constexpr (call::has_elements) {
      if (unit < end) call::run_on_device(given.operands, unit, unit + 1);
    } else {
      call::run_on_device(given.operands, 0, end);
    }
  }
};

/// Launches a primitive of the user's.
template <custom_primitive const* Primitive>
launch_status launch_custom(launch_arguments const& a) {
  static_assert(
      Primitive->has_gpu_launch,
      "ashlar: custom<P>(x...) on a GPU: include <ashlar/device.hpp> before <ashlar/ashlar.hpp>; P must not be "
      "host_only");
  return static_cast<launch_status>(Primitive->gpu_launch(&a));
}

}  // namespace ASHLAR_DEVICE_ABI

template <class Primitive, class Y, class... X>
int custom_gpu_launch(void const* arguments) {
  return static_cast<int>(launch<custom_functor<Primitive, Y, X...>>(*static_cast<launch_arguments const*>(arguments)));
}

}  // namespace ashlar::inline ASHLAR_ABI::detail
