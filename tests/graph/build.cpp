// SPDX-License-Identifier: MIT
#include <ashlar/graph/build.hpp>

#include <doctest/doctest.h>

#include "support/shapes.hpp"

using namespace ashlar;
using namespace ashlar::detail;
using proof::of;

namespace {

int leaf(graph& g, std::initializer_list<int> extents, int rows = 0) {
  return add_leaf(g, op::input, dtype::float32, of(extents), rows, g.ordinal());
}
int constant(graph& g, double number, std::initializer_list<int> extents) {
  return add_constant(g, number, dtype::float32, of(extents));
}

}  // namespace

TEST_CASE("operations that change nothing add no node") {
  graph g;
  int const x = leaf(g, {2, 3}), order[] = {0, 1};
  CHECK(reshape(g, x, of({2, 3})) == x);
  CHECK(broadcast(g, x, of({2, 3}), 0) == x);
  CHECK(convert(g, x, dtype::float32) == x);
  CHECK(permute(g, x, order) == x);
  CHECK(reduce(g, op::sum, x, 0) == x);
  int const row = leaf(g, {1, 3});
  CHECK(reduce(g, op::max, row, 1) == row);
  CHECK(binary(g, op::mul, x, constant(g, 1, {2, 3})) == x);
  CHECK(binary(g, op::mul, constant(g, 1, {2, 3}), x) == x);
  CHECK(binary(g, op::div, x, constant(g, 1, {2, 3})) == x);
  CHECK(unary(g, op::neg, unary(g, op::neg, x)) == x);
}

TEST_CASE("a product reads matrices whose axes are swapped as they lie") {
  graph g;
  int const x = add_leaf(g, op::input, dtype::float32, of({2, 5, 4, 3}), 0, 0);
  int const y = add_leaf(g, op::input, dtype::float32, of({2, 5, 6, 3}), 0, 1);
  int const swap[] = {0, 1, 3, 2}, mix[] = {1, 0, 3, 2};
  int const straight = matmul(g, x, y, false, true);
  CHECK(g.extents(straight) == of({2, 5, 4, 6}));
  CHECK(matmul(g, x, permute(g, y, swap)) == straight);
  CHECK(matmul(g, permute(g, x, swap), permute(g, y, swap), true) == straight);
  CHECK(matmul(g, permute(g, permute(g, x, swap), swap), y, false, true) == straight);
  int const mixed = matmul(g, permute(g, x, mix), permute(g, y, mix), true, false);
  CHECK(g[g[mixed].in[0]].code == op::permute);  // more than the last two axes
}

TEST_CASE("operations of constants are constants; views of views and stretches of stretches are one") {
  graph g;
  int const two = constant(g, 2, {3}), three = constant(g, 3, {3});
  CHECK(g[binary(g, op::add, two, three)].number == 5);
  CHECK(g[binary(g, op::sub, two, three)].number == -1);
  CHECK(g[binary(g, op::mul, two, three)].number == 6);
  CHECK(g[binary(g, op::div, three, two)].number == 1.5);
  CHECK(g[binary(g, op::div, three, constant(g, 0, {3}))].code == op::div);
  CHECK(g[unary(g, op::neg, two)].number == -2);
  CHECK(g[reduce(g, op::sum, two, 1)].number == 6);
  CHECK(g[reduce(g, op::max, two, 1)].number == 2);
  int const x = leaf(g, {2, 6});
  CHECK(reshape(g, reshape(g, x, of({3, 4})), of({2, 6})) == x);
  CHECK(g[reshape(g, reshape(g, x, of({3, 4})), of({12}))].in[0] == x);
  int const y = leaf(g, {1, 1});
  CHECK(broadcast(g, broadcast(g, y, of({1, 3}), 0), of({2, 3}), 0) == broadcast(g, y, of({2, 3}), 0));
}

TEST_CASE("constants of whole numbers truncate and wrap around as their dtype does") {
  graph g;
  auto whole = [&](double number, dtype type) { return add_constant(g, number, type, of({3})); };
  CHECK(g[whole(-2.7, dtype::int32)].number == -2);
  CHECK(g[whole(300, dtype::uint8)].number == 44);
  CHECK(g[whole(0.5, dtype::boolean)].number == 1);
  CHECK(g[whole(1e300, dtype::int32)].number == 2147483647.0);
  CHECK(g[whole(-1e300, dtype::int64)].number == -9223372036854775808.0);
  int const most = whole(2147483647.0, dtype::int32), two = whole(2, dtype::int32);
  CHECK(g[binary(g, op::add, most, two)].number == -2147483647.0);
  CHECK(g[binary(g, op::mul, most, most)].number == 1);
  CHECK(g[reduce(g, op::sum, most, 1)].number == 2147483645.0);
  CHECK(g[unary(g, op::neg, whole(-2147483648.0, dtype::int32))].number == -2147483648.0);
  CHECK(g[binary(g, op::div, most, two)].code == op::div);
  int const large = whole(9007199254740992.0, dtype::int64);
  CHECK(g[binary(g, op::add, large, whole(1, dtype::int64))].code == op::add);
  CHECK(g[reduce(g, op::sum, large, 1)].code == op::mul);
  CHECK(g[reduce(g, op::sum, whole(1, dtype::boolean), 1)].number == 1);
}

TEST_CASE("multiplying by 1 is kept where it says that axis 0 is the batch") {
  graph g;
  int const x = leaf(g, {4, 3});
  int const ones = broadcast(g, constant(g, 1, {1, 3}), of({4, 3}), 1);
  CHECK(g[binary(g, op::mul, x, ones)].rows == 1);
  CHECK(binary(g, op::mul, x, constant(g, 1, {4, 3})) == x);
  int const batch = leaf(g, {4, 3}, 1);
  CHECK(binary(g, op::mul, batch, ones) == batch);
  int const one = leaf(g, {1, 3}, 1);
  CHECK(g[broadcast(g, one, of({4, 3}), 0)].rows == 0);  // a batch of 1 that is stretched is none
  CHECK(g[binary(g, op::mul, x, batch)].rows == 1);
  CHECK(g[binary(g, op::add, batch, x)].rows == 1);
}

TEST_CASE("every shape rule carries the rows of the batch along") {
  graph g;
  int const x = leaf(g, {4, 2, 3}, 1);
  CHECK(g[reshape(g, x, of({4, 6}))].rows == 1);
  CHECK(g[reshape(g, x, of({8, 3}))].rows == 2);
  CHECK(g[reshape(g, reshape(g, x, of({8, 3})), of({4, 2, 3}))].rows == 1);
  int const order[] = {0, 2, 1};
  CHECK(g[permute(g, x, order)].rows == 1);
  CHECK(g[reduce(g, op::sum, x, 6)].rows == 1);
  CHECK(g[reduce(g, op::sum, x, 1)].rows == 0);
  CHECK(g[broadcast(g, reduce(g, op::sum, x, 4), of({4, 2, 3}), 1)].rows == 1);
  int const flat = reshape(g, x, of({8, 3})), weight = leaf(g, {3, 5});
  CHECK(g[matmul(g, flat, weight)].rows == 2);
  CHECK(g[matmul(g, flat, matmul(g, flat, weight), true)].rows == 0);
  int const images = leaf(g, {4, 2, 3, 3}, 1), kernel = leaf(g, {5, 2, 2, 2});
  window const w{{2, 2}, {1, 1}, {0, 0}};
  int const y = conv(g, images, kernel, w);
  CHECK(g[y].rows == 1);
  CHECK(g[conv_data(g, y, kernel, g.extents(images), w)].rows == 1);
  CHECK(g[conv_weight(g, y, images, g.extents(kernel), w)].rows == 0);
  int const index = window_index(g, images, w);
  CHECK(g[window_put(g, window_take(g, images, index, w), index, g.extents(images), w)].rows == 1);
}

TEST_CASE("what would lose track of the batch is refused in a sentence") {
  graph g;
  int const x = leaf(g, {4, 6}, 1), square = leaf(g, {4, 4});
  auto refused = [&](int id, shape const& wanted) {
    CHECK(g.extents(id) == wanted);
    return std::exchange(g.refused, {}).why;
  };
  CHECK(refused(reshape(g, x, of({6, 4})), of({6, 4})) == refusal::reshape_cuts_samples);
  CHECK(refused(reshape(g, x, of({2, 12})), of({2, 12})) == refusal::reshape_cuts_samples);
  int const turned[] = {1, 0};
  CHECK(refused(permute(g, x, turned), of({6, 4})) == refusal::batch_moved);
  CHECK(refused(broadcast(g, x, of({3, 4, 6}), 0), of({3, 4, 6})) == refusal::axis_before_the_batch);
  CHECK(refused(matmul(g, leaf(g, {5, 6}), x, false, true), of({5, 4})) == refusal::batch_as_columns);
  CHECK(refused(matmul(g, x, leaf(g, {4, 3}, 1), true), of({6, 3})) == refusal::none);
  CHECK(refused(matmul(g, x, leaf(g, {6, 3}, 1)), of({4, 3})) == refusal::batch_summed_on_one_side);
  CHECK_THROWS_WITH_AS(matmul(g, square, x, false, true), "matmul: the inner extents differ", error);
}

TEST_CASE("the first refusal counts, noted in the outermost graph with the whole path and the line") {
  graph g;
  loop l;
  l.body = new graph;
  l.body->parent = &g;
  l.body->owner = &l;
  g.scope = g.paths.child(0, path_entry::index, 3);
  l.body->scope = l.body->paths.child(0, path_entry::name, 0, "head", 4);
  l.body->at = {"a.cpp", 12};
  l.body->note(refusal::many_axes);
  g.note(refusal::deep_repeat);
  CHECK(g.refused.why == refusal::many_axes);
  CHECK(l.body->refused.why == refusal::none);
  CHECK(g.paths.text(g.refused.path) == "3.{i}.head");
  CHECK(g.refused.at.line == 12);
}

TEST_CASE("shapes and dtypes that do not fit are refused") {
  graph g;
  int const x = leaf(g, {2, 3}), y = leaf(g, {3, 2});
  int const wide = add_leaf(g, op::input, dtype::float64, of({2, 3}), 0, g.ordinal());
  CHECK_THROWS_AS(binary(g, op::add, x, y), error);
  CHECK_THROWS_AS(binary(g, op::add, x, wide), error);
  CHECK_THROWS_AS(reshape(g, x, of({7})), error);
  CHECK_THROWS_AS(broadcast(g, x, of({2, 4}), 0), error);
  CHECK_THROWS_AS(matmul(g, x, x), error);
  CHECK_THROWS_AS(assign(g, x, y), error);
  CHECK_THROWS_AS(select(g, x, x, y), error);
}

TEST_CASE("streams of random numbers are named by path and call, the same in a loop's body") {
  graph g;
  std::uint64_t const root = stream_key(g);
  g.scope = g.paths.child(0, path_entry::index, 1);
  std::uint64_t const first = stream_key(g);
  CHECK(first != root);
  CHECK(stream_key(g) == first);
  g.call = 1;
  CHECK(stream_key(g) != first);
  g.call = 0;
  graph body;
  body.parent = &g;
  std::uint64_t const inside = stream_key(body);
  CHECK(inside != first);
  body.scope = body.paths.child(0, path_entry::index, 1);
  CHECK(stream_key(body) != inside);
}
