// SPDX-License-Identifier: MIT
#pragma once
#include <ashlar/core/tensor.hpp>
#include <ashlar/train/recorders.hpp>

/// What functions, trainers and predictors ask of their types. A verdict is `fits`, or a misfit whose report does not
/// compile.
namespace ashlar::inline ASHLAR_ABI::detail {

template <class F>
struct function_with_state {
  template <class Path>
  struct report {
    static_assert(is_stateless<F>,
                  "ashlar: evaluate and compile take a function without run-time state: it is compiled from its type. "
                  "What it captures must become an argument");
  };
};
template <std::int64_t Parameters, int States>
struct function_with_parameters {
  template <class Path>
  struct report {
    static_assert(Parameters == 0 && States == 0,
                  "ashlar: evaluate and compile take a function of tensors; this one holds layers with parameters or "
                  "states: make a model of it (this message states how many)");
  };
};

/// Whether a function takes values like these.
template <class F, class... V>
constexpr auto function_verdict() {
  if constexpr (!is_stateless<F>) {
    return misfit<layer_path<>, function_with_state<F>>{};
  } else {
    using output = decltype(F{}(std::declval<V>()...));
    if constexpr (any_misfit<output>)
      return output{};
    else
      return fits{};
  }
}

template <class Objective>
struct objective_with_state {
  template <class Path>
  struct report {
    static_assert(is_stateless<Objective>,
                  "ashlar: an objective must not hold run-time state: it is compiled from its type. Make it a lambda "
                  "that captures nothing");
  };
};
template <bool IsCallable, class Objective>
struct objective_of_other_arguments {
  template <class Path>
  struct report {
    static_assert(IsCallable,
                  "ashlar: an objective takes (network, input, target) or, where no_target stands after the input, "
                  "(network, input); a loss takes (outputs, target)");
  };
};
template <class... Arguments>
struct value_called_as_network {
  template <class Path>
  struct report {
    static_assert(!std::is_same_v<Path, Path>,
                  "ashlar: the objective calls its first argument, which is a value here and not the network: a loss "
                  "takes (outputs, target), an objective (network, input, target); where there is no target, give "
                  "no_target after the model's input");
  };
};
template <std::int64_t Numbers, class Result>
struct objective_of_many_numbers {
  template <class Path>
  struct report {
    static_assert(Numbers == 1,
                  "ashlar: an objective must return a single number; use mean or sum (this message states how many it "
                  "returns, and its result)");
  };
};
template <std::int64_t Trained, std::int64_t InNetwork>
struct objective_without_its_network {
  template <class Path>
  struct report {
    static_assert(Trained == InNetwork,
                  "ashlar: the objective must call the network, and hold no layers of its own (this message states how "
                  "many parameters it trains, and how many the network has)");
  };
};

/// Whether the objective can be called: with (network, input, target), or with (outputs, target).
template <class Net, class Objective, class Target, class Input, class Outputs, int Batch>
constexpr bool objective_is_callable() {
  if constexpr (std::is_same_v<Target, no_target_type>) {
    return called_with<Objective, network_function<Net>, Input>;
  } else {
    using target = typename target_value<Objective, Outputs, Target, Batch>::type;
    return called_with<Objective, network_function<Net>, Input, target> || called_with<Objective, Outputs, target>;
  }
}

/// Whether the objective and the network fit each other.
template <class Net, class Input, class Target, class Objective, class Optimizer, int Batch>
constexpr auto training_verdict() {
  using network = decltype(network_verdict<Net, Input>());
  if constexpr (any_misfit<network>) {
    return network{};
  } else if constexpr (!is_stateless<Objective>) {
    return misfit<layer_path<>, objective_with_state<Objective>>{};
  } else {
    using input = typename Input::template batched<Batch>;
    using outputs = decltype(Net{}(std::declval<input>()));
    if constexpr (any_misfit<outputs>) {
      return outputs{};
    } else if constexpr (!objective_is_callable<Net, Objective, Target, input, outputs, Batch>()) {
      return misfit<layer_path<>, objective_of_other_arguments<false, Objective>>{};
    } else {
      using loss = typename training_recorder<Net, Input, Target, Objective, Optimizer, Batch>::loss_value;
      if constexpr (any_misfit<loss>)
        return loss{};
      else if constexpr (elements_of<loss>::value != 1)
        return misfit<layer_path<>, objective_of_many_numbers<elements_of<loss>::value, loss>>{};
      else
        return fits{};
    }
  }
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
  static_assert(
      std::is_same_v<Given, Needed>,
      "ashlar: step: the targets' dtype and their axes after the first must be those of the objective's target "
      "(this message states what was given, what is needed)");
}
template <int Samples, int Targets>
consteval void rows_fit() {
  static_assert(Samples == Targets,
                "ashlar: step: there must be one target for each sample (this message states both numbers)");
}
template <class Targets>
consteval void labels_fit() {
  static_assert(std::is_same_v<Targets, tensor<std::int32_t>>,
                "ashlar: a dataset's targets are int32 labels; this objective takes another target: step it with "
                "tensors (this message states what it takes)");
}

}  // namespace ashlar::inline ASHLAR_ABI::detail
