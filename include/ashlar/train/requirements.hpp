// SPDX-License-Identifier: MIT
#pragma once
#include <ashlar/core/tensor.hpp>
#include <ashlar/train/recorders.hpp>
#include <ashlar/train/refusals.hpp>

/// What functions, trainers and predictors ask of their types. A verdict is `fits`, or a misfit whose report does not
/// compile.
namespace ashlar::inline ASHLAR_ABI::detail {

template <int Rows, int Extent, int Batch>
struct outputs_without_the_batch {
  template <class Path>
  struct report {
    static_assert(
        Rows == 1,
        "ashlar: predict and accuracy need one row of outputs for each sample: the network's result must have "
        "the batch as axis 0 (this message states how many rows there are for each sample, 0 where axis 0 is "
        "not the batch, its extent, and the batch)");
  };
};
template <bool Same>
struct parameters_that_depend_on_the_batch {
  template <class Path>
  struct report {
    static_assert(Same, "ashlar: the network's parameters or states depend on the size of the batch, and must not");
  };
};
constexpr bool same_variables(variable_info const* a, variable_info const* b, int count) {
  for (int k = 0; k < count; ++k)
    if (!(a[k].extents == b[k].extents) || a[k].at.offset != b[k].at.offset) return false;
  return true;
}
/// Whether two programs have the same parameters and states, at the same places.
template <class A, class B>
constexpr bool same_memory(A const& a, B const& b) {
  return a.sizes.parameters == b.sizes.parameters && a.sizes.states == b.sizes.states &&
         same_variables(a.parameters, b.parameters, a.sizes.parameters) &&
         same_variables(a.states, b.states, a.sizes.states);
}
/// Whether Program predicts with Model.
template <class Program, class Model, int Batch>
constexpr auto prediction_verdict() {
  using planned = decltype(program_verdict<Program>());
  constexpr auto const& outputs = Program::tables.outputs[0];
  if constexpr (any_misfit<planned>)
    return planned{};
  else if constexpr (outputs.rows != 1 || outputs.extents[0] != Batch)
    return misfit<layer_path<>,
                  outputs_without_the_batch<outputs.rows, outputs.extents.rank ? outputs.extents[0] : 1, Batch>>{};
  else if constexpr (!same_memory(Program::tables, Model::tables()))
    return misfit<layer_path<>, parameters_that_depend_on_the_batch<false>>{};
  else
    return fits{};
}

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

template <class Result>
struct function_without_values {
  template <class Path>
  struct report {
    static_assert(
        std::is_same_v<Result, Path>,
        "ashlar: evaluate and compile take a function of one tensor at least that returns a value, a tuple of "
        "values or what value_and_grad returns (this message states what it returns)");
  };
};
template <class... Given>
struct evaluate_of_other_arguments {
  template <class Path>
  struct report {
    static_assert(!std::is_same_v<Path, Path>,
                  "ashlar: evaluate and compile take (policy, function, tensors...), such as evaluate(cpu, f, x) (this "
                  "message states what they were given)");
  };
};
template <class Y>
inline constexpr bool is_planned_output = any_value<Y>;
template <class... Y>
inline constexpr bool is_planned_output<std::tuple<Y...>> = (is_planned_output<Y> && ...);
template <class Y, class D>
inline constexpr bool is_planned_output<value_and_gradient<Y, D>> = is_planned_output<Y>&& is_planned_output<D>;

/// Whether a function takes values like these.
template <class F, class... V>
constexpr auto function_verdict() {
  if constexpr (!is_stateless<F>) {
    return misfit<layer_path<>, function_with_state<F>>{};
  } else if constexpr (sizeof...(V) == 0) {
    return misfit<layer_path<>, function_without_values<void>>{};
  } else {
    using output = decltype(F{}(std::declval<V>()...));
    if constexpr (any_misfit<output>)
      return output{};
    else if constexpr (!is_planned_output<output>)
      return misfit<layer_path<>, function_without_values<output>>{};
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

/// Whether a step that trains every parameter of the model can be planned.
template <class Program, class Model>
constexpr auto step_verdict() {
  using planned = decltype(program_verdict<Program>());
  constexpr std::int64_t trained = Program::tables.counts.parameters;
  if constexpr (any_misfit<planned>)
    return planned{};
  else if constexpr (trained != Model::parameters())
    return misfit<layer_path<>, objective_without_its_network<trained, Model::parameters()>>{};
  else if constexpr (!same_memory(Program::tables, Model::tables()))
    return misfit<layer_path<>, parameters_that_depend_on_the_batch<false>>{};
  else
    return fits{};
}

template <class... Given>
struct trainer_of_other_arguments {
  template <class Path>
  struct report {
    static_assert(!std::is_same_v<Path, Path>,
                  "ashlar: make_trainer takes (model, objective, optimizer, batch<N>): a model that is not const, a "
                  "loss such as cross_entropy, an optimizer such as adam{}, and the batch as batch<64>, not 64 (this "
                  "message states what it was given)");
  };
};
template <class... Given>
struct fit_with_other_arguments {
  template <class Path>
  struct report {
    static_assert(!std::is_same_v<Path, Path>,
                  "ashlar: fit takes (model, training set, held-out set, objective, optimizer, batch<N>, options): a "
                  "model that is not const, two datasets of the same shape, a loss such as cross_entropy, an optimizer "
                  "such as adam{}, and the batch as batch<64>, not 64 (this message states what it was given)");
  };
};
/// Stands as the network of a model that was given other arguments than a model takes.
template <class... Given>
struct other_arguments {};
template <class Net>
inline constexpr bool is_other_arguments = false;
template <class... Given>
inline constexpr bool is_other_arguments<other_arguments<Given...>> = true;
template <class Given>
struct model_of_other_arguments {
  template <class Path>
  struct report {
    static_assert(!std::is_same_v<Path, Path>,
                  "ashlar: model takes (network, input, policy, seed): such as model(digits, input<1, 8, 8>, cpu, "
                  "seed{7}), a seed and not 7; target<...> or no_target may stand after the input (this message states "
                  "what it was given)");
  };
};

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
template <int Samples, int Batch>
consteval void batch_holds() {
  static_assert(Samples <= Batch,
                "ashlar: step: there are more samples than the trainer's batch<N> holds (this message states both "
                "numbers)");
}
/// Whether a network's outputs can be compared with targets.
template <bool IsFloat, std::int64_t InTarget, std::int64_t InOutputs, class Targets>
consteval void outputs_like_targets() {
  static_assert(IsFloat,
                "ashlar: mean_squared_error: the dataset's targets must be float; of labels there is accuracy (this "
                "message states the targets)");
  static_assert(InTarget == InOutputs,
                "ashlar: mean_squared_error: the dataset's targets and the network's outputs differ in size (this "
                "message states both numbers)");
}

template <class Given, class Needed>
consteval void dataset_targets_fit() {
  static_assert(std::is_same_v<Given, Needed>,
                "ashlar: the dataset's targets are not what the objective takes: labels where none is given, others "
                "by read_csv<...>(file, target<float, 1>) (this message states those of a batch of the dataset, and "
                "what is needed)");
}

}  // namespace ashlar::inline ASHLAR_ABI::detail
