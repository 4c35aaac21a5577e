// SPDX-License-Identifier: MIT
#pragma once
#include <ashlar/train/predict.hpp>

namespace ashlar::inline ASHLAR_ABI {
namespace detail {

/// The number of the output of this name.
template <fixed_string Name, class... Output>
constexpr int output_named(value_list<Output...>) {
  constexpr int k = find_name<Output...>(name_holder<Name>::value.text);
  static_assert(k >= 0,
                "ashlar: accuracy and mean_squared_error: the network has no output of this name (this message states "
                "the name)");
  return k < 0 ? 0 : k;
}

}  // namespace detail

/// The share of samples whose largest output is at their label, in [0, 1]. Of columns with names the labels are those
/// of the name that the model states for its target, or of the output's, or without one; else those behind the inputs.
template <class Net, class Input, class Policy, class Target, detail::any_dataset Data>
double accuracy(model<Net, Input, Policy, Target> const& net, Data const& data) {
  using runner = detail::default_predictor<model<Net, Input, Policy, Target>>;
  detail::has_one_output<runner::outputs::count>();
  return runner(net).accuracy(data);
}
/// The same, of one output of several; the column of its labels has the output's name.
/// example: double const share = accuracy<"digit">(net, valid);
template <fixed_string Output, class Net, class Input, class Policy, class Target, detail::any_dataset Data>
double accuracy(model<Net, Input, Policy, Target> const& net, Data const& data) {
  using runner = detail::default_predictor<model<Net, Input, Policy, Target>>;
  return runner(net).template accuracy<detail::output_named<Output>(typename runner::outputs{})>(data);
}
/// The share of rows whose largest number is at their label, in [0, 1].
/// shape: [N, classes], [N]
/// example: double const share = accuracy(predict(net, images, metas).get<"digit">(), labels);
template <class T, int N, int Classes>
double accuracy(tensor<T, N, Classes> const& outputs, tensor<std::int32_t, N> const& labels) {
  int right = 0;
  for (int r = 0; r < N; ++r)
    right += detail::index_of_largest<Classes>(outputs.data() + std::int64_t{r} * Classes) == labels[r];
  return static_cast<double>(right) / N;
}

/// The mean squared difference between a network's outputs and the targets of a dataset, which are numbers.
/// errors: does not compile where there are not as many outputs as numbers in a target
/// example: double const error = mean_squared_error(net, valid);
template <class Net, class Input, class Policy, class Target, detail::any_dataset Data>
double mean_squared_error(model<Net, Input, Policy, Target> const& net, Data const& data) {
  using runner = detail::default_predictor<model<Net, Input, Policy, Target>>;
  detail::has_one_output<runner::outputs::count>();
  return runner(net).mean_squared_error(data);
}
/// The same, of one output of several.
/// example: double const error = mean_squared_error<"value">(net, valid);
template <fixed_string Output, class Net, class Input, class Policy, class Target, detail::any_dataset Data>
double mean_squared_error(model<Net, Input, Policy, Target> const& net, Data const& data) {
  using runner = detail::default_predictor<model<Net, Input, Policy, Target>>;
  return runner(net).template mean_squared_error<detail::output_named<Output>(typename runner::outputs{})>(data);
}
/// The mean squared difference between tensors of one shape.
template <class T, int... D>
double mean_squared_error(tensor<T, D...> const& outputs, tensor<T, D...> const& targets) {
  return detail::sum_of_squares(outputs.data(), targets.data(), outputs.size()) / static_cast<double>(outputs.size());
}

}  // namespace ashlar::inline ASHLAR_ABI
