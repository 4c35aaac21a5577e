// SPDX-License-Identifier: MIT
#pragma once
#include <string>

#include <ashlar/backend/run_memory.hpp>
#include <ashlar/train/dataset_columns.hpp>
#include <ashlar/train/objective_requirements.hpp>

/// What a step is given: tensors for the inputs and then for the targets, whose shapes and indices are checked.
namespace ashlar::inline ASHLAR_ABI::detail {

template <class Objective>
inline constexpr int weights_of = 0;
template <class... Loss>
inline constexpr int weights_of<weighted_losses<Loss...>> = sizeof...(Loss);

template <int... K>
constexpr auto counted_from_one(std::integer_sequence<int, K...>) -> std::integer_sequence<int, K + 1 ...> {
  return {};
}

/// The arguments of a step that Recorder records: first the inputs, then the targets.
template <class Program, class Input, class Target, class Objective>
struct step_arguments {
  using recorder = typename Program::recorder;
  using values = typename joined_list<typename recorder::inputs, typename recorder::targets>::type;
  /// The names of the arguments.
  using places = typename joined_list<typename entries_of<Input>::type,
                                      typename target_names<Objective, Target, typename recorder::targets>::type>::type;
  static constexpr int inputs = recorder::inputs::count;

  /// Whether there is a tensor for each argument, and they fit a step on at most Batch rows.
  template <int Batch, class... Given>
  static constexpr auto verdict() {
    using given = value_list<Given...>;
    using matched = decltype(given_verdict(places{}, given{}));
    if constexpr (any_misfit<matched>) {
      return matched{};
    } else {
      constexpr auto found = fitting<places, given>(values{}, std::make_integer_sequence<int, places::count>{});
      if constexpr (found.rows != found.others) {
        return misfit<layer_path<>, other_number_of_rows<found.rows, found.others>>{};
      } else if constexpr (found.rows > Batch) {
        return misfit<layer_path<>, samples_beyond_the_batch<found.rows, Batch>>{};
      } else if constexpr (found.unfit < 0) {
        return fits{};
      } else {
        using tensor = typename given_at<found.unfit, places, given>::type;
        using needed = typename sample_of<element_at<found.unfit, values>>::template batch_tensor<found.rows>;
        if constexpr (found.unfit < inputs)
          return misfit<layer_path<>, samples_of_another_shape<tensor, needed>>{};
        else
          return misfit<layer_path<>, targets_of_another_shape<tensor, needed>>{};
      }
    }
  }
  /// Whether a dataset has a column for each argument.
  /// errors: does not compile where a dataset of one input and one target does not fit
  template <int Batch, class Data>
  static constexpr auto rows_verdict() {
    using wanted = typename recorder::targets;
    if constexpr (!is_tensor_dataset<Data> && wanted::count == 1)
      dataset_targets_fit<typename batched_value<target_of<Data>, Batch>::type, element_at<0, wanted>>();
    return dataset_verdict<true, Data, places, Input>(typename recorder::inputs{}, wanted{});
  }
  /// `place()` says which step it is.
  /// errors: fails where an index is out of range
  template <int K, class T, class Place>
  static void check(T const* from, std::int64_t count, Place const& place) {
    char const* const name = names_of<places>::value[K];
    if constexpr (K < inputs) {
      check_input<Program, K>(from, count, name, place);
    } else if constexpr (constexpr int classes = Program::tables.inputs[K].index_limit;
                         classes > 0 && std::is_same_v<T, std::int32_t>) {
      for (std::int64_t i = 0; i < count; ++i)
        if ((from[i] < 0 || from[i] >= classes) && from[i] != Program::tables.inputs[K].ignored_index)
          refuse_index(place(),
                       argument_text(recorder::targets::count == 1 ? "a label" : nullptr, "a label of target ", name,
                                     K - inputs) +
                           " is {found}; the network has outputs for {expected}",
                       from[i], classes);
    }
  }
  /// What messages call the arguments and the weights, which are the scalars from FirstWeight on.
  template <int FirstWeight>
  static constexpr given_names names{names_of<places>::value, inputs, FirstWeight, weights_of<Objective>};
};

}  // namespace ashlar::inline ASHLAR_ABI::detail
