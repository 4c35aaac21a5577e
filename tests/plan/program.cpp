// SPDX-License-Identifier: MIT
#include <ashlar/plan/program.hpp>

#include <doctest/doctest.h>

#include "support/networks.hpp"

using namespace ashlar;
using namespace ashlar::detail;

namespace {

/// Compares the tables of a program, computed by the compiler, with the plan made by the same functions at run time.
/// Where C++ leaves open which operand is recorded first, the two may differ in the order of nodes and steps.
template <class Program>
void check_tables() {
  full_plan made(Program::options);
  recording r;
  run_pipeline<typename Program::recorder>(made, r);
  auto const& t = Program::tables;
  plan_builder const& p = made.pools;
  CHECK(t.sizes.steps == p.steps.size());
  CHECK(t.sizes.operands == p.operands.size());
  CHECK(t.sizes.numbers == made.drafted.numbers.size());
  CHECK(t.sizes.constants == made.drafted.constants.size());
  CHECK(t.sizes.bodies == p.bodies.size());
  CHECK(t.counts.nodes == p.counts.nodes);
  CHECK(t.counts.flops == p.counts.flops);
  CHECK(t.counts.parameter_bytes == p.counts.parameter_bytes);
  CHECK(t.counts.arena_bytes_without_reuse == p.counts.arena_bytes_without_reuse);
  CHECK(t.sizes.kernels == p.kernel_begin.size());
}

}  // namespace

TEST_CASE("the compiler's plan is the plan that the same functions make at run time") {
  check_tables<program<proof::image_step<float, 8>>>();
  check_tables<program<proof::loop_step<float, 8>, false, false>>();
}

TEST_CASE("the names of a program's parameters and states are its paths") {
  using p = program<proof::image_step<float, 8>>;
  std::string names;
  auto add = [&](variable_info const& v) {
    names += names.empty() ? "" : " ";
    names += std::string(p::tables.names + v.name, static_cast<std::size_t>(v.name_length));
  };
  for (int k = 0; k < p::tables.sizes.parameters; ++k) add(p::tables.parameters[k]);
  for (int k = 0; k < p::tables.sizes.states; ++k) add(p::tables.states[k]);
  CHECK(names ==
        "0.weight 0.bias 1.weight 1.bias 6.weight 6.bias 8.weight 8.bias 1.running_mean 1.running_var "
        "1.num_batches_tracked");
}
