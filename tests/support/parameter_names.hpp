// SPDX-License-Identifier: MIT
#pragma once
#include <string>

#include "support/layer_proof.hpp"

namespace proof {

/// The names of a network's parameters in the order of their definition, with spaces between; {i} stands for an
/// iteration.
template <class Net, class Input>
std::string parameter_names(Net const&, Input const&) {
  recording r;
  record<prediction_recorder<Net, std::remove_cvref_t<Input>, 2>>(r);
  std::string names;
  for (variable_entry const& e : r.g.parameters) {
    std::string const path = r.g.paths.text(e.path);
    names += names.empty() ? "" : " ";
    if (!path.empty()) names += path + ".";
    names += e.field;
  }
  return names;
}

}  // namespace proof
