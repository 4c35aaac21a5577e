// SPDX-License-Identifier: MIT
#pragma once

#include <cstdlib>
#include <string>

namespace ashlar_examples {

/// Where an example writes the file `name`: into $ASHLAR_OUTPUT, which examples/run sets, else into the current folder.
inline std::string output_path(char const* name) {
  char const* folder = std::getenv("ASHLAR_OUTPUT");
  return folder && *folder ? std::string(folder) + '/' + name : std::string(name);
}

}  // namespace ashlar_examples
