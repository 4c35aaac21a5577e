// SPDX-License-Identifier: MIT
#include <ashlar/expr/indexing.hpp>

#include "support/check.hpp"

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

TEST_CASE("an index out of range reads NaN, or 0 of whole numbers, and writes nothing") {
  tensor<std::int32_t, 4> const index{-1, 0, 2, 7};
  auto const taken = [](auto x, auto i) { return take(x, i); };
  auto const y = evaluate(cpu, taken, tensor<float, 3>{1, 2, 3}, index);
  CHECK(std::isnan(y[0]));
  CHECK(y[1] == 1);
  CHECK(y[2] == 3);
  CHECK(std::isnan(y[3]));
  CHECK(evaluate(cpu, taken, tensor<std::int32_t, 3>{1, 2, 3}, index) == tensor<std::int32_t, 4>{0, 1, 3, 0});
  auto const added = [](auto x, auto i, auto v) { return scatter_add<0>(x, i, v); };
  CHECK(evaluate(cpu, added, tensor<float, 3>{1, 2, 3}, index, tensor<float, 4>{10, 20, 30, 40}) ==
        tensor<float, 3>{21, 2, 33});
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
