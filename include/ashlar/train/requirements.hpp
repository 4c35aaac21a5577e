// SPDX-License-Identifier: MIT
#pragma once
#include <ashlar/core/tensor.hpp>
#include <ashlar/nn/recorders.hpp>

/// What functions, trainers and predictors ask of their types. Each complaint is one sentence: a second call with the
/// same types answers false without a word.
namespace ashlar::inline ASHLAR_ABI::detail {

/// Whether a function takes values like these, all its state in its type.
template <class F, class... V>
consteval bool function_takes() {
  if constexpr (!is_stateless<F>) {
    static_assert(is_stateless<F>,
                  "ashlar: evaluate and compile take a function without run-time state: it is compiled from its type. "
                  "What it captures must become an argument");
    return false;
  } else {
    using output = decltype(F{}(std::declval<V>()...));
    if constexpr (any_misfit<output>)
      return output::report::value;
    else
      return true;
  }
}
template <std::int64_t Parameters, int States>
consteval bool function_holds_no_parameters() {
  static_assert(Parameters == 0 && States == 0,
                "ashlar: evaluate and compile take a function of tensors; this one holds layers with parameters or "
                "states: make a model of it (this message states how many)");
  return Parameters == 0 && States == 0;
}

template <std::int64_t Numbers, class Result>
consteval bool loss_is_a_number() {
  static_assert(Numbers == 1,
                "ashlar: an objective must return a single number; use mean or sum (this message states how many it "
                "returns, and its result)");
  return Numbers == 1;
}

/// Whether the objective can be called: with (network, input, target), or with (outputs, target).
template <class Net, class Objective, class Input, class Outputs, class... Target>
inline constexpr bool can_be_called =
    called_with<Objective, network_function<Net>, Input, Target...> || called_with<Objective, Outputs, Target...>;

template <class Net, class Input, class Target, class Objective, int Batch>
consteval bool objective_can_be_called() {
  using input = typename Input::template batched<Batch>;
  using outputs = decltype(Net{}(std::declval<input>()));
  if constexpr (any_misfit<outputs>)
    return outputs::report::value;
  else if constexpr (std::is_same_v<Target, no_target_type>)
    return called_with<Objective, network_function<Net>, input>;
  else
    return can_be_called<Net, Objective, input, outputs,
                         typename target_value<Objective, outputs, Target, Batch>::type>;
}

/// Whether the objective and the network fit each other.
template <class Net, class Input, class Target, class Objective, class Optimizer, int Batch>
consteval bool trains() {
  if constexpr (!network_takes<Net, Input>()) {
    return false;
  } else if constexpr (!is_stateless<Objective>) {
    static_assert(is_stateless<Objective>,
                  "ashlar: an objective must not hold run-time state: it is compiled from its type. Make it a lambda "
                  "that captures nothing");
    return false;
  } else if constexpr (constexpr bool callable = objective_can_be_called<Net, Input, Target, Objective, Batch>();
                       !callable) {
    static_assert(callable,
                  "ashlar: an objective takes (network, input, target) or, where no_target stands after the input, "
                  "(network, input); a loss takes (outputs, target)");
    return false;
  } else {
    using loss = typename training_recorder<Net, Input, Target, Objective, Optimizer, Batch>::loss_value;
    if constexpr (any_misfit<loss>)
      return loss::report::value;
    else
      return loss_is_a_number<elements_of<loss>::value, loss>();
  }
}

/// Whether a training step trains what the network has.
template <std::int64_t Trained, std::int64_t InNetwork>
consteval bool trains_the_network() {
  static_assert(Trained == InNetwork,
                "ashlar: the objective must call the network, and hold no layers of its own (this message states how "
                "many parameters it trains, and how many the network has)");
  return Trained == InNetwork;
}

/// Whether samples of a dataset have as many numbers as the network's input.
template <std::int64_t InSample, std::int64_t InInput, class Dataset, class Input>
consteval void dataset_fits() {
  static_assert(InSample == InInput,
                "ashlar: the dataset's samples and the network's input differ in size (this message states both "
                "numbers, the dataset and the input)");
}

template <class Given, class Needed>
consteval void samples_fit() {
  static_assert(std::is_same_v<Given, Needed>,
                "ashlar: step: the axes of the samples after the first must be the network's input (this message "
                "states what was given, what is needed)");
}
template <class Given, class Needed>
consteval void targets_fit() {
  static_assert(std::is_same_v<Given, Needed>,
                "ashlar: step: the axes of the targets after the first must be the objective's target (this message "
                "states what was given, what is needed)");
}
template <class Targets>
consteval void labels_fit() {
  static_assert(std::is_same_v<Targets, tensor<std::int32_t>>,
                "ashlar: a dataset's targets are int32 labels; this objective takes another target: step it with "
                "tensors (this message states what it takes)");
}

}  // namespace ashlar::inline ASHLAR_ABI::detail
