// SPDX-License-Identifier: MIT
#include <ashlar/autodiff/loop_gradient.hpp>

#include <doctest/doctest.h>

#include <ashlar/expr/value.hpp>

#include "support/check_graph.hpp"
#include "support/make_loop.hpp"

using namespace ashlar;
using namespace ashlar::detail;
using proof::loop_arguments;
using proof::make_loop;
using proof::nodes;
using proof::of;

namespace {

int times(graph& g, int x, int y) { return binary(g, op::mul, x, y); }
int plus(graph& g, int x, int y) { return binary(g, op::add, x, y); }

/// tanh(x w + s): x a carry, w an invariant, s a slice; stacks x w.
list<int> recurrent(graph& b, loop_arguments const& a) {
  int const product = matmul(b, a.carries[0], a.invariants[0]);
  return nodes({unary(b, op::tanh, plus(b, product, a.slices[0])), product});
}
std::vector<shape> const recurrent_inputs = {of({2, 3}), of({3, 3}), of({4, 2, 3})};

int sum_of_all(graph& g, int x) { return reduce(g, op::sum, x, (1 << g.extents(x).rank) - 1); }

}  // namespace

TEST_CASE("a loop's gradients for carry, invariant and slices are the slopes, in either direction") {
  for (bool reversed : {false, true}) {
    CAPTURE(reversed);
    proof::check_graph(recurrent_inputs, [&](graph& g, list<int> const& x) {
      return make_loop(g, 4, reversed, {nodes({x[0]}), nodes({x[1]}), nodes({x[2]})}, recurrent)[0];
    });
  }
}

TEST_CASE("a loop's stacked output alone, and beside the carry, has the right gradients") {
  for (bool beside : {false, true}) {
    CAPTURE(beside);
    proof::check_graph(recurrent_inputs, [&](graph& g, list<int> const& x) {
      list<int> const out = make_loop(g, 4, false, {nodes({x[0]}), nodes({x[1]}), nodes({x[2]})}, recurrent);
      int const y = unary(g, op::tanh, out[1]);
      return beside ? plus(g, y, broadcast(g, out[0], g.extents(y), 0)) : y;
    });
  }
}

TEST_CASE("a loop equals its body written out as often, in value, gradient and gradient of gradient") {
  auto outputs_of = [&](bool looped) {
    proof::recording raw, r;
    list<int> x;
    for (shape const& s : recurrent_inputs) x.push(add_leaf(raw.g, op::input, dtype::float64, s, 0, x.size()));
    int y = x[0];
    if (looped) {
      y = make_loop(raw.g, 4, false, {nodes({x[0]}), nodes({x[1]}), nodes({x[2]})}, recurrent)[0];
    } else {
      // Slice i by a product with a row that is 1 there: exact.
      int const flat = reshape(raw.g, x[2], of({4, 6}));
      for (int i = 0; i < 4; ++i) {
        int const here = add_iota(raw.g, dtype::float64, 2, 1, 4);
        int const chosen = binary(raw.g, op::equal, here, add_constant(raw.g, i, dtype::float64, of({1, 4})));
        int const slice = matmul(raw.g, convert(raw.g, chosen, dtype::float64), flat);
        y = unary(raw.g, op::tanh, plus(raw.g, matmul(raw.g, y, x[1]), reshape(raw.g, slice, of({2, 3}))));
      }
    }
    proof::append_gradients(raw, y, x, 3);
    r.outputs = raw.outputs;
    rebuild(raw.g, r.g, r.outputs);
    return proof::interpret(r, proof::draw(r.g, {})).outputs;
  };
  CHECK(proof::difference(outputs_of(true), outputs_of(false), 1e-14) == "");
}

TEST_CASE("several carries exchange their values from iteration to iteration") {
  proof::check_graph({of({3}), of({3})}, [](graph& g, list<int> const& x) {
    list<int> const out = make_loop(g, 5, false, {nodes({x[0], x[1]}), {}, {}}, [](graph& b, loop_arguments const& a) {
      return nodes({unary(b, op::sigmoid, a.carries[1]), times(b, a.carries[0], a.carries[1])});
    });
    return plus(g, out[0], times(g, out[1], out[1]));
  });
}

TEST_CASE("a carry that passes through unchanged, and one that nobody reads, keep their gradients") {
  proof::check_graph({of({3}), of({3}), of({3})}, [](graph& g, list<int> const& x) {
    list<int> const out =
        make_loop(g, 3, false, {nodes({x[0], x[1], x[2]}), {}, {}}, [](graph& b, loop_arguments const& a) {
          return nodes({times(b, a.carries[0], a.carries[1]), a.carries[1], unary(b, op::tanh, a.carries[2])});
        });
    return out[0];
  });
}

TEST_CASE("a whole-number carry counts beside one with a gradient") {
  proof::check_graph({of({3})}, [](graph& g, list<int> const& x) {
    int const start = add_constant(g, 1, dtype::int32, of({3}));
    return make_loop(g, 4, false, {nodes({x[0], start}), {}, {}}, [](graph& b, loop_arguments const& a) {
      int const one = add_constant(b, 1, dtype::int32, of({3}));
      int const factor = convert(b, a.carries[1], dtype::float64);
      return nodes({unary(b, op::tanh, times(b, a.carries[0], factor)), plus(b, a.carries[1], one)});
    })[0];
  });
}

TEST_CASE("an invariant read in a loop within a loop gets the sum over all iterations") {
  proof::check_graph({of({3}), of({3}), of({2, 4, 3})}, [](graph& g, list<int> const& x) {
    return make_loop(g, 2, false, {nodes({x[0]}), nodes({x[1]}), nodes({x[2]})}, [](graph& b, loop_arguments const& a) {
      list<int> const in =
          make_loop(b, 4, true, {a.carries, a.invariants, a.slices}, [](graph& c, loop_arguments const& d) {
            int const product = times(c, d.carries[0], d.invariants[0]);
            return nodes({unary(c, op::tanh, plus(c, product, d.slices[0])), product});
          });
      return nodes({times(b, in[0], a.invariants[0]), sum_of_all(b, in[1])});
    })[0];
  });
}

TEST_CASE("what a body captures from outside by itself becomes an invariant with a gradient") {
  proof::check_graph({of({3}), of({3})}, [](graph& g, list<int> const& x) {
    int const square = times(g, x[1], x[1]);
    return make_loop(g, 3, false, {nodes({x[0]}), {}, {}}, [&](graph& b, loop_arguments const& a) {
      int const first = imported(b, &g, x[1]), second = imported(b, &g, square);
      CHECK(imported(b, &g, x[1]) == first);  // the same value is one invariant
      return nodes({unary(b, op::tanh, plus(b, times(b, a.carries[0], first), second))});
    })[0];
  });
}

TEST_CASE("random numbers in a loop differ from iteration to iteration, and are the same in its gradient") {
  proof::results const r = proof::check_graph(
      {of({2, 17})},
      [](graph& g, list<int> const& x) {
        return make_loop(g, 3, false, {nodes({x[0]}), {}, {}}, [](graph& b, loop_arguments const& a) {
          int const random = add_random(b, dtype::float64, of({2, 17}), 0, 12345);
          return nodes({unary(b, op::tanh, times(b, a.carries[0], random)), random});
        })[1];
      },
      {.derivative = proof::second::zero});
  proof::numbers const& all = r.outputs[0];
  for (std::size_t i = 0; i < 34; ++i) {
    CHECK(all[i] != all[34 + i]);
    CHECK(all[i] != all[68 + i]);
    CHECK(all[34 + i] != all[68 + i]);
  }
  proof::check_graph({of({2, 17})}, [](graph& g, list<int> const& x) {
    return make_loop(g, 3, false, {nodes({x[0]}), {}, {}}, [](graph& b, loop_arguments const& a) {
      int const random = add_random(b, dtype::float64, of({2, 17}), 0, 12345);
      return nodes({unary(b, op::tanh, times(b, a.carries[0], random))});
    })[0];
  });
}

TEST_CASE("a loop of one iteration is its body") {
  proof::check_graph(std::vector<shape>{of({2, 3}), of({3, 3}), of({1, 2, 3})}, [&](graph& g, list<int> const& x) {
    return make_loop(g, 1, false, {nodes({x[0]}), nodes({x[1]}), nodes({x[2]})}, recurrent)[0];
  });
}
