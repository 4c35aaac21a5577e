// SPDX-License-Identifier: MIT
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include <ashlar/plan/traced_plan.hpp>
#include <ashlar/train/parameter.hpp>

namespace ashlar::inline ASHLAR_ABI {

/// What a layer or operation made in a program's last run: a copy, readable as a tensor of its shape.
class intermediate {
 public:
  /// A copy of what lies at `data`.
  intermediate(std::string name, dtype type, ashlar::shape const& extents, char const* data)
      : name_(std::move(name)), type_(type), extents_(extents), bytes_(data, data + extents.size() * bytes_of(type)) {}

  /// Its layer and operation.
  std::string const& name() const { return name_; }
  /// Its dtype.
  dtype type() const { return type_; }
  /// Its extents.
  ashlar::shape shape() const { return extents_; }
  /// How many elements it has.
  std::int64_t size() const { return extents_.size(); }
  /// Its elements in row-major order.
  char const* bytes() const { return bytes_.data(); }

  /// errors: fails where dtype or shape differ
  template <class T, int... D>
  operator tensor<T, D...>() const {
    detail::need_same_tensor("'" + name_ + "'", type_, extents_, dtype_of<T>, make_shape<D...>());
    return tensor<T, D...>(view<T const, D...>(reinterpret_cast<T const*>(bytes_.data())));
  }

 private:
  std::string name_;
  dtype type_;
  ashlar::shape extents_;
  std::vector<char> bytes_;
};

namespace detail {

/// What a program without fusion and reuse leaves in its arena, by name.
class intermediate_names {
 public:
  struct entry {
    std::string name;
    int node = -1;
    std::int64_t offset = 0;
  };

  ASHLAR_COLD explicit intermediate_names(traced_plan const& t) : t_(t), g_(t.recorded.g) {
    find_memory();
    find_forward_nodes();
    for (int p = 1; p < g_.paths.size(); ++p)
      if (int const i = output_of_layer(g_.paths.text(p)); i >= 0) add(g_.paths.text(p), i);
    for (bool forward : {true, false})
      for (int i = 0; i < g_.size(); ++i)
        if (is_kept(i) && (forward_[i] != 0) == forward) add(operation_name(i), i);
  }

  ASHLAR_COLD entry const& find(std::string_view name) const {
    std::string known;
    for (entry const& e : entries_) {
      if (e.name == name) return e;
      if (forward_[e.node]) known += e.name + ", ";
    }
    std::string const loops = is_in_loop(name) ? " (what the layers in a repeat make is not kept)" : "";
    fail(error_parts{.place = "inspect",
                     .problem = "the program makes no '" + std::string(name) + "'" + loops + "; it makes " + known +
                                "and more that begins with 'backward.'"});
  }
  graph const& recorded() const { return g_; }

 private:
  void add(std::string const& name, int node) { entries_.push_back({name, node, offset_[storage_of(g_, node)]}); }
  bool is_kept(int node) const {
    return offset_[storage_of(g_, node)] >= 0 && !is_leaf(g_[node].code) && g_[node].code != op::assign;
  }
  /// Where the nodes with memory of their own lie in the arena.
  ASHLAR_COLD void find_memory() {
    offset_ = list<std::int64_t>(g_.size(), -1);
    full_plan const& p = t_.plan;
    body_entry const& body = p.pools.bodies[p.top];
    traced_body const& traced = t_.trace.bodies[p.top];
    for (int s = 0; s < body.step_count; ++s) {
      step_entry const& step = p.pools.steps[body.first_step + s];
      traced_step const& made = traced.steps[s];
      for (int k = 0; k < made.outputs.size(); ++k) {
        address const& at = step.loop >= 0 ? result_address(p.pools.loops[step.loop], k)
                                           : p.pools.operands[step.operands + made.inputs.size() + k];
        if (at.place == arena_place) offset_[made.outputs[k]] = at.offset;
      }
    }
    for (int i = 0; i < g_.size(); ++i)
      if (g_[i].code == op::input) offset_[i] = p.inputs[g_[i].a[0]].at.offset;
  }
  address const& result_address(loop_entry const& l, int k) const {
    return t_.plan.pools.bindings[l.bindings + l.arguments + k].at;
  }
  /// Those that the results need and that stand before them: the rest is gradients, the update and new states.
  ASHLAR_COLD void find_forward_nodes() {
    list<int> results;
    for (int o : t_.recorded.outputs)
      if (g_[o].code != op::assign) results.push(o);
    forward_ = live_nodes(g_, results);
  }
  /// "2.relu", and "2.relu.2" for the second of the layer; after "backward." where it is none of the results' own.
  ASHLAR_COLD std::string operation_name(int i) const {
    int number = 1;
    for (int j = 0; j < i; ++j)
      number += g_[j].code == g_[i].code && g_[j].path == g_[i].path && forward_[j] == forward_[i] && is_kept(j);
    std::string name = forward_[i] ? "" : "backward.";
    if (g_[i].path > 0) name += g_.paths.text(g_[i].path) + ".";
    name += name_of(g_[i].code);
    return number > 1 ? name + "." + std::to_string(number) : name;
  }
  /// The last node of a layer's first call: of the first nodes in a row that are its own or of layers in it.
  ASHLAR_COLD int output_of_layer(std::string const& layer) const {
    int found = -1;
    for (int i = 0; i < g_.size(); ++i) {
      if (!forward_[i] || !is_kept(i)) continue;
      std::string const path = g_.paths.text(g_[i].path);
      bool const inside = path == layer || path.compare(0, layer.size() + 1, layer + ".") == 0;
      if (!inside && found >= 0) break;
      bool const is_saved = g_[i].code == op::result && g_[i].a[0] > 0;
      if (inside && !is_saved) found = i;
    }
    return found;
  }
  ASHLAR_COLD bool is_in_loop(std::string_view name) const {
    for (loop const* l : g_.loops) {
      std::string const layer = g_.paths.text(g_[l->node].path);
      if (layer.empty() || (name.substr(0, layer.size()) == layer && name.substr(layer.size(), 1) == ".")) return true;
    }
    return false;
  }

  traced_plan const& t_;
  graph const& g_;
  list<std::int64_t> offset_;  // -1: it has no memory in the arena
  list<char> forward_;
  std::vector<entry> entries_;
};

template <bool KeepsAll>
constexpr void keeps_intermediates() {
  static_assert(KeepsAll,
                "ashlar: inspect: only a program on cpu.with(debug) or device.with(debug) keeps what its layers make: "
                "model(network, input<...>, cpu.with(debug), seed{...})");
}

}  // namespace detail

/// What a layer or an operation made in the last run of a trainer, predictor or compiled function on cpu.with(debug) or
/// device.with(debug):
/// "2" is the output of element 2 of the network, "2.relu" an operation in it, "2.mul.2" the second of its kind there,
/// "exp" one outside of layers, "backward.2.mul" one for the gradients, the states or
/// the update. Of a batch all rows, whether valid or not.
/// cost: plans the program once more, and again in the compiler
/// errors: fails where there is no such name, with those that there are; does not compile on another policy
/// example: tensor<float, 64, 10> logits = inspect(t, "9");
template <class Runner>
intermediate inspect(Runner const& runner, std::string_view name) {
  using program = typename Runner::program;
  detail::keeps_intermediates<!program::options.fuse && !program::options.reuse>();
  if (!runner.arena())
    fail(error("inspect: the program's memory lies on a GPU; device.with(debug) has an image of it on the host"));
  static detail::traced_program<program> const planned;
  static detail::intermediate_names const names(planned);
  auto const& found = names.find(name);
  auto const& node = names.recorded()[found.node];
  return {found.name, node.type, node.extents, runner.arena() + found.offset};
}

}  // namespace ashlar::inline ASHLAR_ABI
