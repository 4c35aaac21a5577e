// SPDX-License-Identifier: MIT
#include <ashlar/nn/frozen.hpp>

#include <doctest/doctest.h>

#include <ashlar/ashlar.hpp>

#include "support/elements_of.hpp"
#include "support/step_proof.hpp"

using namespace ashlar;

namespace {

constexpr auto trained = linear<5> | tanh | linear<4> | tanh | linear<3>;
constexpr auto head_only = frozen(linear<5> | tanh | linear<4>) | tanh | linear<3>;
constexpr auto middle = linear<5> | tanh | frozen(linear<4>) | tanh | linear<3>;

template <class Net>
int count_matmuls(Net const&) {
  using recorder = typename proof::step_of<double, Net, std::remove_cvref_t<decltype(input<2>)>,
                                           detail::cross_entropy_loss, adamw, 4>::recorder;
  proof::recording r;
  proof::record<recorder>(r);
  int n = 0;
  for (int i = 0; i < r.g.size(); ++i) n += r.g[i].code == detail::op::matmul;
  return n;
}

template <class Model>
void check_same(Model const& now, Model const& before, std::vector<std::string> const& same,
                std::vector<std::string> const& changed) {
  auto is_same = [&](std::string const& name) {
    return proof::elements_of<char>(now.parameter(name)) == proof::elements_of<char>(before.parameter(name));
  };
  for (std::string const& name : same) {
    CAPTURE(name);
    CHECK(is_same(name));
  }
  for (std::string const& name : changed) {
    CAPTURE(name);
    CHECK_FALSE(is_same(name));
  }
}
template <class Net>
auto after_steps(Net const& net, int steps) {
  auto m = model(net, input<2>, cpu, seed{3});
  auto t = make_trainer(m, cross_entropy, adamw{.learning_rate = 0.1f, .weight_decay = 0.5f}, batch<4>);
  tensor<float, 3, 2> x;
  random_normal(x, seed{1});
  for (int step = 0; step < steps; ++step) t.step(x, tensor<std::int32_t, 3>{0, 1, 2});
  return m;
}

}  // namespace

TEST_CASE("frozen layers stay as they are, weight decay included, and the others are trained") {
  check_same(after_steps(head_only, 3), after_steps(head_only, 0), {"0.weight", "0.bias", "2.weight", "2.bias"},
             {"4.weight", "4.bias"});
  check_same(after_steps(middle, 3), after_steps(middle, 0), {"2.weight", "2.bias"},
             {"0.weight", "0.bias", "4.weight"});
}

TEST_CASE("gradients that only frozen parameters need are not in the plan") {
  // Forward 3; each trained weight takes one more, and so does each layer through which a gradient passes.
  CHECK(count_matmuls(trained) == 3 + 3 + 2);
  CHECK(count_matmuls(head_only) == 3 + 1);
  CHECK(count_matmuls(middle) == 3 + 2 + 2);
  constexpr auto all = training_plan(trained, input<2>, cross_entropy, adamw{}, batch<4>);
  constexpr auto head = training_plan(head_only, input<2>, cross_entropy, adamw{}, batch<4>);
  static_assert(head.nodes < all.nodes && head.steps < all.steps && head.flops < all.flops);
  static_assert(head.parameters == all.parameters && head.arena_bytes < all.arena_bytes);
}

TEST_CASE("a network whose middle is frozen trains in every plan as the oracle says") {
  using recorder =
      typename proof::step_of<double, std::remove_cvref_t<decltype(middle)>, std::remove_cvref_t<decltype(input<2>)>,
                              detail::cross_entropy_loss, adamw, 4>::recorder;
  proof::recording r;
  proof::record<recorder>(r);
  proof::environment e = proof::first_step(r, adamw{}, {.classes = 3, .rows = 3});
  for (int step = 0; step < 2; ++step) {
    proof::results const after = proof::interpret(r, e);
    proof::check_plans(r, e, after, proof::double_tolerance);
    e = proof::next_step(e, after, adamw{});
  }
}

TEST_CASE("a frozen network has the names, the first parameters and the predictions of the same one that is not") {
  auto a = model(trained, input<2>, cpu, seed{3});
  auto b = model(head_only, input<2>, cpu, seed{3});
  tensor<float, 3, 2> x;
  random_normal(x, seed{1});
  CHECK(predict(a, x) == predict(b, x));
  a.each_variable([&](parameter_reference const& p, auto const&) {
    CHECK(b.parameter(p.name()).shape() == p.shape());
    b.parameter(p.name()) = p;
  });
}

namespace {

constexpr auto half_frozen = [](auto x) { return x + (frozen(linear<3>) | tanh | linear<3>)(x); };
constexpr auto deep = linear<3> | repeat<2>(half_frozen) | frozen(repeat<3>(linear<3>)) | linear<3>;

}  // namespace

TEST_CASE("inside a repeat some layers may be frozen, or all") {
  check_same(after_steps(deep, 3), after_steps(deep, 0), {"1.0.0.weight", "1.1.0.bias", "2.0.weight", "2.2.bias"},
             {"0.weight", "1.0.2.weight", "1.1.2.bias", "3.weight"});
}

namespace {

constexpr auto first = named<"a">(linear<2>) | tanh | frozen(named<"a">(linear<2>)) | linear<3>;
constexpr auto first_loop = named<"a">(repeat<2>(linear<2>)) | frozen(named<"a">(repeat<2>(linear<2>))) | linear<3>;

}  // namespace

TEST_CASE("a layer that is called twice is frozen where one of the calls is, whichever comes first") {
  check_same(after_steps(first, 3), after_steps(first, 0), {"a.weight", "a.bias"}, {"3.weight", "3.bias"});
  check_same(after_steps(first_loop, 3), after_steps(first_loop, 0), {"a.0.weight", "a.1.bias"},
             {"2.weight", "2.bias"});
}

TEST_CASE("a network that is frozen as a whole computes its loss and changes nothing") {
  constexpr auto still = frozen(linear<3>);
  check_same(after_steps(still, 2), after_steps(still, 0), {"0.weight", "0.bias"}, {});
}
