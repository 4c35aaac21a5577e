// SPDX-License-Identifier: MIT
#include <ashlar/expr/convolution.hpp>

#include "support/check.hpp"

using namespace ashlar;

namespace {

template <int... D>
using doubles = basic_value<double, D...>;

template <class... Options>
struct forward {
  constexpr auto operator()(auto x, auto w) const { return convolution<Options...>(x, w); }
};
template <class... Options>
struct backward {
  constexpr auto operator()(auto x, auto w) const { return transposed_convolution<Options...>(x, w); }
};

}  // namespace

TEST_CASE("a convolution with every option agrees with the oracle, and its two gradients") {
  proof::check_function<forward<stride<2, 1>, padding<1, 2>, dilation<1, 2>, groups<2>>, doubles<2, 4, 7, 6>,
                        doubles<6, 2, 3, 2>>();
  proof::check_function<forward<padding<2>, dilation<2>>, doubles<2, 3, 9>, doubles<4, 3, 3>>();
  proof::check_recorded<forward<groups<4>>, doubles<1, 4, 3, 3>, doubles<8, 1, 2, 2>>();
}

TEST_CASE("a transposed convolution with every option agrees with the oracle, and its two gradients") {
  proof::check_function<backward<stride<3, 2>, padding<1, 0>, dilation<1, 2>, groups<2>, output_padding<2, 1>>,
                        doubles<2, 4, 3, 4>, doubles<4, 3, 3, 2>>();
  proof::check_function<backward<stride<2>>, doubles<2, 3, 5>, doubles<3, 2, 4>>();
  using small = decltype(backward<stride<2>, padding<1>>{}(doubles<1, 2, 4, 5>{}, doubles<2, 3, 3, 3>{}));
  static_assert(std::is_same_v<small, doubles<1, 3, 7, 9>>);
}

TEST_CASE("a transposed convolution is the gradient of the convolution that it is named after") {
  auto const both = [](auto d, auto w, auto x) {
    auto loss = [=](auto v) { return sum(d * convolution<stride<2>, padding<1>, groups<2>>(v, w)); };
    return std::tuple{grad<0>(loss)(x),
                      transposed_convolution<stride<2>, padding<1>, groups<2>, output_padding<1>>(d, w)};
  };
  tensor<float, 2, 4, 3, 3> d;
  tensor<float, 4, 3, 3, 3> w;
  tensor<float, 2, 6, 6, 6> const x;
  random_normal(d, seed{1});
  random_normal(w, seed{2});
  auto const [derived, direct] = evaluate(cpu, both, d, w, x);
  for (std::int64_t i = 0; i < x.size(); ++i) CHECK(derived[i] == doctest::Approx(direct[i]).epsilon(1e-5));
}

TEST_CASE("output padding may be as large as the stride, and larger") {
  proof::check_function<backward<dilation<3>, output_padding<2, 1>>, doubles<1, 2, 3, 3>, doubles<2, 2, 2, 2>>();
  proof::check_recorded<backward<stride<2>, output_padding<5>>, doubles<2, 2, 3>, doubles<2, 1, 3>>();
}
