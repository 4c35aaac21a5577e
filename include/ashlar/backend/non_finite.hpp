// SPDX-License-Identifier: MIT
#pragma once
#include <string>

#include <ashlar/core/config.hpp>

namespace ashlar::inline ASHLAR_ABI {

/// Where the first number that is not finite came from, if there is one.
struct non_finite {
  bool found = false;     ///< Whether there is one.
  std::string operation;  ///< "log", or "exp or log" where one kernel computes both; empty: it was given.
  std::string layer;      ///< Its path, "4"; of what was given its name; empty: outside of layers.
  std::string file;       ///< The user's, of the operation; empty: not known, as of the layers of a chain.
  int line = 0;           ///< There; 0: not known.
  double lowest = 0;      ///< The smallest number that the operation's kernel read.
  double highest = 0;     ///< The largest.
  std::string sentence;   ///< All of it.

  /// Whether there is one.
  explicit operator bool() const { return found; }
};

}  // namespace ashlar::inline ASHLAR_ABI
