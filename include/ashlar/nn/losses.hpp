// SPDX-License-Identifier: MIT
#pragma once
#include <ashlar/expr/pointwise.hpp>
#include <ashlar/nn/network.hpp>

namespace ashlar::inline ASHLAR_ABI {
namespace detail {

/// What `losses` was given, as a loss with a name and a weight.
template <class L>
struct loss_with_weight {
  using type = weighted_loss<"", L>;
  static constexpr float weight_of(L const&) { return 1; }
};
template <class L>
requires requires { typename L::weighted; }
struct loss_with_weight<L> {
  using type = typename L::weighted;
  static constexpr float weight_of(L const&) { return 1; }
};
template <class L>
requires requires { typename L::entry; }
struct loss_with_weight<L> {
  using type = L;
  static constexpr float weight_of(L const& l) { return l.weight; }
};

}  // namespace detail

/// One loss for each of several outputs, and how much each counts: what `losses(...)` makes. The weights may change
/// between steps.
template <class... Loss>
class weighted_losses {
 public:
  static constexpr int count = sizeof...(Loss);  ///< How many losses there are.

  constexpr weighted_losses() = default;
  /// With these weights.
  constexpr explicit weighted_losses(Loss const&... all) : weights_{all.weight...} {}

  /// The weight of the loss of this name.
  template <fixed_string Name>
  constexpr float& weight() {
    return weights_[index_of<Name>()];
  }
  /// The weight of loss number K.
  template <int K>
  constexpr float& weight() {
    static_assert(K >= 0 && K < count, "ashlar: there are not so many losses");
    return weights_[K];
  }
  /// The number of the loss of this name.
  template <fixed_string Name>
  static constexpr int index_of() {
    constexpr int k = detail::find_name<typename Loss::entry...>(detail::name_holder<Name>::value.text);
    static_assert(k >= 0, "ashlar: there is no loss of this name (this message states the name)");
    return k < 0 ? 0 : k;
  }
  /// Writes the numbers that a step is given.
  constexpr void write_scalars(double* to) const {
    for (int k = 0; k < count; ++k) to[k] = static_cast<double>(weights_[k]);
  }

 private:
  float weights_[static_cast<unsigned>(count)] = {(static_cast<void>(sizeof(Loss)), 1.0f)...};
};

/// A loss for each output of a network, added with weights: by the outputs' names, in any order, or one for each output
/// in their order. Outputs that no loss names have none.
/// units: a step's loss is the sum of weight * loss; each weight is 1 unless given, and may be negative
/// example: losses(named<"digit">(cross_entropy), named<"value">(mse, loss_weight{0.5f}))
template <class... Loss>
constexpr auto losses(Loss const&... all) {
  static_assert(sizeof...(Loss) > 0, "ashlar: losses(...): there must be one loss at least");
  return weighted_losses<typename detail::loss_with_weight<Loss>::type...>(
      typename detail::loss_with_weight<Loss>::type{detail::loss_with_weight<Loss>::weight_of(all)}...);
}

namespace detail {

template <class... Loss>
inline constexpr bool is_stateless<weighted_losses<Loss...>> = (is_stateless<typename Loss::loss> && ...);
template <class Objective>
inline constexpr bool is_weighted = false;
template <class... Loss>
inline constexpr bool is_weighted<weighted_losses<Loss...>> = true;

}  // namespace detail
}  // namespace ashlar::inline ASHLAR_ABI
