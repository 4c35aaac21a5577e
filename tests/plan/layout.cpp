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
struct laid {
  list<variable_info> at;
  std::int64_t bytes = 0;
};
laid lay(std::initializer_list<variable_entry> entries) {
  list<variable_entry> all;
  for (variable_entry const& e : entries) all.push(e);
  laid p;
  p.at = lay_out(all, parameter_place, p.bytes);
  return p;
}

}  // namespace

TEST_CASE("parameters lie densely in the order of their definition, each aligned to its dtype") {
  laid const p = lay({entry({3}), entry({2, 2}), entry({}, dtype::int64), entry({1}), entry({}, dtype::int64)});
  CHECK(p.at[0].at.offset == 0);
  CHECK(p.at[1].at.offset == 12);
  CHECK(p.at[2].at.offset == 32);
  CHECK(p.at[3].at.offset == 40);
  CHECK(p.at[4].at.offset == 48);
  CHECK(p.bytes == 56);
  CHECK(lay({}).bytes == 0);
}

TEST_CASE("a loop's parameters lie iteration after iteration, in slices of one stride") {
  laid const p = lay({entry({3}), looped(entry({5}), {{4, 7}}), looped(entry({2, 2}), {{4, 7}}), entry({1})});
  CHECK(p.at[1].at.offset == 12);
  CHECK(p.at[2].at.offset == 32);
  CHECK(p.at[1].stride[0] == 36);
  CHECK(p.at[2].stride[0] == 36);
  CHECK(p.at[3].at.offset == 12 + 4 * 36);
  CHECK(p.at[1].copies() == 4);
  CHECK(p.at[2].elements() == 16);
}

TEST_CASE("where dtypes are mixed a loop's slices begin where the widest may begin") {
  laid const p = lay({entry({1}), looped(entry({5}), {{4, 7}}), entry({}, dtype::int64)});
  CHECK(p.at[1].at.offset == 8);
  CHECK(p.at[1].stride[0] == 24);
  CHECK(p.at[2].at.offset == 8 + 4 * 24);
}

TEST_CASE("two loops that run equally often are two regions") {
  laid const p = lay({looped(entry({2}), {{3, 1}}), looped(entry({2}), {{3, 2}})});
  CHECK(p.at[0].stride[0] == 8);
  CHECK(p.at[1].at.offset == 24);
}

TEST_CASE("in a loop within a loop the strides multiply") {
  // Outer body: one parameter, an inner loop of two, another parameter.
  laid const p = lay({looped(entry({1}), {{2, 1}}), looped(entry({2}), {{2, 1}, {3, 2}}),
                      looped(entry({4}), {{2, 1}, {3, 2}}), looped(entry({1}), {{2, 1}}), entry({1})});
  CHECK(p.at[0].at.offset == 0);
  CHECK(p.at[1].at.offset == 4);
  CHECK(p.at[1].stride[1] == 24);
  CHECK(p.at[2].at.offset == 12);
  CHECK(p.at[3].at.offset == 4 + 3 * 24);
  CHECK(p.at[0].stride[0] == 80);
  CHECK(p.at[2].stride[0] == 80);
  CHECK(p.at[4].at.offset == 160);
  CHECK(p.at[2].copies() == 6);
}

TEST_CASE("frozen parameters lie behind those that are trained, which are one region without gaps") {
  auto frozen = [](variable_entry e) {
    e.frozen = true;
    return e;
  };
  list<variable_entry> all;
  for (variable_entry const& e : {frozen(entry({3})), entry({1}), looped(entry({2}), {{4, 7}}),
                                  frozen(looped(entry({5}), {{4, 7}})), looped(entry({1}), {{4, 7}}), entry({2})})
    all.push(e);
  std::int64_t bytes = 0, trained = 0;
  list<variable_info> const at = lay_out(all, parameter_place, bytes, trained);
  CHECK(at[1].at.offset == 0);
  CHECK(at[2].at.offset == 4);
  CHECK(at[2].stride[0] == 12);
  CHECK(at[4].at.offset == 12);
  CHECK(at[5].at.offset == 4 + 4 * 12);
  CHECK(trained == 60);
  CHECK(trained_bytes(all) == 60);
  CHECK(at[0].at.offset == 60);
  CHECK(at[3].at.offset == 72);
  CHECK(at[3].stride[0] == 20);
  CHECK(bytes == 72 + 4 * 20);
}
