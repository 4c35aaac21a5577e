// SPDX-License-Identifier: MIT
#pragma once
#include "reference/cases.hpp"
#include "support/step_proof.hpp"

/// PyTorch's values, gradients and gradients of gradients against the oracle's, which interprets in double what the
/// library records. That kernels compute what the oracle does is proven elsewhere.
namespace reference {

using namespace ashlar::detail;
using proof::environment;
using proof::numbers;
using proof::recording;

/// |ours - theirs| <= tolerance * (1 + |theirs|): both are doubles, theirs was rounded to float once.
inline constexpr double oracle_tolerance = 2e-7;
/// Of five steps: an optimizer's members are floats, and 1 - 0.99f is 0.01 to six digits.
inline constexpr double step_tolerance = 2e-6;

inline numbers numbers_of(std::string const& name, dtype type, shape const& extents) {
  std::vector<char> bytes(static_cast<std::size_t>(extents.size() * bytes_of(type)));
  read(name, type, extents, bytes.data());
  numbers all;
  for (std::int64_t i = 0; i < extents.size(); ++i)
    all.push_back(proof::load_number(type, bytes.data() + i * bytes_of(type)));
  return all;
}
inline void compare(numbers const& ours, shape const& extents, std::string const& name,
                    double tolerated = oracle_tolerance) {
  CAPTURE(name);
  numbers const theirs = numbers_of(name, dtype::float32, extents);
  REQUIRE(ours.size() == theirs.size());
  for (std::size_t i = 0; i < theirs.size(); ++i) {
    double const wanted = static_cast<double>(theirs[i]), got = static_cast<double>(ours[i]);
    CAPTURE(i);
    CAPTURE(wanted);
    CAPTURE(got);
    CHECK(std::abs(got - wanted) <= tolerated * (1 + std::abs(wanted)));
  }
}

/// The fields of the tensors that a recording's proof reads and gives: variables are floats whose gradients are asked
/// for, called grad + field and so on.
struct proved {
  std::vector<std::string> variables;
  std::vector<shape> extents;
};
/// Compares outputs: a value, first gradients, second gradients. `e` has the inputs of the function already.
inline void compare_orders(std::string const& name, recording const& r, proved const& p, shape const& output,
                           environment& e) {
  e.inputs.push_back(numbers_of(name + ".upstream", dtype::float32, output));
  std::size_t const count = p.variables.size();
  for (std::size_t k = 0; k < count; ++k)
    e.inputs.push_back(numbers_of(name + ".direction" + p.variables[k], dtype::float32, p.extents[k]));
  proof::results const ours = proof::interpret(r, e);
  compare(ours.outputs[0], output, name + ".output");
  for (std::size_t k = 0; k < count; ++k) {
    compare(ours.outputs[1 + k], p.extents[k], name + ".grad" + p.variables[k]);
    compare(ours.outputs[1 + count + k], p.extents[k], name + ".second" + p.variables[k]);
  }
}

/// Records a function of values with its two gradients for the first `Variables` of them.
template <class F, int Variables, class... X>
struct function_recording {
  static constexpr auto call(recording& r) {
    return [&]<std::size_t... K>(std::index_sequence<K...>) {
      return F{}(record_input<X>(r, static_cast<int>(K), 0)...);
    }
    (std::index_sequence_for<X...>{});
  }
  static void record(recording& r) {
    int const y = call(r).id;
    list<int> variables;
    for (int k = 0; k < Variables; ++k)
      for (int i = 0; i < r.g.size(); ++i)
        if (r.g[i].code == op::input && r.g[i].a[0] == k) variables.push(i);
    proof::append_gradients(r, y, variables, sizeof...(X));
  }
  using output = decltype(call(std::declval<recording&>()));
};

template <int... D>
using floats_in = basic_value<double, D...>;
template <int... D>
using labels_in = basic_value<std::int32_t, D...>;

/// A function of the case's inputs: `Variables` of them are called input0, input1, ...; indices after them are called
/// labels, numbers targets.
template <int Variables, class... X, class F>
void check(std::string const& name, F) {
  using recorded = function_recording<F, Variables, X...>;
  recording r;
  proof::record<recorded>(r);
  environment e;
  proved p;
  int k = 0;
  auto add = [&]<class V>(V) {
    bool const is_index = std::is_same_v<typename V::element_type, std::int32_t>;
    bool const is_variable = k < Variables;
    if (is_variable) {
      p.variables.push_back(std::to_string(k));
      p.extents.push_back(V::shape());
    }
    std::string const field = is_variable ? "input" + std::to_string(k) : is_index ? "labels" : "targets";
    e.inputs.push_back(numbers_of(name + "." + field, is_index ? dtype::int32 : dtype::float32, V::shape()));
    ++k;
  };
  (add(X{}), ...);
  compare_orders(name, r, p, recorded::output::shape(), e);
}

/// The name of a parameter in a recording.
inline std::string name_of(recording const& r, variable_entry const& v) {
  return r.g.paths.text(v.path) + "." + v.field;
}

/// A layer on a full batch; PyTorch's module has the names of its parameters without the layer's index.
template <int B, int... D, class Layer>
void check_layer(std::string const& name, Layer const&) {
  using recorded = proof::layer_proof<Layer, input_type<double, D...>, B>;
  recording r;
  proof::record<recorded>(r);
  environment e;
  e.scalars[0] = B;
  e.inputs.push_back(numbers_of(name + ".input", dtype::float32, make_shape<B, D...>()));
  proved p{{"_input"}, {make_shape<B, D...>()}};
  for (variable_entry const& v : r.g.parameters) {
    std::string const field = name_of(r, v).substr(2);
    p.variables.push_back("_" + field);
    p.extents.push_back(v.extents);
    e.parameters.push_back(numbers_of(name + "." + field, dtype::float32, v.extents));
  }
  compare_orders(name, r, p, r.g.extents(r.outputs[0]), e);
}

/// Five steps on one batch.
template <class Optimizer, class Net>
void check_training(std::string const& name, Net const&, Optimizer const& o) {
  using recorded =
      typename proof::step_of<double, Net, input_type<float, 4>, cross_entropy_loss, Optimizer, 6>::recorder;
  recording r;
  proof::record<recorded>(r);
  environment e = proof::first_step(r, o, {.rows = 6});
  e.inputs = {numbers_of(name + ".input", dtype::float32, make_shape<6, 4>()),
              numbers_of(name + ".labels", dtype::int32, make_shape<6>())};
  e.parameters.clear();
  for (variable_entry const& v : r.g.parameters)
    e.parameters.push_back(numbers_of(name + ".before." + name_of(r, v), dtype::float32, v.extents));
  numbers losses;
  for (int step = 0; step < 5; ++step) {
    proof::results const after = proof::interpret(r, e);
    losses.push_back(after.outputs[0][0]);
    e = proof::next_step(e, after, o);
  }
  compare(losses, make_shape<5>(), name + ".losses", step_tolerance);
  for (int k = 0; k < r.g.parameters.size(); ++k)
    compare(e.parameters[static_cast<std::size_t>(k)], r.g.parameters[k].extents,
            name + ".after." + name_of(r, r.g.parameters[k]), step_tolerance);
}

}  // namespace reference
