// SPDX-License-Identifier: MIT
#pragma once
#include <ashlar/backend/epilogue_pattern.hpp>
#include <ashlar/backend/thrust/gpu/libraries/found.hpp>

/// Which steps cuDNN does behind a convolution on the way to memory: a bias for each filter and a ReLU, that alone read
/// what the convolution makes.
namespace ashlar::inline ASHLAR_ABI::detail::inline ASHLAR_DEVICE_ABI {

#if ASHLAR_HAS_CUDNN
/// Says whether the step behind a convolution is one.
template <class Tables>
class convolution_epilogue_search : epilogue_pattern<Tables> {
 public:
  constexpr convolution_epilogue_search(step_tables<Tables> const& t, int convolution)
      : epilogue_pattern<Tables>(t, convolution) {
    found = t_.is_a(kernel_kind::conv, product_) && t_.is_pointwise_on(product_, next_, access::splat) &&
            this->is_read_by_next() && this->kind_of() == product_epilogue::bias_and_relu && fits();
  }
  bool found = false;

 private:
  using epilogue_pattern<Tables>::t_;
  using epilogue_pattern<Tables>::product_;
  using epilogue_pattern<Tables>::next_;

  /// The nest of the next step is [batch, filters, pixels] or, of one image, [filters, pixels]; its operands are the
  /// convolution's result, dense, and a number for each filter.
  constexpr bool fits() const {
    address const made = t_.place_of(product_, 2);
    int const result = t_.operand(next_, 2);
    if (!t_.is_same(t_.place_of(next_, 0), made) || t_.overlap(result, t_.operand(next_, 1))) return false;
    if (!t_.is_same(made, t_.t.operands[result]) &&  // the library reads image and filter while it writes the result
        (t_.overlap(result, t_.operand(product_, 0)) || t_.overlap(result, t_.operand(product_, 1))))
      return false;
    std::int64_t const *const c = t_.numbers(product_), *const n = t_.numbers(next_);
    std::int64_t const axes = n[0], batch = c[0], filters = c[4], pixels = c[5] * c[6];
    if (axes != 3 && !(axes == 2 && batch == 1)) return false;
    std::int64_t const wanted[] = {batch, filters, pixels}, dense[] = {filters * pixels, pixels, 1},
                       of_bias[] = {0, 1, 0};
    for (std::int64_t a = 0; a < axes; ++a) {
      std::int64_t const like = a + 3 - axes;
      auto stride = [&](std::int64_t operand) { return n[3 + axes + operand * axes + a]; };
      if (n[3 + a] != wanted[like] || stride(0) != dense[like] || stride(1) != of_bias[like] ||
          stride(2) != dense[like])
        return false;
    }
    return true;
  }
};

/// Of each step of a program whether it is a convolution that the next one is done with.
template <class Program>
struct convolution_epilogues_of {
  static constexpr auto const& tables = Program::tables;
  struct matches {
    bool of[tables.sizes.steps + 1]{};
  };
  static constexpr matches steps = [] {
    matches found;
    step_tables const t(tables);
    for (int s = 0; s + 1 < tables.sizes.steps; ++s) found.of[s] = convolution_epilogue_search(t, s).found;
    return found;
  }();
};
#endif

}  // namespace ashlar::inline ASHLAR_ABI::detail::inline ASHLAR_DEVICE_ABI
