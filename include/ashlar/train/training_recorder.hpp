// SPDX-License-Identifier: MIT
#pragma once
#include <limits>

#include <ashlar/autodiff/sweep.hpp>
#include <ashlar/nn/optimizer.hpp>
#include <ashlar/train/objective.hpp>

namespace ashlar::inline ASHLAR_ABI::detail {

/// One step of training: the inputs are the samples, then the targets; output 0 is the loss, after it come those that
/// it is the sum of. Parameters, optimizer slots and states are assigned. Target void: the default.
template <class Net, class Input, class Target, class Objective, class Optimizer, int Batch>
struct training_recorder {
  static constexpr int slots = Optimizer::slots;
  using inputs = batched_values<Input, Batch>;
  using output_value = result_of<Net, inputs>;
  using targets = target_values<Objective, output_value, Target, Batch>;
  static constexpr bool has_target = targets::count > 0;

  static constexpr auto objective_of(recording& r) {
    auto const x = record_inputs(r, inputs{});
    auto const t = record_inputs(r, targets{}, inputs::count);
    return call_objective<Objective, Net, 1 + Optimizer::scalars>(x, t);
  }
  using loss_value = decltype(objective_of(std::declval<recording&>()).total);

  static constexpr void record(recording& r) {
    graph& g = r.g;
    g.batch = Batch;
    g.training = true;
    auto const objective = objective_of(r);
    int const loss = node_in(g, objective.total);
    r.outputs.push(loss);
    for (int single : objective.singles) r.outputs.push(single);
    for (variable_entry const& e : g.parameters)
      if (e.type != g.parameters[0].type) g.note(refusal::parameters_of_two_dtypes);
    std::int64_t const trained = trained_elements(g);
    if (trained > std::numeric_limits<int>::max()) g.note(refusal::many_parameters);
    if (g.refused.why != refusal::none) return;
    adjoints adj(g);
    for (variable_entry const& e : g.parameters) adj.needed[e.node] = !e.frozen;
    adj.of[loss] = add_like(g, loss, 1);
    sweep(g, adj);
    bool learns = trained == 0;
    for (variable_entry const& e : g.parameters) {
      int d = e.frozen ? -1 : adj.of[e.node];
      learns = learns || d >= 0;
      if (d >= 0) d = reshape(g, d, g[e.node].extents);
      g.exchanged.push(d);
    }
    if (!learns) return g.note(refusal::nothing_to_learn);
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

}  // namespace ashlar::inline ASHLAR_ABI::detail
