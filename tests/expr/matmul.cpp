// SPDX-License-Identifier: MIT
#include <ashlar/expr/matmul.hpp>

#include <limits>

#include "support/check.hpp"

using namespace ashlar;

namespace {

template <int... D>
using doubles = basic_value<double, D...>;

struct product {
  constexpr auto operator()(auto x, auto w) const { return matmul(x, w); }
};
struct product_between {
  constexpr auto operator()(auto x, auto w) const { return tanh(matmul(exp(0.1 * x), w)) + 1; }
};

}  // namespace

TEST_CASE("a product of matrices and its two gradients agree with the oracle, whatever the size") {
  proof::check_function<product, doubles<3, 17>, doubles<17, 33>>();
  proof::check_recorded<product, doubles<1, 1>, doubles<1, 1>>();
  proof::check_recorded<product, doubles<33, 1>, doubles<1, 3>>();
  proof::check_recorded<product, doubles<1, 33>, doubles<33, 1>>();
  proof::check_recorded<product_between, doubles<17, 3>, doubles<3, 5>>();
}

TEST_CASE("a batch of products and its two gradients agree with the oracle") {
  proof::check_function<product, doubles<2, 3, 5>, doubles<2, 5, 17>>();
  proof::check_recorded<product_between, doubles<3, 1, 4>, doubles<3, 4, 1>>();
}

TEST_CASE("a product over more than one slab of the inner axis sums all of it, in every transposition") {
  // 530 = 2 * 256 + 18: two full slabs and a rest; 35 = 2 * 16 + 3 columns and 19 rows leave rests too.
  using forward = proof::proof_of<product, doubles<19, 530>, doubles<530, 35>>;
  proof::recording r;
  proof::record<forward::recorder>(r);
  proof::environment const e = proof::draw(r.g, {});
  proof::results const wanted = proof::interpret(r, e);
  CHECK(proof::compiled_difference<cpu_policy<>, forward::recorder>(e, wanted, proof::double_tolerance) == "");
  using narrow = proof::proof_of<product, basic_value<float, 19, 530>, basic_value<float, 530, 35>>;
  CHECK(proof::compiled_difference<cpu_policy<>, narrow::recorder>(e, wanted, 2e-5) == "");
}

TEST_CASE("infinities and NaN in a product spoil the rows and columns they stand in, and no others") {
  tensor<float, 3, 4> x;
  tensor<float, 4, 5> w;
  x.fill(1);
  w.fill(2);
  x(1, 2) = std::numeric_limits<float>::infinity();
  w(3, 4) = std::numeric_limits<float>::quiet_NaN();
  tensor<float, 3, 5> const y = evaluate(
      cpu, [](auto a, auto b) { return matmul(a, b); }, x, w);
  for (int i = 0; i < 3; ++i)
    for (int j = 0; j < 5; ++j) {
      if (j == 4)
        CHECK(std::isnan(y(i, j)));
      else
        CHECK(y(i, j) == (i == 1 ? std::numeric_limits<float>::infinity() : 8.0f));
    }
}
