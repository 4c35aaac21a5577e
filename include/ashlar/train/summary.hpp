// SPDX-License-Identifier: MIT
#pragma once
#include <ashlar/train/given.hpp>
#include <ashlar/train/model.hpp>

namespace ashlar::inline ASHLAR_ABI {
namespace detail {

/// f(name, shape of a sample, "input") for each of several inputs, or outputs.
template <class F>
void each_argument(char const* const* names, variable_info const* infos, int count, char const* kind, F f) {
  for (int k = 0; k < count; ++k) {
    shape sample = infos[k].extents;
    for (int axis = 1; axis < sample.rank; ++axis) sample.extent[axis - 1] = sample.extent[axis];
    --sample.rank;
    f(names[k][0] ? std::string(names[k]) : kind + (" " + std::to_string(k + 1)), sample, kind);
  }
}

}  // namespace detail

/// A table of a model's parameters and states: name, shape, elements; then the total. Of a model with several inputs or
/// outputs these are in it, too, with the shapes of a sample.
/// example: std::cout << summary(net);
template <class Net, class Input, class Policy, class Target>
std::string summary(model<Net, Input, Policy, Target> const& net) {
  using recorder = typename detail::model_tables<Policy, Net, Input>::program::recorder;
  using inputs = typename detail::entries_of<Input>::type;
  using outputs = typename detail::outputs_of<typename recorder::output_value>::type;
  constexpr bool lists = inputs::count > 1 || outputs::count > 1;
  auto each_input = [&](auto f) {
    if constexpr (lists)
      detail::each_argument(detail::names_of<inputs>::value, net.tables().inputs, inputs::count, "input", f);
  };
  auto each_output = [&](auto f) {
    if constexpr (lists)
      detail::each_argument(detail::names_of<outputs>::value, net.tables().outputs, outputs::count, "output", f);
  };
  std::size_t name_width = 4, shape_width = 5;
  auto widen = [&](std::string const& name, shape const& s, char const*) {
    name_width = name.size() > name_width ? name.size() : name_width;
    std::size_t const width = detail::shape_text(s).size();
    shape_width = width > shape_width ? width : shape_width;
  };
  each_input(widen);
  net.each_variable([&](parameter_reference const& p, auto const&) { widen(p.name(), p.shape(), ""); });
  each_output(widen);
  std::string out;
  auto cell = [&](std::string const& text, std::size_t width, bool right) {
    std::string const space(width > text.size() ? width - text.size() : 0, ' ');
    out += right ? space + text : text + space;
  };
  auto row = [&](std::string const& name, std::string const& shape, std::string const& elements) {
    cell(name, name_width + 2, false);
    cell(shape, shape_width + 2, false);
    cell(elements, 11, true);
    out += '\n';
  };
  auto argument = [&](std::string const& name, shape const& sample, char const* kind) {
    row(name, detail::shape_text(sample), std::to_string(sample.size()) + " (" + kind + ")");
  };
  row("name", "shape", "elements");
  each_input(argument);
  std::int64_t states = 0;
  net.each_variable([&](parameter_reference const& p, detail::variable_info const& v) {
    bool const is_state = v.at.place == detail::state_place;
    states += is_state ? p.size() : 0;
    row(p.name(), detail::shape_text(p.shape()), std::to_string(p.size()) + (is_state ? " (state)" : ""));
  });
  each_output(argument);
  out += "parameters: " + std::to_string(net.parameters());
  if (states) out += ", and " + std::to_string(states) + " elements of state";
  return out + '\n';
}

/// Streams its summary.
template <class Stream, class Net, class Input, class Policy, class Target>
requires requires(Stream& out) { out << ""; }
Stream& operator<<(Stream& out, model<Net, Input, Policy, Target> const& net) {
  out << summary(net).c_str();
  return out;
}

}  // namespace ashlar::inline ASHLAR_ABI
