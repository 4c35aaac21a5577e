// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include "backend/thrust/gpu/libraries/trained.hpp"

using namespace ashlar;
using namespace gpu_libraries;

namespace {

constexpr auto approximate = gelu.with(tanh_approximation);

inline constexpr auto looped = repeat<3>(linear<24> | approximate | linear<16>) | linear<3>;
inline constexpr auto residuals = repeat<3>(residual(layer_norm | linear<24> | approximate | linear<16>)) | linear<3>;
inline constexpr auto narrow = repeat<3>(linear<20> | approximate | linear<16>) | linear<3>;
inline constexpr auto exact = repeat<3>(linear<24> | gelu | linear<16>) | linear<3>;
inline constexpr auto two_in_a_loop =
    repeat<3>(linear<24> | approximate | linear<32> | approximate | linear<16>) | linear<3>;
inline constexpr auto two_loops =
    repeat<2>(linear<24> | approximate | linear<16>) | repeat<2>(linear<24> | approximate | linear<16>) | linear<3>;
inline constexpr auto nested = repeat<2>(repeat<2>(linear<24> | approximate | linear<16>)) | linear<3>;
// What the GELU reads has another reader in the same iteration.
struct skipping_layer {
  template <class V>
  constexpr V operator()(V x) const {
    auto const z = linear<16>(x);
    return approximate(z) + tanh(z);
  }
};
inline constexpr auto skipping = repeat<3>(skipping_layer{}) | linear<3>;
// The weights behind the GELU lie 4 bytes behind a multiple of 16, its bias at one.
struct crooked_layer {
  template <class V>
  constexpr V operator()(V x) const {
    auto const y = approximate(linear<24>(x)), other = tanh(linear<5>(x));
    return linear<16>(y) + linear<16>(other);
  }
};
inline constexpr auto crooked = repeat<2>(crooked_layer{}) | linear<3>;
inline constexpr auto long_loop = repeat<65>(linear<16> | approximate) | linear<3>;

constexpr auto sample = input<16>;

}  // namespace

TEST_CASE("gpu libraries: in loops a GELU's gradient goes with the product, by what the forward pass has kept") {
  calls() = {};
  std::int64_t const before = detail::emulated_gpu().launches;
  auto const gpu = trained(looped, sample, device, 8), wanted = trained(looped, sample, cpu, 8);
  std::int64_t const launches = detail::emulated_gpu().launches - before;
  CHECK(count_of(CUBLASLT_EPILOGUE_GELU_AUX_BIAS) == 2 * 3 + 1);  // twice, before steps are replayed; once it is asked
  CHECK(count_of(CUBLASLT_EPILOGUE_DGELU) == 2 * 3 + 1);
  CHECK(count_of(CUBLASLT_EPILOGUE_BGRADB) == 2 * 7 + 1);
  CHECK(largest_difference(gpu, wanted) < rounding);

  SUBCASE("each spares two kernels an iteration") {
    calls() = {};
    calls().refused = {CUBLASLT_EPILOGUE_GELU_AUX_BIAS};
    std::int64_t const begin = detail::emulated_gpu().launches;
    CHECK(largest_difference(trained(looped, sample, device, 8), wanted) < rounding);
    CHECK(detail::emulated_gpu().launches - begin == launches + 2 * 3 * 2);
  }
  SUBCASE("a rough GELU is none of ours, nor is its slope") {
    calls() = {};
    calls().gelu_is_rough = true;
    CHECK(largest_difference(trained(looped, sample, device, 8), wanted) < rounding);
    CHECK(count_of(CUBLASLT_EPILOGUE_GELU_AUX_BIAS) == 0);
    CHECK(count_of(CUBLASLT_EPILOGUE_DGELU) == 1);
  }
  SUBCASE("nothing is kept for a gradient that is refused") {
    calls() = {};
    calls().refused = {CUBLASLT_EPILOGUE_DGELU};
    CHECK(largest_difference(trained(looped, sample, device, 8), wanted) < rounding);
    CHECK(count_of(CUBLASLT_EPILOGUE_GELU_AUX_BIAS) == 0);
  }
  SUBCASE("iterations that the library refuses have kernels of our own") {
    for (int const accepted : {0, 1, 2}) {
      calls() = {};
      calls().most_kept = accepted;
      CHECK(largest_difference(trained(looped, sample, device, 8), wanted) < rounding);
      CHECK(count_of(CUBLASLT_EPILOGUE_GELU_AUX_BIAS) == accepted + 1);
      CHECK(count_of(CUBLASLT_EPILOGUE_DGELU) == accepted + 1);
    }
  }
  SUBCASE("partial batches between whole ones keep nothing") {
    std::vector<int> const rows{8, 5, 8, 8, 5};
    CHECK(largest_difference(trained(looped, sample, device, rows), trained(looped, sample, cpu, rows)) < rounding);
  }
}

TEST_CASE("gpu libraries: GELUs of a transformer's blocks, several in a loop, and several loops") {
  calls() = {};
  CHECK(largest_difference(trained(residuals, sample, device, 8), trained(residuals, sample, cpu, 8)) < rounding);
  CHECK(count_of(CUBLASLT_EPILOGUE_DGELU) == 2 * 3 + 1);
  calls() = {};
  CHECK(largest_difference(trained(two_in_a_loop, sample, device, 8), trained(two_in_a_loop, sample, cpu, 8)) <
        rounding);
  CHECK(count_of(CUBLASLT_EPILOGUE_DGELU) == 2 * 2 * 3 + 1);
  calls() = {};
  CHECK(largest_difference(trained(two_loops, sample, device, 8), trained(two_loops, sample, cpu, 8)) < rounding);
  CHECK(count_of(CUBLASLT_EPILOGUE_DGELU) == 2 * 2 * 2 + 1);
}

TEST_CASE("gpu libraries: nothing is kept for a product of a loop whose weights lie apart from multiples of 16 bytes") {
  calls() = {};
  calls().refuses_unaligned_slopes = true;
  CHECK(largest_difference(trained(crooked, sample, device, 8), trained(crooked, sample, cpu, 8)) < rounding);
  CHECK(count_of(CUBLASLT_EPILOGUE_GELU_AUX_BIAS) == 0);
}

TEST_CASE("gpu libraries: what is no such GELU of a loop is computed by kernels of our own") {
  auto check = [](auto const& network) {
    calls() = {};
    CHECK(largest_difference(trained(network, sample, device, 8), trained(network, sample, cpu, 8)) < rounding);
    CHECK(count_of(CUBLASLT_EPILOGUE_GELU_AUX_BIAS) == 0);
    CHECK(calls().products > 0);
  };
  check(narrow);
  check(exact);
  check(nested);
  check(skipping);
  check(long_loop);
}
