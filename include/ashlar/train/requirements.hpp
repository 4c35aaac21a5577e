// SPDX-License-Identifier: MIT
#pragma once
#include <ashlar/core/tensor.hpp>
#include <ashlar/train/forward_recorders.hpp>
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
    if (!(a[k].extents == b[k].extents) || a[k].order != b[k].order || a[k].at.offset != b[k].at.offset) return false;
  return true;
}
/// Whether two programs have the same parameters and states, at the same places.
template <class A, class B>
constexpr bool same_memory(A const& a, B const& b) {
  return a.sizes.parameters == b.sizes.parameters && a.sizes.states == b.sizes.states &&
         same_variables(a.parameters, b.parameters, a.sizes.parameters) &&
         same_variables(a.states, b.states, a.sizes.states);
}
/// The first output that has not one row for each sample, or 0.
template <class Program, int Batch>
constexpr int output_without_rows() {
  auto const& t = Program::tables;
  for (int k = 0; k < t.sizes.outputs; ++k)
    if (t.outputs[k].rows != 1 || t.outputs[k].extents[0] != Batch) return k;
  return 0;
}
/// Whether Program predicts with Model.
template <class Program, class Model, int Batch>
constexpr auto prediction_verdict() {
  using planned = decltype(program_verdict<Program>());
  constexpr auto const& outputs = Program::tables.outputs[output_without_rows<Program, Batch>()];
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
    static_assert(
        !std::is_same_v<Path, Path>,
        "ashlar: fit takes (model, training set, held-out set, objective, optimizer, batch<N>, options): a "
        "model that is not const, two datasets of the same shape, a loss such as cross_entropy, an optimizer "
        "such as adam{}, and the batch as batch<64>, not 64; or (trainer, training set, held-out set, options) to go "
        "on with a trainer (this message states what it was given)");
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

template <int Inputs, int Targets>
consteval void dataset_has_all() {
  static_assert(Inputs == 1 && Targets <= 1,
                "ashlar: dataset<...> and basic_dataset<...> have one input and one target: where there are several, "
                "make a tensor_dataset of columns (this message states how many there are)");
}

template <int Outputs>
consteval void has_one_output() {
  static_assert(
      Outputs == 1,
      "ashlar: the network has several outputs: accuracy<\"...\">(net, data) and mean_squared_error<\"...\"> are "
      "of one of them, predict takes tensors or a tensor_dataset (this message states how many there are)");
}
/// Whether samples of a dataset have as many numbers as the network's input.
template <std::int64_t InSample, std::int64_t InInput, class Dataset, class Input>
consteval void dataset_fits() {
  static_assert(InSample == InInput,
                "ashlar: the dataset's samples and the network's input differ in size (this message states both "
                "numbers, the dataset and the input)");
}

/// Whether a network's outputs can be compared with targets.
template <bool AreNumbers, bool IsAlike, class Targets, class Output>
consteval void outputs_like_targets() {
  static_assert(AreNumbers,
                "ashlar: mean_squared_error: the dataset's targets must be float or double (of several outputs in a "
                "column of the output's name); of labels there is accuracy (this message states the targets)");
  static_assert(!AreNumbers || IsAlike,
                "ashlar: mean_squared_error: the dataset's targets and the network's outputs differ in size (this "
                "message states both)");
}

template <class Given, class Needed>
consteval void dataset_targets_fit() {
  static_assert(std::is_same_v<Given, Needed>,
                "ashlar: the dataset's targets are not what the objective takes: labels where none is given, others "
                "by read_csv<...>(file, target<float, 1>) (this message states those of a batch of the dataset, and "
                "what is needed)");
}

}  // namespace ashlar::inline ASHLAR_ABI::detail
