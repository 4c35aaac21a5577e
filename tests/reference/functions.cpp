// SPDX-License-Identifier: MIT
#include <ashlar/ashlar.hpp>

#include "reference/oracle.hpp"

using namespace ashlar;
using namespace reference;

namespace {

/// A function of one tensor of 4 rows of 9.
template <class F>
void check_wide(std::string const& name, F f) {
  check<1, floats_in<4, 9>>(name, f);
}

}  // namespace

TEST_CASE("activations have PyTorch's values and two gradients") {
  check_wide("leaky_relu", leaky_relu);
  check_wide("leaky_relu_slope", leaky_relu.with(negative_slope<0.2>));
  check_wide("elu", elu);
  check_wide("elu_alpha", elu.with(alpha<0.5>));
  check_wide("gelu", gelu);
  check_wide("gelu_tanh", gelu.with(tanh_approximation));
  check_wide("silu", silu);
  check_wide("softplus", softplus);
  check_wide("softplus_beta", softplus.with(beta<2>));
  check_wide("hardtanh", hardtanh);
  check_wide("relu6", relu6);
  check_wide("softmax_first", softmax.with(axes<0>));
  check_wide("log_softmax_last", log_softmax);
}

TEST_CASE("elementary functions have PyTorch's values and two gradients") {
  check_wide("expm1", [](auto x) { return expm1(x); });
  check_wide("log1p", [](auto x) { return log1p(x); });
  check_wide("sin", [](auto x) { return sin(x); });
  check_wide("cos", [](auto x) { return cos(x); });
  check_wide("erf", [](auto x) { return erf(x); });
  check_wide("clamp", [](auto x) { return clamp(x, -1.5, 2); });
  check_wide("floor", [](auto x) { return x * floor(x); });
  check_wide("power_cube", [](auto x) { return pow(x, 3); });
  check<2, floats_in<4, 9>, floats_in<4, 9>>("pow", [](auto x, auto y) { return pow(x, y); });
}

TEST_CASE("what cuts, joins, shifts and sums has PyTorch's values and two gradients") {
  check_wide("cumsum", [](auto x) { return cumsum<1>(x); });
  check_wide("cumsum_first", [](auto x) { return cumsum<0>(x); });
  check_wide("flip", [](auto x) { return flip(x, axes<0, 1>); });
  check_wide("roll", [](auto x) { return roll<1, 2>(x); });
  check_wide("slice", [](auto x) { return slice<1, 2, 8, 3>(slice<0, 1>(x)); });
  check_wide("pad", [](auto x) { return pad<1, 1, 2>(x, 0.5); });
  check<2, floats_in<3, 4>, floats_in<3, 2>>("concat", [](auto a, auto b) { return concat<1>(a, b); });
  check<3, floats_in<1, 4>, floats_in<3, 4>, floats_in<2, 4>>(
      "concat_three", [](auto a, auto b, auto c) { return concat<0>(a, b, c); });
  check<2, floats_in<3, 4>, floats_in<3, 4>>("stack", [](auto a, auto b) { return stack<1>(a, b); });
}

TEST_CASE("what finds and looks up has PyTorch's values and two gradients") {
  check_wide("argmax", [](auto x) { return x * convert<double>(argmax_keep(x, axes<1>)); });
  check_wide("argmin", [](auto x) { return x * convert<double>(argmin_keep(x, axes<0>)); });
  check_wide("smallest", [](auto x) { return min(x, axes<1>); });
  check<1, floats_in<3, 5>, labels_in<3, 4>>("gather", [](auto x, auto i) { return gather<1>(x, i); });
  check<1, floats_in<6, 4>, labels_in<2, 3>>("embedding", [](auto w, auto i) { return take(w, i); });
  check<1, floats_in<4, 6>, labels_in<4>>("one_hot", [](auto x, auto i) { return x * one_hot<6, double>(i); });
  check<2, floats_in<3, 5>, floats_in<3, 4>, labels_in<3, 4>>(
      "scatter_add", [](auto x, auto v, auto i) { return scatter_add<1>(x, i, v); });
}
