// SPDX-License-Identifier: MIT
// GELUs by cuBLASLt, with their products, and their gradients.
#include <doctest/doctest.h>

#include "backend/thrust/gpu/libraries/trained.hpp"

using namespace ashlar;
using namespace gpu_libraries;

namespace {

constexpr auto with_gelu = linear<24> | gelu.with(tanh_approximation) | linear<3>;
constexpr auto narrow_gelu = linear<20> | gelu.with(tanh_approximation) | linear<3>;
constexpr auto two_gelus =
    linear<24> | gelu.with(tanh_approximation) | linear<16> | gelu.with(tanh_approximation) | linear<3>;
constexpr auto skipping_gelu = [](auto x) {
  auto const z = linear<24>(x);
  return linear<3>(gelu.with(tanh_approximation)(z)) + linear<3>(z);
};
constexpr auto with_exact_gelu = linear<24> | gelu | linear<3>;

}  // namespace

TEST_CASE("gpu libraries: the library's GELU is the one by a hyperbolic tangent") {
  calls() = {};
  CHECK(largest_difference(predicted(with_gelu, device), predicted(with_gelu, cpu)) < 1e-5);
  CHECK(count_of(CUBLASLT_EPILOGUE_GELU_BIAS) == 1 + 1);  // once it is asked how exact its GELU is
  calls() = {};
  calls().gelu_is_rough = true;
  CHECK(largest_difference(predicted(with_gelu, device), predicted(with_gelu, cpu)) < 1e-5);
  CHECK(count_of(CUBLASLT_EPILOGUE_GELU_BIAS) == 1);
  calls() = {};
  calls().gelu_is_rough = true;
  predicted(with_gelu, device.with(tf32));
  CHECK(count_of(CUBLASLT_EPILOGUE_GELU_BIAS) == 1 + 1);
  calls() = {};
  CHECK(largest_difference(predicted(with_exact_gelu, device), predicted(with_exact_gelu, cpu)) < 1e-5);
  CHECK(count_of(CUBLASLT_EPILOGUE_GELU_BIAS) == 0);
  CHECK(calls().products == 2);
  calls() = {};
  CHECK(largest_difference(trained(with_gelu, input<10>, device, 8), trained(with_gelu, input<10>, cpu, 8)) < rounding);
}

TEST_CASE("gpu libraries: a GELU's gradient and a bias's go with the product, by what the forward pass has kept") {
  calls() = {};
  std::int64_t const before = detail::emulated_gpu().launches;
  auto const gpu = trained(with_gelu, input<10>, device, 8), wanted = trained(with_gelu, input<10>, cpu, 8);
  std::int64_t const launches = detail::emulated_gpu().launches - before;
  CHECK(count_of(CUBLASLT_EPILOGUE_GELU_AUX_BIAS) == 2 + 1);  // twice, before steps are replayed; once it is asked
  CHECK(count_of(CUBLASLT_EPILOGUE_DGELU_BGRAD) == 2);
  CHECK(count_of(CUBLASLT_EPILOGUE_DGELU) == 1);
  CHECK(largest_difference(gpu, wanted) < rounding);

  SUBCASE("together they spare three kernels") {
    calls() = {};
    calls().refused = {CUBLASLT_EPILOGUE_GELU_AUX_BIAS, CUBLASLT_EPILOGUE_BGRADA, CUBLASLT_EPILOGUE_BGRADB};
    std::int64_t const begin = detail::emulated_gpu().launches;
    CHECK(largest_difference(trained(with_gelu, input<10>, device, 8), wanted) < rounding);
    CHECK(detail::emulated_gpu().launches - begin == launches + 2 * 3 + 2);  // and the last layer's bias
    CHECK(count_of(CUBLASLT_EPILOGUE_DGELU_BGRAD) == 0);
    CHECK(count_of(CUBLASLT_EPILOGUE_DGELU) == 1);
  }
  SUBCASE("a rough GELU is none of ours, nor is its slope") {
    calls() = {};
    calls().gelu_is_rough = true;
    CHECK(largest_difference(trained(with_gelu, input<10>, device, 8), wanted) < rounding);
    CHECK(count_of(CUBLASLT_EPILOGUE_GELU_AUX_BIAS) == 0);
    CHECK(count_of(CUBLASLT_EPILOGUE_DGELU) == 1);
    CHECK(count_of(CUBLASLT_EPILOGUE_DGELU_BGRAD) == 0);
  }
  SUBCASE("of the sum of columns that is refused, the GELU's remains") {
    calls() = {};
    calls().refused = {CUBLASLT_EPILOGUE_DGELU_BGRAD};
    CHECK(largest_difference(trained(with_gelu, input<10>, device, 8), wanted) < rounding);
    CHECK(count_of(CUBLASLT_EPILOGUE_DGELU) == 2 + 1);
  }
  SUBCASE("nothing is kept for a gradient that is refused") {
    calls() = {};
    calls().refused = {CUBLASLT_EPILOGUE_DGELU_BGRAD, CUBLASLT_EPILOGUE_DGELU};
    CHECK(largest_difference(trained(with_gelu, input<10>, device, 8), wanted) < rounding);
    CHECK(count_of(CUBLASLT_EPILOGUE_GELU_AUX_BIAS) == 0);
  }
  SUBCASE("rows of what is kept are multiples of 8") {
    calls() = {};
    CHECK(largest_difference(trained(narrow_gelu, input<10>, device, 8), trained(narrow_gelu, input<10>, cpu, 8)) <
          rounding);
    CHECK(count_of(CUBLASLT_EPILOGUE_GELU_AUX_BIAS) == 0);
  }
  SUBCASE("an exact GELU's operand, and one that is read elsewhere, are not kept") {
    calls() = {};
    CHECK(largest_difference(trained(with_exact_gelu, input<10>, device, 8),
                             trained(with_exact_gelu, input<10>, cpu, 8)) < rounding);
    CHECK(largest_difference(trained(skipping_gelu, input<10>, device, 8), trained(skipping_gelu, input<10>, cpu, 8)) <
          rounding);
    CHECK(count_of(CUBLASLT_EPILOGUE_GELU_AUX_BIAS) == 0);
  }
  SUBCASE("several of them, and partial batches between whole ones") {
    calls() = {};
    std::vector<int> const rows{8, 5, 8, 8, 5};
    CHECK(largest_difference(trained(two_gelus, input<10>, device, rows), trained(two_gelus, input<10>, cpu, rows)) <
          rounding);
    CHECK(count_of(CUBLASLT_EPILOGUE_GELU_AUX_BIAS) == 2 * 2 + 1);
    CHECK(count_of(CUBLASLT_EPILOGUE_DGELU_BGRAD) == 2 * 2);
  }
}
