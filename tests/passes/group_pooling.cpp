// SPDX-License-Identifier: MIT
#include <ashlar/passes/group_pooling.hpp>

#include <vector>

#include <doctest/doctest.h>

#include <ashlar/passes/fusion.hpp>
#include <ashlar/passes/lower_node.hpp>

#include "support/check_graph.hpp"

using namespace ashlar;
using namespace ashlar::detail;
using proof::nodes;
using proof::of;

namespace {

/// A convolution by Winograd's algorithm with a bias, a ReLU and pooling.
struct pooled_layers {
  graph g;
  int conv, sum, relu, index, taken;

  explicit pooled_layers(window const& pooling = {{2, 2}, {2, 2}}, bool bias_in_memory = true, int filters = 16,
                         window const& windows = {{3, 3}, {1, 1}, {1, 1}}) {
    int const x = add_leaf(g, op::input, dtype::float32, of({8, 16, 28, 28}), 1, g.ordinal());
    int const weight = add_leaf(g, op::parameter, dtype::float32, of({filters, 16, 3, 3}), 0, g.ordinal());
    int bias = add_leaf(g, op::parameter, dtype::float32, of({filters, 1, 1}), 0, g.ordinal());
    if (!bias_in_memory) bias = unary(g, op::tanh, bias);
    conv = ashlar::detail::conv(g, x, weight, windows);
    shape const s = g.extents(conv);
    sum = binary(g, op::add, conv, broadcast(g, bias, s, 1));
    relu = unary(g, op::relu, sum);
    index = window_index(g, relu, pooling);
    taken = window_take(g, relu, index, pooling);
  }
  grouping groups(list<int> const& outputs, bool winograd = true, bool fuse = true) const {
    pass_options options{fuse, true};
    options.winograd = winograd;
    return fusion(g, outputs, options).run();
  }
  int kernels(list<int> const& outputs, bool winograd = true, bool fuse = true) const {
    return groups(outputs, winograd, fuse).order.size();
  }
};

std::vector<int> all(list<int> const& l) { return {l.begin(), l.end()}; }

}  // namespace

TEST_CASE("a convolution by Winograd's algorithm, its bias and ReLU and the pooling behind them are one kernel") {
  pooled_layers const p;
  CHECK(p.kernels(nodes({p.taken})) == 1);
  CHECK(p.kernels(nodes({p.taken}), false) == 4);
  CHECK(p.kernels(nodes({p.taken}), true, false) == 5);
  CHECK(p.kernels(nodes({p.taken, p.index})) == 1);
  grouping const made = p.groups(nodes({p.taken}));
  group const& m = made.groups[made.order[0]];
  CHECK(all(m.members) == std::vector{p.conv, p.sum, p.relu, p.index, p.taken});
  for (bool needs_positions : {false, true}) {
    lowered const step = lower_node(p.g, m.members, &made, true, [&](int) { return needs_positions; });
    CHECK(all(step.code) == std::vector<int>{static_cast<int>(kernel_kind::conv), 0, conv_way::pooled});
    CHECK(step.inputs.size() == 3);
    CHECK(all(step.outputs) == (needs_positions ? std::vector{p.taken, p.index} : std::vector{p.taken}));
    CHECK(step.workspace > 0);
  }
}

TEST_CASE("what is pooled stays in memory where somebody else reads it") {
  pooled_layers p;
  CHECK(p.kernels(nodes({p.taken, p.relu})) == 4);
  CHECK(p.kernels(nodes({p.taken, p.sum})) == 4);
  CHECK(p.kernels(nodes({p.taken, p.conv})) == 4);
  int const view = reshape(p.g, p.relu, of({8, 16, 28 * 28}));
  CHECK(p.kernels(nodes({p.taken, unary(p.g, op::exp, view)})) == 5);
}

TEST_CASE("a bias or a ReLU may be missing, a ReLU without a bias stays a step of its own") {
  pooled_layers p;
  auto pooled = [&](int x) { return window_take(p.g, x, window_index(p.g, x, {{2, 2}, {2, 2}}), {{2, 2}, {2, 2}}); };
  CHECK(p.kernels(nodes({pooled(p.sum)})) == 1);
  CHECK(p.kernels(nodes({pooled(p.conv)})) == 1);
  CHECK(p.kernels(nodes({pooled(unary(p.g, op::relu, p.conv))})) == 4);
  CHECK(p.kernels(nodes({pooled(unary(p.g, op::tanh, p.sum))})) == 4);
}

TEST_CASE("other windows, other convolutions and computed biases are pooled by steps of their own") {
  auto kernels = [](pooled_layers const& p) { return p.kernels(nodes({p.taken})); };
  CHECK(kernels(pooled_layers({{3, 3}, {2, 2}})) == 4);
  CHECK(kernels(pooled_layers({{2, 2}, {1, 1}})) == 4);
  CHECK(kernels(pooled_layers({{2, 2}, {2, 2}, {1, 1}})) == 4);
  CHECK(kernels(pooled_layers({{2, 2}, {2, 2}, {0, 0}, {2, 2}})) == 4);
  CHECK(kernels(pooled_layers({{2, 2}, {2, 2}}, false)) == 5);
  CHECK(kernels(pooled_layers({{2, 2}, {2, 2}}, true, 16, {{3, 3}, {2, 2}, {1, 1}})) == 4);
  CHECK(kernels(pooled_layers({{2, 2}, {2, 2}}, true, 1)) == 4);  // Winograd's algorithm would not pay
}
