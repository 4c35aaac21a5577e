// SPDX-License-Identifier: MIT
#include <ashlar/nn/branches.hpp>

#include <doctest/doctest.h>

#include <ashlar/ashlar.hpp>

#include "support/parameter_names.hpp"

using namespace ashlar;

TEST_CASE("branches gives each layer the same input and joins the results along an axis") {
  auto const net = branches<1>(relu, identity, [](auto x) { return x * 10; });
  CHECK(proof::apply_layer<1>(net, input<2>, {-1, 2}, {}).outputs[0] == proof::numbers{0, 2, -1, 2, -10, 20});
  auto const columns = branches<-1>(identity, [](auto x) { return flip(x, axes<-1>); });
  CHECK(proof::apply_layer<1>(columns, input<2, 2>, {1, 2, 3, 4}, {}).outputs[0] ==
        proof::numbers{1, 2, 2, 1, 3, 4, 4, 3});
}

TEST_CASE("sum_of adds up what the layers make of one input") {
  auto const net = sum_of(relu, identity, relu | relu);
  CHECK(proof::apply_layer<1>(net, input<2>, {-1, 2}, {}).outputs[0] == proof::numbers{-1, 6});
}

TEST_CASE("branch k has the path k unless it has a name, in the order of the branches") {
  auto const net =
      relu | branches<1>(linear<2>, relu | linear<1>, named<"third">(linear<4>)) | sum_of(linear<2>, linear<2>);
  CHECK(proof::parameter_names(net, input<3>) ==
        "1.0.weight 1.0.bias 1.1.1.weight 1.1.1.bias 1.third.weight 1.third.bias "
        "2.0.weight 2.0.bias 2.1.weight 2.1.bias");
}

TEST_CASE("branches have the gradients that the oracle measures") {
  proof::check_layer<3>(branches<1>(conv2d<2, 1>, conv2d<1, 3, padding<1>> | tanh, identity), input<2, 3, 4>);
  proof::check_layer<3>(linear<4> | branches<1>(tanh | linear<3>, linear<2>) | sum_of(linear<2>, tanh | linear<2>),
                        input<3>);
}

TEST_CASE("branches with different dropouts draw different masks") {
  using network = std::remove_cvref_t<decltype(branches<1>(dropout<0.5>, dropout<0.5>))>;
  proof::recording r;
  proof::record<proof::layer_proof<network, input_type<double, 64>, 1>>(r);
  proof::results const y = proof::interpret(r, proof::draw(r.g, {.low = 1, .rows = 1}));
  int unlike = 0;
  for (std::size_t i = 0; i < 64; ++i) unlike += (y.outputs[0][i] == 0) != (y.outputs[0][64 + i] == 0);
  CHECK(unlike > 10);
}
