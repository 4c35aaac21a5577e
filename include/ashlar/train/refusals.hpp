// SPDX-License-Identifier: MIT
#pragma once
#include <ashlar/expr/misfit.hpp>
#include <ashlar/graph/refusal.hpp>

/// The sentences for what a graph refused, and the verdict on a program that says which.
namespace ashlar::inline ASHLAR_ABI::detail {

/// The path of the layer that Program's graph refused, from the place `At` of its text on.
template <class Program, int At, class... Steps>
constexpr auto refused_path() {
  constexpr auto const& t = Program::tables;
  if constexpr (At >= t.sizes.names) {
    return layer_path<Steps...>{};
  } else {
    constexpr int end = [] {
      int i = At;
      while (i < t.sizes.names && t.names[i] != '.') ++i;
      return i;
    }();
    constexpr int number = [] {
      int n = 0;
      for (int i = At; i < end; ++i)
        n = t.names[i] < '0' || t.names[i] > '9' ? -1 : n < 0 ? n : 10 * n + t.names[i] - '0';
      return n;
    }();
    if constexpr (t.names[At] == '\1')
      return refused_path<Program, end + 1, Steps..., iteration>();
    else if constexpr (number >= 0)
      return refused_path<Program, end + 1, Steps..., index<number>>();
    else
      return [&]<int... I>(std::integer_sequence<int, I...>) {
        return refused_path<Program, end + 1, Steps..., layer_name<t.names[At + I]...>>();
      }
    (std::make_integer_sequence<int, end - At>{});
  }
}

/// The line of the user's source that asked for it; 0: not known, as a chain is a type, made by operators.
template <int Line>
struct at_line;

template <refusal Why, class Line>
struct refused_by_the_graph {
  template <class Path>
  struct report {
    static_assert(Why != refusal::reshape_cuts_samples,
                  "ashlar: reshape: the result cuts through samples of the batch: keep axis 0 the batch, or a multiple "
                  "of it (this message states the line and the layer's path)");
    static_assert(Why != refusal::axis_before_the_batch,
                  "ashlar: broadcasting puts an axis in front of the batch, which must stay axis 0 (this message "
                  "states the line and the layer's path)");
    static_assert(Why != refusal::batch_as_columns,
                  "ashlar: matmul: the batch would become the columns of the result, and must stay axis 0 (this "
                  "message states the line and the layer's path)");
    static_assert(Why != refusal::batch_summed_on_one_side,
                  "ashlar: matmul: it sums over the batch on one side and not on the other (this message states the "
                  "line and the layer's path)");
    static_assert(Why != refusal::batch_moved,
                  "ashlar: permute and transpose: the batch must stay axis 0 (this message states the line and the "
                  "layer's path)");
    static_assert(
        Why != refusal::batch_rearranged,
        "ashlar: slice, pad, concat, flip, roll, take and gather must leave axis 0 alone where it is the batch, "
        "whose rows are the samples (this message states the line and the layer's path)");
    static_assert(Why != refusal::one_name_for_two_shapes,
                  "ashlar: two layers have one name and so the same parameters, but want them of different shapes: "
                  "give each a name of its own (this message states the second one's path)");
    static_assert(Why != refusal::deep_repeat,
                  "ashlar: repeat: layers with parameters or states stand in at most two loops in each other (this "
                  "message states the path of such a layer)");
    static_assert(Why != refusal::many_axes,
                  "ashlar: repeat: what it stacks, iteration by iteration, has more than 6 axes (this message states "
                  "the layer's path)");
    static_assert(Why != refusal::stretched_to_the_batch,
                  "ashlar: broadcast_to stretches axis 0 to the extent of the batch, and cannot know whether that is "
                  "the batch: write zeros_like(y) + x with a value y of that shape (this message states the line and "
                  "the layer's path)");
    static_assert(Why != refusal::whole_numbers,
                  "ashlar: matmul, convolutions, pooling, mean, exp and the like take float or double: "
                  "convert<float>(x) (this message states the line and the layer's path)");
    static_assert(Why != refusal::number_beyond_dtype,
                  "ashlar: a number beside whole ones must be of their dtype: 0.5 is not (this states the line)");
    static_assert(Why != refusal::value_of_another_trace,
                  "ashlar: a value is used outside of the function that made it: what a repeated body computes leaves "
                  "it only as its result (this message states the line and the layer's path)");
    static_assert(Why != refusal::rows_in_a_loop,
                  "ashlar: repeat: axis 0 is the batch in what the body returns and not in what it takes, or the other "
                  "way round (this message states the line and the layer's path)");
    static_assert(Why != refusal::parameters_of_two_dtypes, "ashlar: all parameters of a model must share a dtype");
    static_assert(Why != refusal::many_parameters,
                  "ashlar: a model's parameters that are trained must be fewer than 2^31 numbers");
    static_assert(Why != refusal::nothing_to_learn,
                  "ashlar: the objective has no gradient by any parameter: between the network's outputs and the loss "
                  "stands stop_gradient, floor, a comparison, argmax or a conversion to whole numbers");
  };
};

/// What Program's graph refused.
template <class Program>
constexpr auto program_verdict() {
  constexpr auto const& counts = Program::tables.counts;
  if constexpr (counts.refused == refusal::none)
    return fits{};
  else
    return misfit<decltype(refused_path<Program, 0>()),
                  refused_by_the_graph<counts.refused, at_line<counts.refused_at <= 0 ? 0 : counts.refused_at>>>{};
}

}  // namespace ashlar::inline ASHLAR_ABI::detail
