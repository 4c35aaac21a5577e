// SPDX-License-Identifier: MIT
#include <ashlar/autodiff/rules.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <set>

#include "support/check_graph.hpp"

using namespace ashlar;
using namespace ashlar::detail;
using proof::of;
using proof::second;

namespace {

using build = int (*)(graph&, list<int> const&);

/// A primitive, how to make one of inputs, whether its gradient has a gradient, and where its inputs lie.
struct rule_case {
  op code;
  second derivative;
  std::vector<std::vector<shape>> inputs;  // one proof for each
  build make;
  double low = -2, high = 2;
};

template <op Code>
int of_one(graph& g, list<int> const& x) {
  return unary(g, Code, x[0]);
}
template <op Code>
int of_two(graph& g, list<int> const& x) {
  return binary(g, Code, x[0], x[1]);
}
template <bool TransposeX, bool TransposeY>
int product(graph& g, list<int> const& x) {
  return matmul(g, x[0], x[1], TransposeX, TransposeY);
}
template <op Code, int Axes>
int reduction(graph& g, list<int> const& x) {
  return reduce(g, Code, x[0], Axes);
}
constexpr window plain{{3, 3}, {1, 1}, {0, 0}};
constexpr window oblong{{3, 2}, {2, 1}, {1, 1}};
constexpr window apart{{3, 2}, {2, 3}, {1, 2}, {2, 3}, 2};
constexpr window shares{{0, 0}};

/// 0, 0, 1, 1, 2, 2, ... along an axis.
int halves(graph& g, shape const& s, int axis) {
  int const places = broadcast(g, add_iota(g, dtype::int32, s.rank, axis, s[axis]), s, 0);
  return binary(g, op::div, places, add_like(g, places, 2));
}

std::vector<std::vector<shape>> const one_each = {{of({1})},  {of({3})},     {of({17})},
                                                  {of({33})}, {of({3, 17})}, {of({})}};
std::vector<std::vector<shape>> const two_each = {
    {of({1}), of({1})}, {of({3}), of({3})}, {of({33}), of({33})}, {of({17, 3}), of({17, 3})}};
std::vector<std::vector<shape>> const to_reduce = {
    {of({1, 3, 17})}, {of({3, 1, 33})}, {of({2, 3, 4})}, {of({17, 3, 1})}};

std::vector<rule_case> const cases = {
    {op::reshape, second::zero, {{of({3, 17})}},
     [](graph& g, list<int> const& x) { return reshape(g, x[0], of({17, 3})); }},
    {op::alias, second::zero, {{of({3})}}, [](graph& g, list<int> const& x) { return add_alias(g, x[0]); }},
    {op::broadcast, second::zero, {{of({3, 1})}, {of({1, 17})}, {of({1, 1})}, {of({17})}},
     [](graph& g, list<int> const& x) { return broadcast(g, x[0], of({3, 17}), 0); }},
    {op::neg, second::zero, one_each, of_one<op::neg>},
    {op::exp, second::nonzero, one_each, of_one<op::exp>},
    {op::expm1, second::nonzero, one_each, of_one<op::expm1>},
    {op::log, second::nonzero, one_each, of_one<op::log>, 0.3, 3},
    {op::log1p, second::nonzero, one_each, of_one<op::log1p>, -0.7, 3},
    {op::tanh, second::nonzero, one_each, of_one<op::tanh>},
    {op::sigmoid, second::nonzero, one_each, of_one<op::sigmoid>},
    {op::sqrt, second::nonzero, one_each, of_one<op::sqrt>, 0.3, 3},
    {op::rsqrt, second::nonzero, one_each, of_one<op::rsqrt>, 0.3, 3},
    {op::sin, second::nonzero, one_each, of_one<op::sin>},
    {op::cos, second::nonzero, one_each, of_one<op::cos>},
    {op::erf, second::nonzero, one_each, of_one<op::erf>},
    {op::relu, second::zero, one_each, of_one<op::relu>},
    {op::abs, second::zero, one_each, of_one<op::abs>},
    {op::sign, second::zero, one_each, of_one<op::sign>},
    {op::floor, second::zero, one_each, of_one<op::floor>},
    {op::add, second::zero, two_each, of_two<op::add>},
    {op::sub, second::zero, two_each, of_two<op::sub>},
    {op::mul, second::nonzero, two_each, of_two<op::mul>},
    {op::div, second::nonzero, two_each, of_two<op::div>, 0.3, 3},
    {op::pow, second::nonzero, two_each, of_two<op::pow>, 0.3, 3},
    {op::pow, second::nonzero, {{of({3, 17})}},
     [](graph& g, list<int> const& x) { return power(g, x[0], add_like(g, x[0], 2.5)); }, 0.3, 3},
    {op::pow, second::nonzero, {{of({17})}},
     [](graph& g, list<int> const& x) { return power(g, x[0], add_like(g, x[0], 3)); }},
    {op::maximum, second::zero, two_each, of_two<op::maximum>},
    {op::minimum, second::zero, two_each, of_two<op::minimum>},
    {op::select, second::zero, two_each,
     [](graph& g, list<int> const& x) {
       int const zero = add_constant(g, 0, dtype::float64, g.extents(x[0]));
       return select(g, binary(g, op::greater, x[0], zero), x[1], x[0]);
     }},
    {op::sum, second::zero, to_reduce, reduction<op::sum, 1>},
    {op::sum, second::zero, to_reduce, reduction<op::sum, 2>},
    {op::sum, second::zero, to_reduce, reduction<op::sum, 4>},
    {op::sum, second::zero, to_reduce, reduction<op::sum, 5>},
    {op::sum, second::zero, to_reduce, reduction<op::sum, 7>},
    {op::max, second::zero, to_reduce, reduction<op::max, 1>},
    {op::max, second::zero, to_reduce, reduction<op::max, 2>},
    {op::max, second::zero, to_reduce, reduction<op::max, 4>},
    {op::max, second::zero, to_reduce, reduction<op::max, 6>},
    {op::max, second::zero, to_reduce, reduction<op::max, 7>},
    {op::matmul, second::nonzero, {{of({3, 17}), of({17, 5})}, {of({1, 33}), of({33, 1})}, {of({1, 1}), of({1, 1})}},
     product<false, false>},
    {op::matmul, second::nonzero, {{of({17, 3}), of({17, 5})}, {of({2, 3, 4}), of({2, 3, 5})}}, product<true, false>},
    {op::matmul, second::nonzero, {{of({3, 17}), of({5, 17})}, {of({2, 3, 4}), of({2, 5, 4})}}, product<false, true>},
    {op::matmul, second::nonzero, {{of({17, 3}), of({5, 17})}, {of({2, 4, 3}), of({2, 5, 4})}}, product<true, true>},
    {op::conv, second::nonzero, {{of({2, 3, 5, 7}), of({4, 3, 3, 3})}, {of({1, 1, 3, 3}), of({1, 1, 3, 3})}},
     [](graph& g, list<int> const& x) { return conv(g, x[0], x[1], plain); }},
    {op::conv, second::nonzero, {{of({2, 2, 6, 5}), of({3, 2, 3, 2})}},
     [](graph& g, list<int> const& x) { return conv(g, x[0], x[1], oblong); }},
    {op::conv, second::nonzero, {{of({2, 6, 7, 6}), of({4, 3, 3, 2})}},
     [](graph& g, list<int> const& x) { return conv(g, x[0], x[1], apart); }},
    {op::conv_data, second::nonzero, {{of({2, 4, 3, 5}), of({4, 3, 3, 3})}},
     [](graph& g, list<int> const& x) { return conv_data(g, x[0], x[1], of({2, 3, 5, 7}), plain); }},
    {op::conv_data, second::nonzero, {{of({2, 3, 3, 6}), of({3, 2, 3, 2})}},
     [](graph& g, list<int> const& x) { return conv_data(g, x[0], x[1], of({2, 2, 6, 5}), oblong); }},
    {op::conv_data, second::nonzero, {{of({2, 4, 3, 3}), of({4, 3, 3, 2})}},
     [](graph& g, list<int> const& x) { return conv_data(g, x[0], x[1], of({2, 6, 7, 6}), apart); }},
    {op::conv_weight, second::nonzero, {{of({2, 4, 3, 5}), of({2, 3, 5, 7})}},
     [](graph& g, list<int> const& x) { return conv_weight(g, x[0], x[1], of({4, 3, 3, 3}), plain); }},
    {op::conv_weight, second::nonzero, {{of({2, 3, 3, 6}), of({2, 2, 6, 5})}},
     [](graph& g, list<int> const& x) { return conv_weight(g, x[0], x[1], of({3, 2, 3, 2}), oblong); }},
    {op::conv_weight, second::nonzero, {{of({2, 4, 3, 3}), of({2, 6, 7, 6})}},
     [](graph& g, list<int> const& x) { return conv_weight(g, x[0], x[1], of({4, 3, 3, 2}), apart); }},
    {op::window_take, second::zero, {{of({2, 3, 5, 6})}, {of({1, 1, 3, 3})}},
     [](graph& g, list<int> const& x) { return window_take(g, x[0], window_index(g, x[0], oblong), oblong); }},
    {op::window_put, second::zero, {{of({2, 3, 3, 7}), of({2, 3, 5, 6})}},
     [](graph& g, list<int> const& x) {
       return window_put(g, x[0], window_index(g, x[1], oblong), g.extents(x[1]), oblong);
     }},
    {op::window_take, second::zero, {{of({2, 3, 7, 6})}},
     [](graph& g, list<int> const& x) { return window_take(g, x[0], window_index(g, x[0], apart), apart); }},
    {op::window_take, second::zero, {{of({2, 3, 7, 5})}},
     [](graph& g, list<int> const& x) {
       return window_take(g, x[0], window_index(g, x[0], of({2, 3, 3, 2}), shares), shares);
     }},
    {op::window_sum, second::zero, {{of({2, 3, 5, 6})}, {of({1, 1, 3, 3})}},
     [](graph& g, list<int> const& x) { return window_sum(g, x[0], windows_of(g.extents(x[0]), oblong), oblong); }},
    {op::window_sum, second::zero, {{of({2, 3, 7, 6})}},
     [](graph& g, list<int> const& x) { return window_sum(g, x[0], windows_of(g.extents(x[0]), apart), apart); }},
    {op::window_sum, second::zero, {{of({2, 3, 7, 5})}, {of({2, 3, 2, 2})}},
     [](graph& g, list<int> const& x) { return window_sum(g, x[0], of({2, 3, 3, 2}), shares); }},
    {op::window_spread, second::zero, {{of({2, 3, 3, 2})}},
     [](graph& g, list<int> const& x) { return window_spread(g, x[0], of({2, 3, 7, 5}), shares); }},
    {op::window_spread, second::zero, {{of({2, 3, 3, 7})}},
     [](graph& g, list<int> const& x) { return window_spread(g, x[0], of({2, 3, 5, 6}), oblong); }},
    {op::slice, second::zero, {{of({7})}, {of({7, 3})}, {of({7, 2, 17})}},
     [](graph& g, list<int> const& x) { return slice(g, x[0], 0, 1, 3, 2); }},
    {op::slice, second::zero, {{of({3, 7})}, {of({2, 5, 3})}},
     [](graph& g, list<int> const& x) { return slice(g, x[0], 1, g.extents(x[0])[1] - 1, g.extents(x[0])[1], -1); }},
    {op::pad, second::zero, {{of({3})}, {of({3, 4})}}, [](graph& g, list<int> const& x) { return pad(g, x[0], 0, 2, 9, 2); }},
    {op::pad, second::zero, {{of({2, 3})}, {of({2, 3, 5})}},
     [](graph& g, list<int> const& x) { return pad(g, x[0], 1, 4, 6, -2); }},
    {op::concat, second::zero, {{of({2, 3}), of({4, 3})}}, [](graph& g, list<int> const& x) { return concat(g, 0, x[0], x[1]); }},
    {op::concat, second::zero, {{of({2, 3, 2}), of({2, 1, 2}), of({2, 5, 2})}},
     [](graph& g, list<int> const& x) { return concat(g, 1, x[0], x[1], x[2]); }},
    {op::cumsum, second::zero, {{of({17})}, {of({3, 5})}, {of({1, 4})}, {of({3, 2, 4})}},
     [](graph& g, list<int> const& x) { return cumsum(g, x[0], 0); }},
    {op::cumsum, second::zero, {{of({3, 5})}, {of({2, 5, 3})}},
     [](graph& g, list<int> const& x) { return cumsum(g, x[0], 1, true); }},
    {op::gather, second::zero, {{of({4})}, {of({4, 3})}, {of({5, 2, 3})}},
     [](graph& g, list<int> const& x) { return gather(g, x[0], halves(g, of({7}), 0), 0); }},
    {op::gather, second::zero, {{of({2, 4})}, {of({2, 5, 3})}},
     [](graph& g, list<int> const& x) { return gather(g, x[0], halves(g, of({2, 7}), 1), 1); }},
    {op::scatter, second::zero, {{of({7})}, {of({7, 3})}},
     [](graph& g, list<int> const& x) {
       return scatter(g, x[0], halves(g, of({7}), 0), with_extent(g.extents(x[0]), 0, 5), 0);
     }},
    {op::scatter, second::zero, {{of({2, 7})}, {of({2, 7, 3})}},
     [](graph& g, list<int> const& x) {
       return scatter(g, x[0], halves(g, of({2, 7}), 1), with_extent(g.extents(x[0]), 1, 4), 1);
     }},
    {op::permute, second::zero, {{of({2, 3, 5})}, {of({1, 3, 17})}},
     [](graph& g, list<int> const& x) {
       int const order[] = {2, 0, 1};
       return permute(g, x[0], order);
     }},
};

/// Primitives that carry no gradient, and those with tests of their own.
std::set<op> const without_gradient = {op::input,    op::parameter, op::state,    op::scalar,       op::range,
                                       op::argument, op::constant,  op::iota,     op::random,       op::greater,
                                       op::equal,    op::assign,    op::exchange, op::window_index, op::permutation};
std::set<op> const elsewhere = {op::convert, op::loop, op::result, op::stop_gradient, op::custom};

}  // namespace

TEST_CASE(
    "the gradient of every primitive, and the gradient of that, are the slopes that central differences measure") {
  std::set<op> proven;
  for (rule_case const& c : cases)
    for (std::vector<shape> const& inputs : c.inputs) {
      CAPTURE(name_of(c.code));
      CAPTURE(inputs[0].rank);
      CAPTURE(inputs[0].size());
      proof::proof_options options;
      options.derivative = c.derivative;
      options.draws = {.low = c.low, .high = c.high};
      proof::check_graph(inputs, c.make, options);
      proven.insert(c.code);
    }
  for (int code = 0; code < op_count; ++code) {
    CAPTURE(op_names[code]);
    op const o = static_cast<op>(code);
    CHECK(proven.count(o) + without_gradient.count(o) + elsewhere.count(o) == 1);
  }
}

TEST_CASE("the gradient passes through a change of dtype") {
  proof::proof_options options;
  options.derivative = second::zero;
  options.tolerance = 1e-6;  // the oracle does not round to float
  proof::check_graph(
      {of({3, 17})}, [](graph& g, list<int> const& x) { return convert(g, x[0], dtype::float32); }, options);
}

TEST_CASE("the gradients of products by panels are products by panels, and of products in panels too") {
  int const swapped[] = {1, 0};
  proof::check_graph({of({5, 3}), of({2, 3, 64})},
                     [](graph& g, list<int> const& x) { return product_of_panels(g, x[0], x[1], false); });
  proof::check_graph({of({5, 192}), of({3, 2, 64})},
                     [](graph& g, list<int> const& x) { return product_of_panels(g, x[0], x[1], true); });
  proof::check_graph({of({4, 3}), of({4, 128})},
                     [](graph& g, list<int> const& x) { return product_in_panels(g, x[0], x[1]); });
  proof::check_graph({of({3, 5}), of({2, 3, 64})}, [&](graph& g, list<int> const& x) {  // read and written across
    return permute(g, product_of_panels(g, permute(g, x[0], swapped), x[1], false), swapped);
  });
  proof::check_graph({of({3, 4}), of({128, 4})}, [&](graph& g, list<int> const& x) {
    int const turned[] = {0, 2, 1};
    return permute(g, product_in_panels(g, permute(g, x[0], swapped), permute(g, x[1], swapped)), turned);
  });
}

TEST_CASE("a value that reaches the result on several ways gets the sum of their gradients") {
  auto make = [](graph& g, list<int> const& x) {
    int const square = binary(g, op::mul, x[0], x[0]);
    return binary(g, op::add, binary(g, op::mul, square, x[0]), unary(g, op::tanh, square));
  };
  proof::check_graph({of({3, 17})}, make);
}

// ---- what the rules say where there is no slope

namespace {

/// The values of y and of the gradient of its weighted sum for given inputs, by the oracle and by all plans.
std::vector<proof::numbers> at(std::vector<proof::numbers> const& inputs, build make, proof::numbers const& weights) {
  proof::recording raw, r;
  list<int> variables;
  for (proof::numbers const& x : inputs)
    variables.push(add_leaf(raw.g, op::input, dtype::float64, of({static_cast<int>(x.size())}), 0, variables.size()));
  int const y = make(raw.g, variables);
  int const w = add_leaf(raw.g, op::input, dtype::float64, raw.g.extents(y), 0, variables.size());
  raw.outputs.push(y);
  for (int d : proof::gradients(raw.g, proof::weighted_sum(raw.g, y, w), variables)) raw.outputs.push(d);
  r.outputs = raw.outputs;
  rebuild(raw.g, r.g, r.outputs);
  proof::environment e;
  e.inputs = inputs;
  e.inputs.push_back(weights);
  proof::results const found = proof::interpret(r, e);
  for (bool fuse : {true, false})
    CHECK(proof::difference(proof::planned(r, {fuse, true}).run(e), found, proof::double_tolerance) == "");
  return found.outputs;
}
bool same(proof::numbers const& a, proof::numbers const& b) { return proof::difference({a}, {b}, 0) == ""; }
double const not_a_number = proof::not_a_number, infinity = std::numeric_limits<double>::infinity();

}  // namespace

TEST_CASE("the gradients of relu, abs and sqrt at 0 are 0") {
  auto const relu = at({{-1, 0, 2}}, of_one<op::relu>, {3, 5, 7});
  CHECK(same(relu[0], {0, 0, 2}));
  CHECK(same(relu[1], {0, 0, 7}));
  auto const abs = at({{-1, 0, 2}}, of_one<op::abs>, {3, 5, 7});
  CHECK(same(abs[0], {1, 0, 2}));
  CHECK(same(abs[1], {-3, 0, 7}));
  auto const sqrt = at({{0, 4}}, of_one<op::sqrt>, {3, 8});
  CHECK(same(sqrt[0], {0, 2}));
  CHECK(same(sqrt[1], {0, 2}));
}

TEST_CASE("the gradient of sqrt is NaN where its value is") {
  auto const slope = at({{not_a_number, -1, -infinity, infinity}}, of_one<op::sqrt>, {1, 1, 1, 1})[1];
  for (std::size_t i = 0; i < 3; ++i) CHECK(std::isnan(slope[i]));
  CHECK(slope[3] == 0);
}

TEST_CASE("the gradient of the gradient of sqrt at 0 is 0 too") {
  auto twice = [](graph& g, list<int> const& x) {
    int const s = reduce(g, op::sum, unary(g, op::sqrt, x[0]), 1);
    return proof::gradients(g, reshape(g, s, of({})), x)[0];
  };
  CHECK(same(at({{0, 4}}, twice, {1, 1})[1], {0, -1.0 / 32}));
}

TEST_CASE("ties of maximum, minimum and max share the gradient evenly") {
  auto const larger = at({{1, 2, 3}, {1, 0, 4}}, of_two<op::maximum>, {10, 20, 30});
  CHECK(same(larger[1], {5, 20, 0}));
  CHECK(same(larger[2], {5, 0, 30}));
  auto const smaller = at({{1, 2, 3}, {1, 0, 4}}, of_two<op::minimum>, {10, 20, 30});
  CHECK(same(smaller[1], {5, 0, 30}));
  CHECK(same(smaller[2], {5, 20, 0}));
  CHECK(same(at({{4, 1, 4, 4}}, reduction<op::max, 1>, {9})[1], {3, 0, 3, 3}));
  CHECK(same(at({{-infinity, -infinity}}, reduction<op::max, 1>, {9})[1], {4.5, 4.5}));
}

TEST_CASE("the gradient of a window's maximum goes to its first") {
  auto pool = [](graph& g, list<int> const& x) {
    window const w{{2, 2}, {2, 2}, {0, 0}};
    int const image = reshape(g, x[0], of({1, 1, 2, 4}));
    return window_take(g, image, window_index(g, image, w), w);
  };
  auto const ties = at({{5, 5, 1, 2, 5, 0, 2, 2}}, pool, {3, 7});
  CHECK(same(ties[0], {5, 2}));
  CHECK(same(ties[1], {3, 0, 0, 7, 0, 0, 0, 0}));
  CHECK(same(at({{5, not_a_number, 1, 2, not_a_number, 0, 2, 3}}, pool, {3, 7})[0], {not_a_number, 3}));
}

template <bool Hidden>
int pooled_relu(graph& g, list<int> const& x) {
  window const w{{2, 3}, {1, 2}, {1, 1}};
  int y = unary(g, op::relu, reshape(g, x[0], of({1, 1, 3, 5})));
  if (Hidden) y = add_alias(g, y);
  int const taken = window_take(g, y, window_index(g, y, w), w);
  return reshape(g, taken, of({12}));
}
TEST_CASE("a relu whose maxima alone are read has its gradient where pooling has its own") {
  proof::numbers const x = {-1, 3, 0, -2, 5, 5, not_a_number, -1, -1, 0, -3, 2, 2, -0.0, 1};
  proof::numbers const d = {1, 2, -3, 4, 5, -6, not_a_number, 8, 9, 10, 11, -12};
  auto const found = at({x}, pooled_relu<false>, d), wanted = at({x}, pooled_relu<true>, d);
  CHECK(same(found[0], wanted[0]));
  CHECK(same(found[1], wanted[1]));
  auto whole_selects = [](build make) {
    graph g;
    list<int> const inputs(1, add_leaf(g, op::input, dtype::float32, of({15}), 0, 0));
    proof::gradients(g, reshape(g, reduce(g, op::sum, make(g, inputs), 1), of({})), inputs);
    int count = 0;
    for (int i = 0; i < g.size(); ++i) count += g[i].code == op::select && g.extents(i).size() == 15;
    return count;
  };
  CHECK(whole_selects(pooled_relu<false>) == 0);
  CHECK(whole_selects(pooled_relu<true>) == 1);
}

TEST_CASE("powers of 0 have finite gradients, and gradients of these, where the slope is finite") {
  auto const first = at({{0, 0, 0, 2}, {0, 1, 2, 0}}, of_two<op::pow>, {3, 5, 7, 11});
  CHECK(same(first[0], {1, 0, 0, 1}));
  CHECK(same(first[1], {0, 5, 0, 0}));
  CHECK(same(first[2], {0, 0, 0, 11 * std::log(2.0)}));
  auto twice = [](graph& g, list<int> const& x) {
    int const s = reduce(g, op::sum, binary(g, op::pow, x[0], x[1]), 1);
    list<int> const d = proof::gradients(g, reshape(g, s, of({})), x);
    return binary(g, op::add, d[0], d[1]);
  };
  auto const second = at({{0, 0, 0}, {1, 2, 3}}, twice, {1, 1, 1});
  for (proof::numbers const& d : second)
    for (proof::number x : d) CHECK(std::isfinite(static_cast<double>(x)));
}

TEST_CASE("a window outside of its image gives -infinity and takes no gradient") {
  auto pool = [](graph& g, list<int> const& x) {
    window const w{{1, 2}, {1, 1}, {0, 1}, {1, 3}, 1};
    int const image = reshape(g, x[0], of({1, 1, 1, 2}));
    return window_take(g, image, window_index(g, image, w), w);
  };
  auto const found = at({{5, 6}}, pool, {3});
  CHECK(same(found[0], {-infinity}));
  CHECK(same(found[1], {0, 0}));
}

TEST_CASE("an index that is none reads NaN, and what is put there goes nowhere") {
  auto beyond = [](graph& g, list<int> const& x) {
    int const places = add_iota(g, dtype::int32, 1, 0, 4);
    return gather(g, x[0], binary(g, op::sub, places, add_like(g, places, 1)), 0);
  };
  auto const found = at({{5, 6}}, beyond, {1, 2, 3, 4});
  CHECK(same(found[0], {not_a_number, 5, 6, not_a_number}));
  CHECK(same(found[1], {2, 3}));
}

TEST_CASE("no gradient passes a stop, a floor or a comparison") {
  auto stopped = [](graph& g, list<int> const& x) {
    return binary(g, op::mul, x[0], unary(g, op::exp, add_stop(g, x[0])));
  };
  auto const found = at({{0, 1}}, stopped, {1, 2});
  CHECK(same(found[1], {1, 2 * std::exp(1.0)}));
  CHECK(same(at({{0.5, -0.5, 2}}, of_one<op::floor>, {1, 2, 3})[0], {0, -1, 2}));
  CHECK(same(at({{0.5, -0.5, 2}}, of_one<op::floor>, {1, 2, 3})[1], {0, 0, 0}));
}

TEST_CASE("the gradients of relu, maximum and minimum at NaN are PyTorch's, that of abs is NaN") {
  proof::numbers const x = {not_a_number, -1, 2}, zeros = {0, 0, 0};
  CHECK(same(at({x}, of_one<op::relu>, {3, 5, 7})[1], {3, 0, 7}));
  CHECK(same(at({x}, of_one<op::abs>, {3, 5, 7})[1], {not_a_number, -5, 7}));
  auto const larger = at({x, zeros}, of_two<op::maximum>, {3, 5, 7});
  CHECK(same(larger[1], {3, 0, 7}));
  CHECK(same(larger[2], {3, 5, 0}));
  auto const smaller = at({zeros, x}, of_two<op::minimum>, {3, 5, 7});
  CHECK(same(smaller[1], {3, 0, 7}));
  CHECK(same(smaller[2], {3, 5, 0}));
}

TEST_CASE("NaN passes through every primitive") {
  build const unaries[] = {of_one<op::neg>,     of_one<op::exp>,   of_one<op::log>,   of_one<op::tanh>,
                           of_one<op::sigmoid>, of_one<op::sqrt>,  of_one<op::rsqrt>, of_one<op::relu>,
                           of_one<op::abs>,     of_one<op::sign>,  of_one<op::sin>,   of_one<op::cos>,
                           of_one<op::erf>,     of_one<op::expm1>, of_one<op::log1p>, of_one<op::floor>};
  for (build f : unaries) CHECK(std::isnan(at({{not_a_number, 1}}, f, {1, 1})[0][0]));
  build const binaries[] = {of_two<op::add>, of_two<op::sub>,     of_two<op::mul>,
                            of_two<op::div>, of_two<op::maximum>, of_two<op::minimum>};
  for (build f : binaries) {
    CHECK(std::isnan(at({{not_a_number, 1}, {1, 1}}, f, {1, 1})[0][0]));
    CHECK(std::isnan(at({{1, 1}, {not_a_number, 1}}, f, {1, 1})[0][0]));
  }
  for (int i = 0; i < 3; ++i) {
    proof::numbers x = {1, 2, 3};
    x[static_cast<std::size_t>(i)] = not_a_number;
    CHECK(std::isnan(at({x}, reduction<op::sum, 1>, {1})[0][0]));
    CHECK(std::isnan(at({x}, reduction<op::max, 1>, {1})[0][0]));
  }
}
