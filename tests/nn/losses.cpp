// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <ashlar/ashlar.hpp>

#include "support/step_proof.hpp"

using namespace ashlar;

namespace {

inline constexpr auto two_heads = [](auto a, auto b) {
  auto h = tanh((linear<3> | tanh)(a) + linear<3>(b));
  return outputs(named<"class">(linear<3>(h)), named<"size">(linear<2>(h)));
};
using network = std::remove_cvref_t<decltype(two_heads)>;
using in_double = inputs_type<input_type<double, 2>, input_type<double, 3>>;
// In another order than the outputs, the second without a part of its own in the network.
using objective = std::remove_cvref_t<decltype(losses(named<"size">(mse), named<"class">(cross_entropy)))>;
template <int Batch>
using step = detail::training_recorder<network, in_double, void, objective, sgd, Batch>;

/// The loss of a step with its gradients for both inputs and all parameters.
template <int Batch>
struct gradients_of_loss {
  static void record(detail::recording& r) {
    r.g.batch = Batch;
    auto const loss = step<Batch>::objective_of(r);
    detail::list<int> variables;
    for (int k = 0; k < 2; ++k)
      for (int i = 0; i < r.g.size(); ++i)
        if (r.g[i].code == detail::op::input && r.g[i].a[0] == k) variables.push(i);
    for (detail::variable_entry const& e : r.g.parameters) variables.push(e.node);
    proof::append_gradients(r, loss.total.id, variables, 4);
  }
  static proof::proof_layout layout(detail::graph const& g) {
    proof::proof_layout l;
    l.variables = {{false, 0}, {false, 1}};
    for (int k = 0; k < g.parameters.size(); ++k) l.variables.push_back({true, k});
    l.weights = 4;
    for (int k = 0; k < static_cast<int>(l.variables.size()); ++k) l.directions.push_back(5 + k);
    return l;
  }
};

void weigh(proof::environment& e, double size, double classes) {
  e.scalars.resize(1 + sgd::scalars);
  e.scalars.push_back(size);
  e.scalars.push_back(classes);
}

}  // namespace

TEST_CASE("weighted losses have the gradients that central differences measure, of every input and parameter") {
  proof::recording r;
  proof::record<gradients_of_loss<4>>(r);
  for (int rows : {1, 3, 4}) {
    CAPTURE(rows);
    proof::proof_options options{.draws = {.classes = 3, .rows = rows}};
    proof::environment e = proof::draw(r.g, options.draws);
    weigh(e, -0.75, 1.5);
    proof::check_recording(r, gradients_of_loss<4>::layout(r.g), e, options);
  }
}

TEST_CASE("a step of weighted losses is that of a network of exactly the batch, by every plan") {
  sgd const o{.learning_rate = 0.5f};
  proof::recording wide, exact;
  proof::record<step<8>>(wide);
  proof::record<step<5>>(exact);
  proof::environment e = proof::first_step(wide, o, {.classes = 3, .rows = 5});
  weigh(e, 0.25, 2);
  proof::results const wanted = proof::interpret(wide, e);
  CHECK(proof::difference(wanted, proof::interpret(exact, proof::exact_batch(e, 8)), 1e-12) == "");
  proof::check_plans(wide, e, wanted, proof::double_tolerance);
  CHECK(static_cast<double>(wanted.outputs[0][0]) == doctest::Approx(0.25 * static_cast<double>(wanted.outputs[1][0]) +
                                                                     2 * static_cast<double>(wanted.outputs[2][0])));
  for (std::size_t k = 0; k < e.parameters.size(); ++k) CHECK((wanted.parameters[k] != e.parameters[k]));
}

TEST_CASE("weights are 1 unless given, and are kept by name and by number") {
  auto all = losses(named<"a">(mse, loss_weight{0.5f}), named<"b">(cross_entropy));
  CHECK(all.weight<"a">() == 0.5f);
  CHECK(all.weight<1>() == 1);
  all.weight<"b">() = 3;
  CHECK(all.weight<1>() == 3);
  CHECK(decltype(all)().weight<0>() == 1);
  double to[2];
  all.write_scalars(to);
  CHECK(to[0] == 0.5);
  CHECK(to[1] == 3);
  static_assert(decltype(all)::count == 2 && losses(mse).weight<0>() == 1);
}
