// SPDX-License-Identifier: MIT
#include <ashlar/plan/frozen_recording.hpp>

#include <doctest/doctest.h>

#include <memory>

#include "support/networks.hpp"

using namespace ashlar;
using namespace ashlar::detail;

namespace {

bool same(list<int> const& a, list<int> const& b) {
  bool equal = a.size() == b.size();
  for (int i = 0; equal && i < a.size(); ++i) equal = a[i] == b[i];
  return equal;
}

void check_same(graph const& a, graph const& b) {
  REQUIRE(a.size() == b.size());
  REQUIRE(a.loops.size() == b.loops.size());
  CHECK(a.next_ordinal == b.next_ordinal);
  CHECK(same(a.exchanged, b.exchanged));
  for (int i = 0; i < a.size(); ++i) {
    CHECK(a[i].same_as(b[i]));
    CHECK(a[i].at.line == b[i].at.line);
    CHECK(a.paths.text(a[i].path) == b.paths.text(b[i].path));
  }
  for (int k = 0; k < a.loops.size(); ++k) {
    loop const &x = *a.loops[k], &y = *b.loops[k];
    CHECK(x.count == y.count);
    CHECK(x.reversed == y.reversed);
    CHECK(x.carries == y.carries);
    CHECK(x.invariants == y.invariants);
    CHECK(x.node == y.node);
    CHECK(same(x.operands, y.operands));
    CHECK(same(x.arguments, y.arguments));
    CHECK(same(x.results, y.results));
    CHECK(same(x.outputs, y.outputs));
    CHECK(y.body->parent == &b);
    check_same(*x.body, *y.body);
  }
}

}  // namespace

TEST_CASE("a recording that is frozen and thawed is the same, in its loops too") {
  recording clean, thawed;
  record_and_rebuild<proof::loop_step<float, 8>>(clean);
  auto const frozen = std::make_unique<frozen_recording<2000, 4000, 400, 100>>();
  frozen->freeze(clean);
  REQUIRE(frozen->fits());
  frozen->thaw(thawed);
  CHECK(same(clean.outputs, thawed.outputs));
  CHECK(clean.g.parameters.size() == thawed.g.parameters.size());
  CHECK(clean.g.states.size() == thawed.g.states.size());
  check_same(clean.g, thawed.g);
}

TEST_CASE("pools that are too small count what they need") {
  recording clean;
  record_and_rebuild<proof::loop_step<float, 8>>(clean);
  frozen_recording<1, 1, 1, 1> small;
  small.freeze(clean);
  CHECK(!small.fits());
  auto const large = std::make_unique<frozen_recording<2000, 4000, 400, 100>>();
  large->freeze(clean);
  CHECK(small.nodes.count == large->nodes.count);
  CHECK(small.numbers.count == large->numbers.count);
  CHECK(small.paths.count == large->paths.count);
  CHECK(small.variables.count == large->variables.count);
}
