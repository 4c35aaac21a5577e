// SPDX-License-Identifier: MIT
#include <ashlar/plan/layout.hpp>

#include <doctest/doctest.h>

#include "support/shapes.hpp"

using namespace ashlar;
using namespace ashlar::detail;
using proof::of;

namespace {

variable_entry entry(std::initializer_list<int> extents, dtype type = dtype::float32) {
  variable_entry e;
  e.type = type;
  e.extents = of(extents);
  return e;
}
/// In loops: how often each runs, and a number that tells it from others, outermost first.
variable_entry looped(variable_entry e, std::initializer_list<std::pair<int, int>> loops) {
  for (auto [count, region] : loops) {
    e.count[e.depth] = count;
    e.region[e.depth++] = region;
  }
  return e;
}
struct placed {
  list<variable_info> at;
  std::int64_t bytes = 0;
};
placed lay(std::initializer_list<variable_entry> entries) {
  graph g;
  list<variable_entry> all;
  for (variable_entry const& e : entries) all.push(e);
  placed p;
  p.at = lay_out(g, all, parameter_place, p.bytes);
  return p;
}

}  // namespace

TEST_CASE("parameters lie densely in the order of their definition, each aligned to its dtype") {
  placed const p = lay({entry({3}), entry({2, 2}), entry({}, dtype::int64), entry({1}), entry({}, dtype::int64)});
  CHECK(p.at[0].at.offset == 0);
  CHECK(p.at[1].at.offset == 12);
  CHECK(p.at[2].at.offset == 32);
  CHECK(p.at[3].at.offset == 40);
  CHECK(p.at[4].at.offset == 48);
  CHECK(p.bytes == 56);
  CHECK(lay({}).bytes == 0);
}

TEST_CASE("a loop's parameters lie iteration after iteration, in slices of one stride") {
  placed const p = lay({entry({3}), looped(entry({5}), {{4, 7}}), looped(entry({2, 2}), {{4, 7}}), entry({1})});
  CHECK(p.at[1].at.offset == 16);
  CHECK(p.at[2].at.offset == 36);
  CHECK(p.at[1].stride[0] == 40);  // 20 + 16 bytes, to a multiple of 8
  CHECK(p.at[2].stride[0] == 40);
  CHECK(p.at[3].at.offset == 16 + 4 * 40);
  CHECK(p.at[1].copies() == 4);
  CHECK(p.at[2].elements() == 16);
}

TEST_CASE("two loops that run equally often are two regions") {
  placed const p = lay({looped(entry({2}), {{3, 1}}), looped(entry({2}), {{3, 2}})});
  CHECK(p.at[0].stride[0] == 8);
  CHECK(p.at[1].at.offset == 24);
}

TEST_CASE("in a loop within a loop the strides multiply") {
  // Outer body: one parameter, an inner loop of two, another parameter.
  placed const p = lay({looped(entry({1}), {{2, 1}}), looped(entry({2}), {{2, 1}, {3, 2}}),
                        looped(entry({4}), {{2, 1}, {3, 2}}), looped(entry({1}), {{2, 1}}), entry({1})});
  CHECK(p.at[0].at.offset == 0);
  CHECK(p.at[1].at.offset == 8);
  CHECK(p.at[1].stride[1] == 24);
  CHECK(p.at[2].at.offset == 16);
  CHECK(p.at[3].at.offset == 8 + 3 * 24);
  CHECK(p.at[0].stride[0] == 88);  // 84 bytes, to a multiple of 8
  CHECK(p.at[2].stride[0] == 88);
  CHECK(p.at[4].at.offset == 176);
  CHECK(p.at[2].copies() == 6);
}
