// SPDX-License-Identifier: MIT
#pragma once
#include <ashlar/train/model.hpp>

namespace ashlar::inline ASHLAR_ABI {

/// A table of a model's parameters and states: name, shape, elements; then the total.
/// example: std::cout << summary(net);
template <class Net, class Input, class Policy, class Target>
std::string summary(model<Net, Input, Policy, Target> const& net) {
  std::size_t name_width = 4, shape_width = 5;
  net.each_variable([&](parameter_reference const& p, auto const&) {
    name_width = p.name().size() > name_width ? p.name().size() : name_width;
    std::size_t const width = detail::shape_text(p.shape()).size();
    shape_width = width > shape_width ? width : shape_width;
  });
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
  row("name", "shape", "elements");
  std::int64_t states = 0;
  net.each_variable([&](parameter_reference const& p, detail::variable_info const& v) {
    bool const is_state = v.at.place == detail::state_place;
    states += is_state ? p.size() : 0;
    row(p.name(), detail::shape_text(p.shape()), std::to_string(p.size()) + (is_state ? " (state)" : ""));
  });
  out += "parameters: " + std::to_string(net.parameters());
  if (states) out += ", and " + std::to_string(states) + " elements of state";
  return out + '\n';
}

}  // namespace ashlar::inline ASHLAR_ABI
