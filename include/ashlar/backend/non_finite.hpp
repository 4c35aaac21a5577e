// SPDX-License-Identifier: MIT
#pragma once
#include <string>

#include <ashlar/core/config.hpp>

namespace ashlar::inline ASHLAR_ABI {

/// Where the first number that is not finite came from, if there is one.
struct non_finite {
  bool found = false;
  std::string operation;           // "log", or "exp or log" where one kernel computes both; empty: it was given
  std::string layer;               // its path, "4"; of what was given its name; empty: outside of layers
  std::string file;                // the user's, of the operation; empty: not known, as of the layers of a chain
  int line = 0;                    // there; 0: not known
  double lowest = 0, highest = 0;  // of what the operation's kernel read
  std::string sentence;            // all of it

  explicit operator bool() const { return found; }
};

}  // namespace ashlar::inline ASHLAR_ABI
