// SPDX-License-Identifier: MIT
#pragma once
#include <ashlar/backend/buffer.hpp>
#include <ashlar/backend/policy.hpp>
#include <ashlar/backend/run_memory.hpp>
#include <ashlar/train/forward_recorders.hpp>
#include <ashlar/train/parameter.hpp>
#include <ashlar/train/requirements.hpp>

namespace ashlar::inline ASHLAR_ABI {
namespace detail {

/// The tables of a network's parameters and states: of a prediction of one sample.
template <class Policy, class Net, class Input>
struct model_tables {
  using program = typename Policy::template program<prediction_recorder<Net, Input, 1>>;
};

/// What describes an input, with a name or without, or several.
template <class X>
inline constexpr bool is_input = std::is_base_of_v<signature::element, X>;
template <class... I>
inline constexpr bool is_input<inputs_type<I...>> = true;

/// Whether the network takes this input, and can be planned.
template <class Net, class Input, class Policy>
constexpr auto model_verdict() {
  if constexpr (is_other_arguments<Net>) {
    return misfit<layer_path<>, model_of_other_arguments<Net>>{};
  } else if constexpr (!is_input<Input>) {
    return misfit<layer_path<>, model_of_other_arguments<other_arguments<Net, Input, Policy>>>{};
  } else {
    using network = decltype(network_verdict<Net, Input>());
    if constexpr (any_misfit<network>)
      return network{};
    else
      return program_verdict<typename model_tables<Policy, Net, Input>::program>();
  }
}

/// Stands where no target is given, and is none that could be: no_target is given.
struct default_target {};

}  // namespace detail

/// A network with its parameters on a policy. Copying copies the parameters; threads are shared.
/// Of several inputs `inputs(...)` stands for the input, of several targets `targets(...)` for the target.
/// example: auto net = model(digits, input<1, 8, 8>, cpu, seed{7});
/// errors: does not compile where a layer does not fit its input or the network holds run-time state
template <class Net, class Input, class Policy, class Target = void>
class model {
  using verdict = decltype(detail::model_verdict<Net, Input, Policy>());
  static_assert(detail::accepted<verdict>);

 public:
  /// The network's type.
  using network = Net;
  /// The input's type.
  using input_spec = Input;
  /// The policy's type.
  using policy = Policy;
  /// The target's type; void: the objective's own.
  using target_spec = Target;
  /// What is given as the target.
  using given_target = std::conditional_t<std::is_void_v<Target>, detail::default_target, Target>;

  /// A model with parameters that follow from the seed.
  model(Net const&, Input const&, Policy const& where, seed s) requires std::is_void_v<Target> : resources_(where) {
    start(s);
  }
  /// A model whose target is stated.
  model(Net const&, Input const&, given_target const&, Policy const& where, seed s) : resources_(where) { start(s); }
  /// Refuses other arguments in a sentence.
  template <class... Given>
  explicit model(Given const&...) requires detail::is_other_arguments<Net> {}

  /// Number of elements of all parameters, frozen ones included.
  static constexpr std::int64_t parameters() { return tables().counts.parameters; }

  /// The parameter (or state) of that name, such as "0.weight".
  /// errors: fails where there is none, naming those there are
  parameter_reference parameter(std::string_view name) const {
    std::string known;
    std::string_view found = name;
    char* data = nullptr;
    detail::variable_info info;
    each_variable([&](parameter_reference const& p, detail::variable_info const& v) {
      known += (known.empty() ? "" : ", ") + p.name();
      if (p.name() != name) return;
      data = p.address();
      info = v;
    });
    if (!data)
      fail(error_parts{.problem = "the network has no parameter '" + std::string(found) + "'; it has " + known});
    return {std::string(name), info.type, info.extents, data, info.order, memory::access};
  }

  /// f(reference, info) for every parameter, then every state, in the order of definition.
  template <class F>
  void each_variable(F f) const {
    auto const& t = tables();
    for (int k = 0; k < t.sizes.parameters; ++k) each_copy(t.parameters[k], parameter_memory_, f);
    for (int k = 0; k < t.sizes.states; ++k) each_copy(t.states[k], state_memory_, f);
  }

  /// All parameters, in the layout of the plan.
  char* parameter_memory() const { return parameter_memory_.data(); }
  /// All states, in the layout of the plan.
  char* state_memory() const { return state_memory_.data(); }
  /// What the policy's programs run with: of a copy the same.
  auto const& resources() const { return resources_; }

  /// The seed of the random numbers of a trainer: another for each trainer made, the same in every run.
  std::uint64_t next_random_seed() { return random_seed_ + 0x9E3779B97F4A7C15u * trainers_++; }

  /// What the compiler knows of a prediction of one sample.
  static constexpr auto const& tables() { return detail::model_tables<Policy, Net, Input>::program::tables; }

 private:
  using parts = detail::parts_of<Policy>;
  using memory = typename parts::memory;

  ASHLAR_COLD void start(seed s) {
    random_seed_ = s.value;
    if constexpr (!detail::any_misfit<verdict>) {
      parameter_memory_ = memory(tables().counts.parameter_bytes);
      state_memory_ = memory(tables().counts.state_bytes);
      each_variable([&](parameter_reference const& p, detail::variable_info const& v) {
        if constexpr (has_orthogonal_rows())
          initialise(p, v, s, memory::is_on_device);
        else
          initialise(p, v, s, memory::is_on_device, nullptr);
      });
    }
  }
  static constexpr bool has_orthogonal_rows() {
    auto const& t = tables();
    for (int k = 0; k < t.sizes.parameters; ++k)
      if (t.parameters[k].init.kind == detail::initialiser::orthogonal) return true;
    return false;
  }
  template <class F>
  static void each_copy(detail::variable_info const& v, memory const& all, F& f) {
    for (std::int64_t copy = 0; copy < v.copies(); ++copy)
      f(parameter_reference(detail::variable_name(tables().names, v, copy), v.type, v.extents,
                            all.data() + v.at.offset + detail::copy_offset(v, copy), v.order, memory::access),
        v);
  }

  memory parameter_memory_;
  memory state_memory_;
  typename parts::resources resources_;
  std::uint64_t random_seed_ = 0, trainers_ = 0;
};

/// A model whose target is that of its objective.
template <class Net, class Input, detail::any_policy Policy>
model(Net const&, Input const&, Policy const&, seed) -> model<Net, Input, Policy>;
/// A model without a target.
template <class Net, class Input, detail::any_policy Policy>
model(Net const&, Input const&, no_target_type const&, Policy const&, seed)
    -> model<Net, Input, Policy, no_target_type>;
/// Refuses other arguments in a sentence.
template <class... Given>
model(Given const&...) -> model<detail::other_arguments<Given...>, detail::fits, detail::fits>;
/// A model whose target is stated.
template <class Net, class Input, class Target, detail::any_policy Policy>
model(Net const&, Input const&, Target const&, Policy const&, seed) -> model<Net, Input, Policy, Target>;

}  // namespace ashlar::inline ASHLAR_ABI
