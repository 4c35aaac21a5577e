// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <algorithm>

#include <ashlar/ashlar.hpp>

#include "support/check.hpp"
#include "support/parameter_names.hpp"

using namespace ashlar;

namespace {

struct loops {
  template <int N, class Body, class X, class... C>
  static constexpr X times(Body const& body, X x, C... c) {
    return repeat<N>(body)(x, c...);
  }
};
struct written_out {
  template <int N, class Body, class X, class... C>
  static constexpr X times(Body const& body, X x, C... c) {
    for (int i = 0; i < N; ++i) x = body(x, c...);
    return x;
  }
};

// Functions of values, and networks, which can be said with loops or without.

template <class How>
struct captures {
  constexpr auto operator()(auto x, auto w, auto c) const {
    return How::template times<3>([=](auto h) { return tanh(matmul(h, w) + c); }, x);
  }
};
template <class How>
struct further_arguments {
  constexpr auto operator()(auto x, auto w, auto c) const {
    auto body = [](auto h, auto v, auto b) { return tanh(matmul(h, v) + b); };
    return How::template times<3>(body, x, w, c);
  }
};
template <class How>
struct nested {
  constexpr auto operator()(auto x, auto w, auto c) const {
    auto outer = [=](auto h, auto b) {
      auto d = tanh(h * c);
      return How::template times<3>([=](auto k, auto e) { return tanh(matmul(k, w) + b * d + e * h); }, h, d) + b;
    };
    return How::template times<2>(outer, x, c);
  }
};
template <class How>
struct looked_up {
  constexpr auto operator()(auto x, auto index, auto table) const {
    return How::template times<3>([=](auto h) { return tanh(h + take<0>(table, index)); }, x);
  }
};
template <class How>
struct descent {
  constexpr auto operator()(auto x, auto c) const {
    auto body = [=](auto h) {
      auto energy = [=](auto a, auto b) { return sum(square(tanh(a * b) - x) * b) + sum(a * h * c); };
      auto [by_h, by_c] = grad<0, 1>(energy)(h, c);
      return h - 0.1 * by_h + tanh(by_c);
    };
    return How::template times<2>(body, x);
  }
};
template <class How>
struct shared_parameters {
  template <class T, int... D>
  constexpr auto operator()(basic_value<T, D...> x) const {
    auto w = parameter<"w", T, 4, 4>(x, initial_uniform<-1, 1>);
    auto b = parameter<"b", T, 4>(x, initial_uniform<-1, 1>);
    auto c = (linear<4> | batch_norm)(x);
    auto outer = [=](auto h) {
      auto d = h * c;
      return How::template times<2>([=](auto k) { return tanh(matmul(k, w) + b * c + d * h); }, h) + b;
    };
    return How::template times<3>(outer, x);
  }
};

template <template <class> class F, class... X>
void check_equal_functions() {
  using looped = proof::proof_of<F<loops>, X...>;
  using plain = proof::proof_of<F<written_out>, X...>;
  proof::recording r, s;
  proof::record<typename looped::recorder>(r);
  proof::record<typename plain::recorder>(s);
  CHECK(s.g.loops.empty());
  proof::environment const e = proof::draw(r.g, {});
  CHECK(proof::difference(proof::interpret(r, e), proof::interpret(s, e), 1e-12) == "");
  proof::check_recorded<F<loops>, X...>();
}

using matrix = basic_value<double, 3, 4>;
using square_matrix = basic_value<double, 4, 4>;
using row = basic_value<double, 4>;

// Networks whose layers stand in the bodies: on what the body captured, too.

constexpr auto layers_in_bodies = [](auto x) {
  auto c = linear<4>(x);
  return repeat<3>([=](auto h) {
    auto norm = tanh(batch_norm(linear<4>(h) + c));
    auto some = dropout<0.25>(c);
    auto deep = repeat<2>([=](auto k) {
      auto next = tanh(linear<4>(k));
      return next + layer_norm(h) * c;
    })(h);
    return norm * some + deep;
  })(c);
};
constexpr auto layers_on_captured = [](auto x) {
  auto c = tanh(linear<4>(x));
  return repeat<3>([=](auto h) {
    auto a = linear<4>(c);
    auto b = (linear<4> | tanh)(c);
    auto p = parameter<"scale", typename decltype(h)::element_type, 4>(c, initial_constant<1>);
    return tanh(h * a + b * p * random_uniform(c));
  })(x);
};
constexpr auto parameters_of_the_outer_body = [](auto x) {
  auto c = tanh(linear<4>(x));
  return repeat<3>([=](auto h) {
    auto w = parameter<"w", typename decltype(h)::element_type, 4, 4>(h, initial_uniform<-1, 1>);
    auto b = linear<4>(h);
    return repeat<2>([=](auto k) {
      auto next = linear<4>(k);
      return tanh(matmul(next, w) + b * c);
    })(h);
  })(x);
};
constexpr auto shared_convolution = [](auto x) {
  using T = typename decltype(x)::element_type;
  auto w = parameter<"w", T, 3, 3, 3, 3>(x, initial_uniform<-1, 1>);
  auto b = parameter<"b", T, 3, 1, 1>(x, initial_uniform<-1, 1>);
  auto body = [=](auto k) { return tanh(convolution<padding<1>>(k, w) + b); };
  return repeat<2>([=](auto h) { return repeat<2>(body)(h) * x; })(x);
};
constexpr auto operations_of_several_values = [](auto x) {
  auto c = tanh(linear<2>(x)), zero = stop_gradient(c) * 0;
  return repeat<2>([=](auto h) {
    auto few = slice<1, 0, 2>(h);
    auto wide = concat<1>(few, c);
    auto chosen = select(h > x, wide, x * h);
    auto labels = convert<std::int32_t>(sum(zero, axes<1>));
    auto entropy = cross_entropy(c * few, labels) + cross_entropy(c, labels);
    auto binary = binary_cross_entropy_with_logits(h, sigmoid(x)) + binary_cross_entropy_with_logits(x, sigmoid(h));
    auto picked = gather<1>(x, convert<std::int32_t>(zero)) * few;
    auto sums = scatter_add<1>(h, convert<std::int32_t>(zero), c) + scatter_add<1>(x, convert<std::int32_t>(zero), few);
    return tanh(chosen + sum_keep(picked, axes<1>) + entropy + binary + huber(h, x) + mae(x, h) + sums);
  })(x);
};
constexpr auto own_start = [](auto x) {
  auto c = tanh(linear<4>(x));
  return repeat<3>([=](auto h) { return tanh(h * c); })(c);
};
constexpr auto mask_of_captured = [](auto x) { return repeat<2>([=](auto h) { return h * dropout<0.5>(x); })(x); };
constexpr auto drawn_for_captured = [](auto x) {
  return repeat<2>([=](auto h) { return random_uniform(x) - h; })(0 * x);
};

}  // namespace

TEST_CASE("a loop that captures values equals its body written out, to second gradients for all of them") {
  check_equal_functions<captures, matrix, square_matrix, row>();
}

TEST_CASE("the further arguments of a loop are the same in every iteration, and have gradients") {
  check_equal_functions<further_arguments, matrix, square_matrix, row>();
}

TEST_CASE("a loop within a loop reads values of both bodies and of the function around") {
  check_equal_functions<nested, matrix, square_matrix, row>();
  proof::check_function<nested<loops>, matrix, square_matrix, row>();
}

TEST_CASE("whole numbers are read in a loop, and lookups there bound the input's indices") {
  using indices = basic_value<std::int32_t, 3>;
  check_equal_functions<looked_up, matrix, indices, basic_value<double, 5, 4>>();
  proof::check_function<looked_up<loops>, matrix, indices, basic_value<double, 5, 4>>();
  proof::recording r;
  detail::function_recorder<looked_up<loops>, matrix, indices, basic_value<double, 5, 4>>::record(r);
  REQUIRE(r.g.index_limits.size() == 2);
  CHECK(r.g.index_limits[1] == 5);
}

TEST_CASE("a gradient inside a loop's body, for a captured value too, equals the one written out") {
  check_equal_functions<descent, matrix, matrix>();
}

TEST_CASE("parameters and running statistics of the network around a loop get the gradients that they get without") {
  using looped = proof::double_proof<shared_parameters<loops>, decltype(input<4>), 5>;
  using plain = proof::double_proof<shared_parameters<written_out>, decltype(input<4>), 5>;
  proof::recording r, s;
  proof::record<looped>(r);
  proof::record<plain>(s);
  for (int rows : {1, 3, 5}) {
    CAPTURE(rows);
    proof::environment const e = proof::draw(r.g, {.rows = rows});
    CHECK(proof::difference(proof::interpret(r, e), proof::interpret(s, e), 1e-12) == "");
  }
  proof::check_layer<5>(shared_parameters<loops>{}, input<4>);
  // what stands before a batch_norm has gradients of 0, as differences of large numbers
  proof::check_compiled_layer<5>(shared_parameters<loops>{}, input<4>, {.float_tolerance = 2e-3});
}

TEST_CASE("layers in a body that captures values have the gradients that the oracle measures, compiled as well") {
  proof::check_layer<5>(layers_in_bodies, input<4>);
  proof::check_compiled_layer<5>(layers_in_bodies, input<4>);
  proof::check_compiled_layer<5>(own_start, input<4>);
  proof::check_layer<5>(parameters_of_the_outer_body, input<4>);
  proof::check_compiled_layer<5>(parameters_of_the_outer_body, input<4>);
}

TEST_CASE("every operation of several values takes captured ones, on either side") {
  proof::check_layer<5>(operations_of_several_values, input<4>);
  proof::check_layer<2>(shared_convolution, input<3, 6, 6>);
  proof::check_compiled_layer<2>(shared_convolution, input<3, 6, 6>);
}

TEST_CASE("a layer on a captured value is a layer of the body: its parameters and random values are the iteration's") {
  CHECK(proof::parameter_names(layers_on_captured, input<4>) ==
        "0.weight 0.bias 1.{i}.0.weight 1.{i}.0.bias 1.{i}.1.weight 1.{i}.1.bias 1.{i}.scale");
  proof::check_layer<5>(layers_on_captured, input<4>);
  proof::check_compiled_layer<5>(layers_on_captured, input<4>);
  proof::recording r;
  proof::record<proof::double_proof<decltype(mask_of_captured), decltype(input<1000>), 1>>(r);
  proof::environment e = proof::draw(r.g, {.rows = 1});
  e.inputs[0].assign(1000, 1);
  proof::numbers const y = proof::interpret(r, e).outputs[0];
  CHECK(std::abs(std::count(y.begin(), y.end(), 4.0) - 250) < 69);  // five standard deviations of two masks
  proof::recording again;
  proof::record<proof::double_proof<decltype(drawn_for_captured), decltype(input<1000>), 1>>(again);
  proof::numbers const differences = proof::interpret(again, proof::draw(again.g, {.rows = 1})).outputs[0];
  CHECK(std::count(differences.begin(), differences.end(), 0.0) == 0);
}

TEST_CASE("what a body computes of captured values alone is computed once, outside") {
  auto outside = [](auto x, auto c) { return repeat<3>([=](auto h) { return h + exp(tanh(c)); })(x); };
  proof::recording r;
  proof::record<detail::function_recorder<decltype(outside), row, row>>(r);
  REQUIRE(r.g.loops.size() == 1);
  CHECK(r.g.loops[0]->invariants == 1);
  for (detail::node const& n : r.g.loops[0]->body->nodes) CHECK(n.code != detail::op::exp);
}
