// SPDX-License-Identifier: MIT
#include <ashlar/nn/hardtanh.hpp>

#include <cmath>
#include <limits>

#include <doctest/doctest.h>

#include "support/layer_proof.hpp"
#include "support/stated_gradient.hpp"

using namespace ashlar;

namespace {
template <class Layer>
using type_of = std::remove_const_t<Layer>;
}

TEST_CASE("hardtanh and relu6 cut at their bounds, where no gradient passes; NaN stays NaN") {
  auto const h = proof::slopes_at<type_of<decltype(hardtanh)>, 5>({-3, -1, 0.5, 1, 3});
  CHECK(h[0] == proof::numbers{-1, -1, 0.5, 1, 1});
  CHECK(h[1] == proof::numbers{0, 0, 1, 0, 0});
  auto const r = proof::slopes_at<type_of<decltype(relu6)>, 5>({-3, 0, 2, 6, 7});
  CHECK(r[0] == proof::numbers{0, 0, 2, 6, 6});
  CHECK(r[1] == proof::numbers{0, 0, 1, 0, 0});
  CHECK(std::isnan(proof::slopes_at<type_of<decltype(relu6)>, 1>({std::nan("")})[0][0]));
}

TEST_CASE("hardtanh and relu6 are layers with the gradients that the oracle measures") {
  proof::check_layer<3>(hardtanh | relu6, input<17>, {.derivative = proof::second::zero});
}
