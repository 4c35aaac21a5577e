// SPDX-License-Identifier: MIT
#pragma once
#include <limits>
#include <tuple>

#include <ashlar/autodiff/sweep.hpp>
#include <ashlar/expr/gradient.hpp>
#include <ashlar/nn/network.hpp>
#include <ashlar/nn/optimizer.hpp>
#include <ashlar/plan/program.hpp>

/// What a program records: a network's prediction, a training step, or a free function of tensors.
namespace ashlar::inline ASHLAR_ABI::detail {

template <class V>
constexpr V record_input(recording& r, int ordinal, int rows) {
  return {&r.g, add_leaf(r.g, op::input, dtype_of<typename V::element_type>, V::shape(), rows, ordinal)};
}

/// The new versions of states are written at the end of the program.
constexpr void assign_states(recording& r) {
  for (variable_entry& e : r.g.states)
    if (e.latest != e.node) r.outputs.push(assign(r.g, e.latest, e.node));
}

/// Predicts: input 0 is a batch of samples, output 0 what the network returns.
template <class Net, class Input, int Batch>
struct prediction_recorder {
  using input_value = typename Input::template batched<Batch>;
  using output_value = decltype(Net{}(std::declval<input_value>()));

  static constexpr void record(recording& r) {
    r.g.batch = Batch;
    r.g.training = false;
    auto y = network_function<Net>{}(record_input<input_value>(r, 0, 1));
    r.outputs.push(node_in(r.g, y));
  }
};

/// The value type of the target: given, or the loss's own, or an int32 index for each row.
template <class Objective, class Outputs, class Target, int Batch>
struct target_value {
  using type = typename batched_target<Target, Batch>::type;
};
template <class Objective, class Outputs, int Batch>
struct target_value<Objective, Outputs, void, Batch> {
  static constexpr auto pick() {
    if constexpr (requires { typename Objective::template target<Outputs>; })
      return typename Objective::template target<Outputs>{};
    else
      return basic_value<std::int32_t, Batch>{};
  }
  using type = decltype(pick());
};

/// One step of training: input 0 the samples, input 1 the targets, output 0 the loss; parameters, optimizer slots and
/// states are assigned. Target void: the default; Optimizer void: gradients only.
template <class Net, class Input, class Target, class Objective, class Optimizer, int Batch>
struct training_recorder {
  using input_value = typename Input::template batched<Batch>;
  using output_value = decltype(Net{}(std::declval<input_value>()));
  static constexpr bool has_target = !std::is_same_v<Target, no_target_type>;
  static constexpr auto target_pick() {
    if constexpr (has_target)
      return typename target_value<Objective, output_value, Target, Batch>::type{};
    else
      return 0;
  }
  using target_value_type = decltype(target_pick());

  static constexpr auto loss_of(recording& r) {
    network_function<Net> net;
    auto x = record_input<input_value>(r, 0, 1);
    if constexpr (!has_target) {
      return Objective{}(net, unplaced(x));
    } else {
      auto t = record_input<target_value_type>(r, 1, 1);
      if constexpr (called_with<Objective, network_function<Net>, input_value, target_value_type>)
        return Objective{}(net, unplaced(x), unplaced(t));
      else
        return Objective{}(net(unplaced(x)), unplaced(t));
    }
  }
  using loss_value = decltype(loss_of(std::declval<recording&>()));

  static constexpr void record(recording& r) {
    graph& g = r.g;
    g.batch = Batch;
    g.training = true;
    auto loss = loss_of(r);
    int const result = node_in(g, loss);
    r.outputs.push(result);
    for (variable_entry const& e : g.parameters)
      if (e.type != g.parameters[0].type) g.note(refusal::parameters_of_two_dtypes);
    std::int64_t const trained = trained_elements(g);
    if (trained > std::numeric_limits<int>::max()) g.note(refusal::many_parameters);
    if (g.refused.why != refusal::none) return;
    adjoints adj(g);
    for (variable_entry const& e : g.parameters) adj.needed[e.node] = !e.frozen;
    adj.of[result] = add_like(g, result, 1);
    sweep(g, adj);
    for (variable_entry const& e : g.parameters) {
      int d = e.frozen ? -1 : adj.of[e.node];
      if (d >= 0) d = reshape(g, d, g[e.node].extents);
      g.exchanged.push(d);
    }
    if (trained > 0) {
      if (g.parameters[0].type == dtype::float64)
        record_update<double>(r, static_cast<int>(trained));
      else
        record_update<float>(r, static_cast<int>(trained));
    }
    assign_states(r);
  }

 private:
  static constexpr std::int64_t trained_elements(graph const& g) {
    return g.parameters.empty() ? 0 : trained_bytes(g.parameters) / bytes_of(g.parameters[0].type);
  }
  template <class T>
  static constexpr void record_update(recording& r, int trained) {
    graph& g = r.g;
    g.scope = g.paths.child(0, path_entry::name, 0, optimizer_path, 9);
    shape region;
    region.rank = 1;
    region.extent[0] = trained;
    int gradients = g.push({op::exchange, dtype_of<T>, {-1, -1, -1}, region, 0, {}});
    [&]<int... Variant>(std::integer_sequence<int, Variant...>) {
      (update<Variant>(r, region, region_value<T>{&g, gradients}), ...);
    }
    (std::make_integer_sequence<int, Optimizer::variants>{});
    g.scope = 0;
  }
  template <int Variant, class V>
  static constexpr void update(recording& r, shape region, V gradients) {
    using T = typename V::element_type;
    graph& g = r.g;
    auto range = [&](int slot) {
      return region_value<T>{&g, g.push({op::range, dtype_of<T>, {-1, -1, -1}, region, 0, {slot, Variant + 1}})};
    };
    region_value<T> scalars[Optimizer::scalars + 1];
    for (int s = 0; s < Optimizer::scalars; ++s) {
      int id = g.push({op::scalar, dtype_of<T>, {-1, -1, -1}, {}, 0, {s + 1, Variant + 1}});
      shape one;
      one.rank = 1;
      one.extent[0] = 1;
      scalars[s] = {&g, broadcast(g, reshape(g, id, one), region, 0)};
    }
    update_region<region_value<T>, Optimizer::slots> u{range(0), gradients, {}, scalars};
    for (int s = 0; s < Optimizer::slots; ++s) u.slot[s] = range(s + 1);
    Optimizer::template update<Variant>(u);
    auto write = [&](region_value<T> next, int slot) {
      if (next.id == range(slot).id) return;
      node n{op::assign, dtype_of<T>, {next.id, range(slot).id, -1}, region, 0, {Variant + 1}};
      r.outputs.push(g.push(n));
    };
    write(u.parameters, 0);
    for (int s = 0; s < Optimizer::slots; ++s) write(u.slot[s], s + 1);
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
