// SPDX-License-Identifier: MIT
#pragma once
#include <string>

#include <ashlar/core/error.hpp>
#include <ashlar/nn/region_value.hpp>

/// What happens to the gradients of all parameters between the backward pass and the update. Stages stand before an
/// optimizer, `clip_by_norm{1} | adam{}`, and are applied from left to right; what they and it have as members may
/// change between steps.
namespace ashlar::inline ASHLAR_ABI {
namespace detail {

template <class S>
concept exchange_stage = requires {
  typename S::is_exchange_stage;
};
template <class O>
concept any_optimizer = requires {
  O::slots + O::scalars + O::variants;
};

/// What files call a region like the parameters that an optimizer or a stage keeps: its number where it has no name.
template <class O>
ASHLAR_COLD std::string slot_name(int slot) {
  if constexpr (requires { O::slot_name(slot); })
    return O::slot_name(slot);
  else if constexpr (requires { O::slot_names; })
    return O::slot_names[slot];
  else
    return with_number("%", slot);
}

/// In how many phases an optimizer steps: each is an update of its own, and every step is in one of them.
template <class O>
constexpr int phases_of() {
  if constexpr (requires { O::phases; })
    return O::phases;
  else
    return 1;
}
template <class O>
constexpr int phase_at(std::int64_t step) {
  if constexpr (requires { O::phases; })
    return O::phase(step);
  else
    return 0;
}

/// What a stage sees: the gradients, which it may change, its slots and its scalars.
template <class V>
struct stage_region {
  V& gradients;
  V* slot;
  V const* scalar;
};

}  // namespace detail

/// Scales all gradients down where their common Euclidean norm is larger than max_norm.
/// source: torch.nn.utils.clip_grad_norm_
struct clip_by_norm {
  float max_norm = 1;  ///< The longest that all gradients together may be.

  using is_exchange_stage = void;    ///< Tells stages from optimizers.
  static constexpr int slots = 0;    ///< Regions like the parameters that it keeps.
  static constexpr int scalars = 1;  ///< Numbers that it takes in every step.
  static constexpr int phases = 1;   ///< Phases in which it steps.
  /// The phase that a step is in.
  static constexpr int phase(std::int64_t) { return 0; }
  /// How many updates there are up to a step.
  static constexpr std::int64_t updates(std::int64_t step) { return step; }
  /// Writes the numbers of a step.
  constexpr void write_scalars(double* to) const { to[0] = max_norm; }
  /// Returns whether the optimizer follows in this phase.
  template <int Phase, class Region>
  static constexpr bool apply(Region r) {
    auto const norm = sqrt(sum(square(r.gradients)));
    r.gradients = r.gradients * minimum(r.scalar[0] / (norm + 1e-6), norm.like(1));
    return true;
  }
};

/// Holds every element of the gradients in [-max_value, max_value].
/// source: torch.nn.utils.clip_grad_value_
struct clip_by_value {
  float max_value = 1;  ///< The largest that an element may be, in magnitude.

  using is_exchange_stage = void;    ///< Tells stages from optimizers.
  static constexpr int slots = 0;    ///< Regions like the parameters that it keeps.
  static constexpr int scalars = 1;  ///< Numbers that it takes in every step.
  static constexpr int phases = 1;   ///< Phases in which it steps.
  /// The phase that a step is in.
  static constexpr int phase(std::int64_t) { return 0; }
  /// How many updates there are up to a step.
  static constexpr std::int64_t updates(std::int64_t step) { return step; }
  /// Writes the numbers of a step.
  constexpr void write_scalars(double* to) const { to[0] = max_value; }
  /// Returns whether the optimizer follows in this phase.
  template <int Phase, class Region>
  static constexpr bool apply(Region r) {
    auto const most = r.scalar[0];
    r.gradients = minimum(maximum(r.gradients, 0 - most), most);
    return true;
  }
};

/// Collects the gradients of Steps steps, of which only the last one updates the parameters: with the mean of all, as
/// one step on all their samples would where each has as many. Optimizers count updates.
template <int Steps>
struct accumulate_type {
  static_assert(Steps > 0, "ashlar: accumulate<N>: N must be positive");

  using is_exchange_stage = void;                   ///< Tells stages from optimizers.
  static constexpr int slots = 1;                   ///< Regions like the parameters that it keeps.
  static constexpr int scalars = 0;                 ///< Numbers that it takes in every step.
  static constexpr int phases = Steps > 1 ? 2 : 1;  ///< It collects in one, and the optimizer follows in the other.
  /// What files call the region: what it holds is of no use to another number of steps.
  static std::string slot_name(int) { return detail::with_number("gradients_of_%", Steps); }
  /// The phase that a step is in.
  static constexpr int phase(std::int64_t step) { return Steps > 1 && step % Steps == 0 ? 1 : 0; }
  /// How many updates there are up to a step.
  static constexpr std::int64_t updates(std::int64_t step) { return (step + Steps - 1) / Steps; }
  /// It has none.
  constexpr void write_scalars(double*) const {}
  /// Returns whether the optimizer follows in this phase.
  template <int Phase, class Region>
  static constexpr bool apply(Region r) {
    if constexpr (Steps > 1) {
      auto const total = r.slot[0] + r.gradients * (1.0 / Steps);
      r.slot[0] = Phase == 0 ? total : total.like(0);
      r.gradients = total;
      return Phase == 1;
    } else {
      return true;
    }
  }
};
/// The stage, as `accumulate<4> | adam{}`.
template <int Steps>
inline constexpr accumulate_type<Steps> accumulate{};

/// An optimizer behind a stage: it has the optimizer's members, and the stage's as `exchange`.
template <class Stage, class Optimizer>
struct exchanged : Optimizer {
  Stage exchange;  ///< The stage, whose members may change between steps.

  static constexpr int slots = Optimizer::slots + Stage::slots;         ///< Regions like the parameters that both keep.
  static constexpr int scalars = Optimizer::scalars + Stage::scalars;   ///< Numbers that both take in every step.
  static constexpr int variants = Optimizer::variants * Stage::phases;  ///< Updates there are; each step runs one.
  static constexpr int phases = detail::phases_of<Optimizer>() * Stage::phases;  ///< Phases in which both step.

  /// What files call a region: the stage's stand behind the optimizer's, with their numbers, as stages may be equal.
  static std::string slot_name(int slot) {
    if (slot < Optimizer::slots) return detail::slot_name<Optimizer>(slot);
    return detail::with_number("%.", slot).append(detail::slot_name<Stage>(slot - Optimizer::slots));
  }
  /// The first variant of those that a trainer runs.
  constexpr int variant() const { return Optimizer::variant() * Stage::phases; }
  /// The phase that a step is in.
  static constexpr int phase(std::int64_t step) {
    return detail::phase_at<Optimizer>(Stage::updates(step)) * Stage::phases + Stage::phase(step);
  }
  /// Writes the numbers of a step.
  constexpr void write_scalars(std::int64_t step, double* to) const {
    Optimizer::write_scalars(Stage::updates(step), to);
    exchange.write_scalars(to + Optimizer::scalars);
  }
  /// States the update of a variant.
  template <int Variant, class Region>
  static constexpr void update(Region& r) {
    using V = decltype(r.gradients);
    detail::stage_region<V> const own{r.gradients, r.slot + Optimizer::slots, r.scalar + Optimizer::scalars};
    if (Stage::template apply<Variant % Stage::phases>(own)) Optimizer::template update<Variant / Stage::phases>(r);
  }
};

/// Stages one after the other, before an optimizer stands behind them.
template <class First, class Second>
struct exchange_stages {
  using is_exchange_stage = void;  ///< Tells stages from optimizers.
  First first;                     ///< Is applied first.
  Second second;                   ///< Is applied to what the first leaves.
};

namespace detail {

template <exchange_stage S, any_optimizer O>
constexpr auto behind(S const& stage, O const& optimizer) {
  return exchanged<S, O>{optimizer, stage};
}
template <class A, class B, any_optimizer O>
constexpr auto behind(exchange_stages<A, B> const& both, O const& optimizer) {
  return behind(both.first, behind(both.second, optimizer));
}

}  // namespace detail

/// The optimizer behind a stage.
template <detail::exchange_stage S, detail::any_optimizer O>
constexpr auto operator|(S const& stage, O const& optimizer) {
  return detail::behind(stage, optimizer);
}
/// Two stages, one after the other.
template <detail::exchange_stage A, detail::exchange_stage B>
constexpr exchange_stages<A, B> operator|(A const& first, B const& second) {
  return {first, second};
}

}  // namespace ashlar::inline ASHLAR_ABI
