// SPDX-License-Identifier: MIT
#pragma once
#include "support/check.hpp"

namespace proof {

/// F with every annotation taken away, so that its gradient is derived.
template <class F>
struct forgotten {
  template <class... V>
  constexpr auto operator()(V... v) const {
    auto y = F{}(v...);
    y.g->annotations.clear();
    return y;
  }
};

/// The value of F, its gradients and the gradients of those, by the oracle.
template <class F, class... X>
results outputs_of(drawing const& how = {}) {
  recording r;
  record<typename proof_of<F, X...>::recorder>(r);
  return interpret(r, draw(r.g, how));
}
/// The text of the first difference, in double, between what F and Other compute and their two gradients; or nothing.
/// In tests taken for the device it is not asked again: see check_recorded.
template <class F, class Other, class... X>
std::string difference_of([[maybe_unused]] drawing const& how = {}) {
#if defined(ASHLAR_TEST_DEVICE)
  return "";
#else
  return difference(outputs_of<F, X...>(how), outputs_of<Other, X...>(how), 1e-12);
#endif
}

/// The value of a function of one argument at these points, its slope and the slope of that, by the oracle.
template <class F, int Count>
std::vector<numbers> slopes_at(numbers const& points) {
  recording r;
  record<typename proof_of<F, basic_value<double, Count>>::recorder>(r);
  environment e;
  numbers const ones(static_cast<std::size_t>(Count), 1);
  e.inputs = {points, ones, ones};
  return interpret(r, e).outputs;
}

}  // namespace proof
