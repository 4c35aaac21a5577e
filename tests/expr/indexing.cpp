// SPDX-License-Identifier: MIT
#include <ashlar/expr/indexing.hpp>

#include "support/check.hpp"
#include "support/parity.hpp"

using namespace ashlar;

namespace {

template <int... D>
using doubles = basic_value<double, D...>;
template <int... D>
using whole = basic_value<std::int32_t, D...>;

struct table_rows {
  constexpr auto operator()(auto x, auto index) const { return square(take(x, index)) + 1; }
};
struct columns_taken {
  constexpr auto operator()(auto x, auto index) const { return tanh(take<1>(x, index)); }
};
template <int Axis>
struct elements_taken {
  constexpr auto operator()(auto x, auto index) const { return square(gather<Axis>(x, index)); }
};
template <int Axis>
struct elements_added {
  constexpr auto operator()(auto x, auto index, auto values) const {
    return square(scatter_add<Axis>(x, index, values));
  }
};
struct chosen_by_one_hot {
  constexpr auto operator()(auto x, auto index) const {
    return square(sum(convert<typename decltype(x)::element_type>(one_hot<4>(index)) * x, axes<-1>));
  }
};

}  // namespace

TEST_CASE("positions counts along any axis, and orders what a causal mask leaves") {
  tensor<float, 2, 3, 3> x;
  random_normal(x, seed{1});
  auto const [outer, inner, masked, slope] = evaluate(
      cpu,
      [](auto v) {
        auto causal = [](auto s) { return select(positions<-1>(s) > positions<-2>(s), -100, s); };
        return std::tuple{positions<0>(v), positions<2>(v), causal(v),
                          grad<0>([=](auto s) { return sum(causal(s)); })(v)};
      },
      x);
  for (int b = 0; b < 2; ++b)
    for (int i = 0; i < 3; ++i)
      for (int j = 0; j < 3; ++j) {
        CHECK(outer(b, i, j) == b);
        CHECK(inner(b, i, j) == j);
        CHECK(masked(b, i, j) == (j > i ? -100 : x(b, i, j)));
        CHECK(slope(b, i, j) == (j > i ? 0 : 1));
      }
}

TEST_CASE("positions in a network of a batch are those of a partial one") {
  constexpr auto network = [](auto x) { return linear<2>(x + 0.1f * convert<float>(positions<1>(x))); };
  auto const net = model(network, input<4>, cpu, seed{3});
  tensor<float, 3, 4> x;
  random_normal(x, seed{2});
  auto const y = predict(net, x);
  auto const first = predict(net, tensor<float, 1, 4>(x.view().slice<0, 1>(0)));
  for (int k = 0; k < 2; ++k) CHECK(first[k] == doctest::Approx(y(0, k)).epsilon(1e-6));
}

TEST_CASE("take, gather, scatter_add and one_hot agree with the oracle, and their two gradients") {
  proof::proof_options options;
  options.draws.classes = 4;
  proof::check_function<table_rows, doubles<4, 3>, whole<2, 5>>(options);
  proof::check_function<columns_taken, doubles<3, 4, 2>, whole<5>>(options);
  proof::check_function<elements_taken<1>, doubles<3, 4>, whole<3, 7>>(options);
  proof::check_recorded<elements_taken<0>, doubles<4, 3>, whole<2, 3>>(options);
  proof::check_recorded<elements_taken<1>, doubles<2, 4, 3>, whole<2, 1, 3>>(options);
  proof::check_function<elements_added<1>, doubles<3, 4>, whole<3, 7>, doubles<3, 7>>(options);
  proof::check_recorded<elements_added<0>, doubles<4, 3>, whole<6, 3>, doubles<6, 3>>(options);
  proof::check_function<chosen_by_one_hot, doubles<3, 4>, whole<3>>(options);
}

TEST_CASE("elements that several indices name get the sum of all, and those that none names stay") {
  auto const added = [](auto x, auto i, auto v) { return scatter_add<0>(x, i, v); };
  CHECK(evaluate(cpu, added, tensor<float, 4>{1, 2, 3, 4}, tensor<std::int32_t, 5>{0, 2, 0, 2, 2},
                 tensor<float, 5>{10, 20, 30, 40, 50}) == tensor<float, 4>{41, 2, 113, 4});
  CHECK(evaluate(cpu, added, tensor<std::int64_t, 2>{1, 2}, tensor<std::int32_t, 2>{1, 1},
                 tensor<std::int64_t, 2>{1ll << 60, 5}) == tensor<std::int64_t, 2>{1, (1ll << 60) + 7});
}

TEST_CASE("indices out of range are counted, and what ran says so") {
  tensor<std::int32_t, 4> const index{-1, 0, 2, 7};
  auto const taken = [](auto x, auto i) { return take(x, i); };
  CHECK_THROWS_WITH(evaluate(cpu, taken, tensor<float, 3>{1, 2, 3}, index),
                    doctest::Contains("2 indices out of range, of an axis of 3: no result"));
  CHECK_THROWS_WITH(evaluate(cpu, taken, tensor<std::int32_t, 3>{1, 2, 3}, index), doctest::Contains("2 indices"));
  auto const added = [](auto x, auto i, auto v) { return scatter_add<0>(x, i, v); };
  CHECK_THROWS_WITH(evaluate(cpu, added, tensor<float, 3>{1, 2, 3}, index, tensor<float, 4>{10, 20, 30, 40}),
                    doctest::Contains("2 indices"));
  auto const chosen = [](auto x) { return gather<0>(x, convert<std::int32_t>(x)); };
  CHECK_THROWS_WITH(evaluate(cpu, chosen, tensor<float, 3>{1, 2, 3}), doctest::Contains("1 index out of range"));
  CHECK(evaluate(cpu, chosen, tensor<float, 3>{2, 1, 0}) == tensor<float, 3>{0, 1, 2});
  CHECK(evaluate(
            cpu, [](auto i) { return one_hot<3>(i); }, tensor<std::int32_t, 2>{3, 1}) ==
        tensor<float, 2, 3>{0, 0, 0, 0, 1, 0});
}

namespace {

// Tokens through a table of their own, a mean over time: the labels of a batch count, and the tokens.
struct table_layer : detail::layer<table_layer> {
  template <class T, int B, int N>
  static constexpr auto apply(basic_value<T, B, N> tokens) {
    auto table = detail::parameter<float, 6, 3>(*tokens.g, "weight", {detail::initialiser::normal, 1});
    return mean(take(table, tokens), axes<1>);
  }
};
constexpr auto tokens_network = [](auto tokens) { return linear<2>(table_layer{}(tokens)); };

}  // namespace

TEST_CASE("a table trains on partial batches as on full ones, and indices beyond it are refused") {
  auto net = model(tokens_network, input_of<std::int32_t, 4>, cpu, seed{1});
  auto same = net;
  auto large = make_trainer(net, cross_entropy, sgd{.learning_rate = 0.5f}, batch<8>);
  auto small = make_trainer(same, cross_entropy, sgd{.learning_rate = 0.5f}, batch<2>);
  tensor<std::int32_t, 2, 4> const tokens{0, 1, 5, 5, 2, 2, 2, 0};
  tensor<std::int32_t, 2> const labels{0, 1};
  float first = 0, last = 0;
  for (int step = 0; step < 20; ++step) {
    last = large.step(tokens, labels);
    if (step == 0) first = last;
    CHECK(small.step(tokens, labels) == doctest::Approx(last).epsilon(1e-5));
  }
  CHECK(last < 0.2 * first);
  tensor<std::int32_t, 2, 4> beyond = tokens;
  beyond(1, 3) = 6;
  CHECK_THROWS_WITH(large.step(beyond, labels), doctest::Contains("index of the input is 6"));
  beyond(1, 3) = -1;
  CHECK_THROWS_WITH(predict(net, beyond), doctest::Contains("index of the input is -1"));
}

namespace {

// Indices that the network makes of its input.
struct rounded_table : detail::layer<rounded_table> {
  template <class T, int B, int N>
  static constexpr auto apply(basic_value<T, B, N> x) {
    auto table = detail::parameter<float, 6, 3>(*x.g, "weight", {detail::initialiser::normal, 1});
    return mean(take(table, convert<std::int32_t>(x)), axes<1>);
  }
};
constexpr auto rounding_network = [](auto x) { return linear<2>(named<"table">(rounded_table{})(x)); };

}  // namespace

TEST_CASE("a training step with indices out of range that the network made changes nothing, and says how many") {
  auto net = model(rounding_network, input<4>, cpu, seed{1});
  auto trainer = make_trainer(net, cross_entropy, adam{}, batch<3>);
  tensor<float, 3, 4> x{0, 1, 2, 3, 4, 5, 0, 1, 2, 3, 4, 5};
  tensor<std::int32_t, 3> const labels{0, 1, 1};
  float loss = trainer.step(x, labels);
  CHECK(std::isfinite(loss));
  auto const before = proof::variables_of(net);
  x(1, 2) = 6;
  x(2, 0) = -1;
  auto const read = [&](auto const& images, auto const& truth) { loss = trainer.step(images, truth); };
  CHECK_THROWS_WITH(read(x, labels), doctest::Contains("step 2: 2 indices in layer 'table' out of range, of an axis of "
                                                       "6: nothing is changed"));
  CHECK(proof::variables_of(net) == before);
  CHECK(trainer.steps() == 1);
  // Of a partial batch what lies behind its rows is not looked at.
  tensor<float, 1, 4> const row{0, 1, 2, 3};
  read(row, tensor<std::int32_t, 1>{0});
  CHECK(std::isfinite(loss));
  CHECK(trainer.steps() == 2);
  CHECK(proof::variables_of(net) != before);
  CHECK_THROWS_WITH(predict(net, x), doctest::Contains("2 indices in layer 'table' out of range"));
}
