// SPDX-License-Identifier: MIT
#pragma once
#include "support/environment.hpp"

/// Every kernel that a plan may name, read from its integers and numbers while the program runs: plain loops in double.
/// So the passes are tested as they are, on any graph, without a compiler.
namespace proof {

struct kernel_call {
  int const* code;
  int code_size;
  std::int64_t const* number;
  double const* constants;
  std::vector<char*> operands;
  environment const* around;
  std::uint64_t iteration = 0;
};

void run_reference(kernel_call const& c);

}  // namespace proof
