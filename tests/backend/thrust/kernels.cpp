// SPDX-License-Identifier: MIT
// Every kind of kernel that the device has, in few programs: values, gradients and gradients of gradients against the
// oracle. What this program proves for each system of Thrust, the other tests prove in breadth for one.
#include <ashlar/device.hpp>

#include "support/check.hpp"

using namespace ashlar;

namespace {

template <int... D>
using doubles = basic_value<double, D...>;
template <int... D>
using whole = basic_value<std::int32_t, D...>;

/// Rows, columns and reductions over both, products in all transpositions.
struct rows_and_products {
  constexpr auto operator()(auto x, auto w) const {
    auto centred = tanh(x - mean_keep(x, axes<-1>)) * sum_keep(square(x), axes<0>);
    return matmul(centred, w) + max_keep(matmul(x, exp(w)), axes<-1>) * 0.125 + sum(max(x, axes<0>));
  }
};
/// Convolutions, windows of both kinds, and what moves elements.
struct images {
  constexpr auto operator()(auto x, auto w) const {
    auto y = convolution<stride<2, 1>, padding<1>, groups<2>>(x, w);  // [2, 4, 3, 5]
    auto z = concat<2>(max_pool2d<2, stride<1>>(y), avg_pool2d<2, stride<1>>(slice<2, 0, 3, 2>(y)));
    auto turned = reshape<2, 4, 3, 4>(permute<0, 1, 3, 2>(z));
    return square(flip(cumsum<2>(z), axes<2>)) + turned * slice<3, 1, 5>(pad<3, 2, 1>(z, 0.5));
  }
};
/// Elements by index.
struct indexed {
  constexpr auto operator()(auto x, auto index) const {
    auto rows = take(x, index);
    auto place = reshape<7, 1>(index) + zeros_like(convert<std::int32_t>(rows));
    return square(scatter_add<0>(rows, place, tanh(gather<0>(x, place)) * rows));
  }
};

/// Proves F at inputs X (of double) by the oracle, then by float kernels of the device's own, fused: fewer of them than
/// check_function compiles.
template <class F, class... X>
void check(proof::proof_options const& options = {}) {
  proof::results const wanted = proof::check_recorded<F, X...>(options);
  using narrow = typename proof::proof_of<F, typename proof::as_float<X>::type...>::recorder;
  proof::recording r;
  proof::record<typename proof::proof_of<F, X...>::recorder>(r);
  proof::environment const e = proof::draw(r.g, options.draws);
  CHECK(proof::difference(proof::run_filled<cpu_policy<>, narrow>(e, 0xff), wanted, options.float_tolerance) == "");
}

constexpr auto drawn = [](auto like) {
  return std::tuple{random_uniform(like), random_bernoulli(like, 0.3), random_permutation(like), random_normal(like)};
};

}  // namespace

TEST_CASE("reductions along rows and columns and products of matrices are the oracle's on the device") {
  check<rows_and_products, doubles<5, 19>, doubles<19, 6>>({.draws = {.low = -1, .high = 1}});
}

TEST_CASE("convolutions, windows and moved elements are the oracle's on the device") {
  check<images, doubles<2, 4, 5, 5>, doubles<4, 2, 3, 3>>();
}

TEST_CASE("elements by index are the oracle's on the device") {
  proof::proof_options options;
  options.draws.classes = 7;
  check<indexed, doubles<7, 3>, whole<7>>(options);
}

TEST_CASE("random numbers and orders are those of the cpu, bit for bit") {
  tensor<float, 5, 37> const like;
  auto const [a, b, c, d] = evaluate(device, drawn, like);
  auto const [w, x, y, z] = evaluate(cpu_policy<>{}, drawn, like);
  CHECK(a == w);
  CHECK(b == x);
  CHECK(c == y);
  // The logarithm and the cosine of a normal number may be a GPU's own, within some units of the last place.
  for (int i = 0; i < d.size(); ++i) CHECK(d[i] == doctest::Approx(z[i]).epsilon(1e-6));
}
