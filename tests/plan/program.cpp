// SPDX-License-Identifier: MIT
#include <ashlar/plan/program.hpp>

#include <doctest/doctest.h>

#include "support/networks.hpp"

using namespace ashlar;
using namespace ashlar::detail;

namespace {

template <class A, class B>
bool same_pool(A const& frozen, B const& made, int count) {
  for (int i = 0; i < count; ++i)
    if (!(frozen[i] == made[i])) return false;
  return true;
}

/// Compares the tables of a program, computed by the compiler, with the plan made by the same functions at run time.
template <class Program>
void check_tables() {
  proof::recording r;
  proof::record<typename Program::recorder>(r);
  proof::planned const made(r, Program::options);
  auto const& t = Program::tables;
  plan_builder const& p = made.plan.pools;
  REQUIRE(t.sizes.steps == p.steps.size());
  REQUIRE(t.sizes.operands == p.operands.size());
  REQUIRE(t.sizes.numbers == p.numbers.size());
  REQUIRE(t.sizes.code == p.kernel_code.size());
  REQUIRE(t.sizes.kernels == p.kernel_begin.size());
  CHECK(same_pool(t.numbers, p.numbers, t.sizes.numbers));
  CHECK(same_pool(t.constants, p.constants, t.sizes.constants));
  CHECK(same_pool(t.code, p.kernel_code, t.sizes.code));
  CHECK(same_pool(t.kernel_begin, p.kernel_begin, t.sizes.kernels));
  for (int i = 0; i < t.sizes.operands; ++i) {
    CHECK(t.operands[i].place == p.operands[i].place);
    CHECK(t.operands[i].offset == p.operands[i].offset);
  }
  for (int i = 0; i < t.sizes.steps; ++i) {
    CHECK(t.steps[i].kernel == p.steps[i].kernel);
    CHECK(t.steps[i].loop == p.steps[i].loop);
    CHECK(t.steps[i].variant == p.steps[i].variant);
  }
  CHECK(t.counts.arena_bytes == p.counts.arena_bytes);
  CHECK(t.counts.nodes == p.counts.nodes);
  CHECK(t.counts.flops == p.counts.flops);
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
    names += (names.empty() ? "" : " ") + std::string(p::tables.names + v.name, static_cast<std::size_t>(v.name_length));
  };
  for (int k = 0; k < p::tables.sizes.parameters; ++k) add(p::tables.parameters[k]);
  for (int k = 0; k < p::tables.sizes.states; ++k) add(p::tables.states[k]);
  CHECK(names ==
        "0.weight 0.bias 1.weight 1.bias 6.weight 6.bias 8.weight 8.bias 1.running_mean 1.running_var "
        "1.num_batches_tracked");
}
