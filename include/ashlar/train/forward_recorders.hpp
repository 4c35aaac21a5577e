// SPDX-License-Identifier: MIT
#pragma once
#include <tuple>

#include <ashlar/expr/gradient.hpp>
#include <ashlar/nn/network.hpp>
#include <ashlar/plan/program.hpp>

/// What a program records: a network's prediction, or a free function of tensors. A training step has a file of its
/// own.
namespace ashlar::inline ASHLAR_ABI::detail {

template <class V>
constexpr V record_input(recording& r, int ordinal, int rows) {
  return {&r.g, add_leaf(r.g, op::input, dtype_of<typename V::element_type>, V::shape(), rows, ordinal)};
}
/// Batches of samples as inputs, numbered from `first` on.
template <class... V>
constexpr std::tuple<V...> record_inputs(recording& r, value_list<V...>, int first = 0) {
  return [&]<int... K>(std::integer_sequence<int, K...>) {
    return std::tuple<V...>{record_input<V>(r, first + K, 1)...};
  }
  (std::make_integer_sequence<int, static_cast<int>(sizeof...(V))>{});
}

template <class Net, class... V>
constexpr auto call_network(std::tuple<V...> const& inputs) {
  return [&]<std::size_t... K>(std::index_sequence<K...>) {
    return network_function<Net>{}(unplaced(std::get<K>(inputs))...);
  }
  (std::index_sequence_for<V...>{});
}

/// The new versions of states are written at the end of the program.
constexpr void assign_states(recording& r) {
  for (variable_entry& e : r.g.states)
    if (e.latest != e.node) r.outputs.push(assign(r.g, e.latest, e.node));
}

/// Predicts: the inputs are batches of samples, the outputs what the network returns.
template <class Net, class Input, int Batch>
struct prediction_recorder {
  using inputs = batched_values<Input, Batch>;
  using output_value = result_of<Net, inputs>;

  static constexpr void record(recording& r) {
    r.g.batch = Batch;
    r.g.training = false;
    auto const y = call_network<Net>(record_inputs(r, inputs{}));
    each_output(y, [&](auto const& v) { r.outputs.push(node_in(r.g, v)); });
  }
};

/// A free function of tensors: as many inputs as arguments; no axis has rows.
template <class F, class... V>
struct function_recorder {
  using output_value = decltype(F{}(std::declval<V>()...));
  static constexpr void record(recording& r) { record(r, std::index_sequence_for<V...>{}); }

 private:
  template <std::size_t... K>
  static constexpr void record(recording& r, std::index_sequence<K...>) {
    push_outputs(r, F{}(record_input<V>(r, static_cast<int>(K), 0)...));
  }
  template <any_value Y>
  static constexpr void push_outputs(recording& r, Y y) {
    r.outputs.push(node_in(r.g, y));
  }
  template <class... Y>
  static constexpr void push_outputs(recording& r, std::tuple<Y...> const& all) {
    std::apply([&](auto... y) { (push_outputs(r, y), ...); }, all);
  }
  template <class Y, class D>
  static constexpr void push_outputs(recording& r, value_and_gradient<Y, D> const& both) {
    push_outputs(r, both.value);
    push_outputs(r, both.gradient);
  }
};

}  // namespace ashlar::inline ASHLAR_ABI::detail
