// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>
#include <ashlar/core/random.hpp>
#include <ashlar/core/random_tensor.hpp>
#include <ashlar/core/tensor.hpp>
#include <cmath>
#include <vector>

using namespace ashlar;

namespace {
constexpr bool same(philox_block a, philox_block b) {
  return a.word[0] == b.word[0] && a.word[1] == b.word[1] && a.word[2] == b.word[2] && a.word[3] == b.word[3];
}
constexpr std::uint32_t ones = 0xffffffff;
}  // namespace

// The known-answer vectors of Random123 (kat_vectors, philox4x32 10).
static_assert(same(philox({{0, 0, 0, 0}}, {{0, 0}}), {{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}}));
static_assert(same(philox({{ones, ones, ones, ones}}, {{ones, ones}}),
                   {{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}}));
static_assert(same(philox({{0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}}, {{0xa4093822, 0x299f31d0}}),
                   {{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}}));

static_assert(hash_path("", 0) == 0xcbf29ce484222325u && hash_path("a", 1) == 0xaf63dc4c8601ec8cu);
static_assert(seed{7}.value == 7 && seed{std::uint64_t{1} << 63}.value >> 63 == 1);
static_assert(random_stream(seed{7}, 1, 2).uniform(5) >= 0);

TEST_CASE("Philox answers the same at run time as in constant expressions") {
  philox_block counter{{0, 0, 0, 0}};
  volatile std::uint32_t zero = 0;
  counter.word[0] = zero;
  CHECK(same(philox(counter, {{0, 0}}), {{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}}));
}

TEST_CASE("an element depends on the seed, the stream key, the step and its index, and on nothing else") {
  random_stream const stream(seed{7}, 11, 3);
  CHECK(stream.bits(5) == random_stream(seed{7}, 11, 3).bits(5));
  CHECK(stream.bits(5) != random_stream(seed{8}, 11, 3).bits(5));
  CHECK(stream.bits(5) != random_stream(seed{7}, 12, 3).bits(5));
  CHECK(stream.bits(5) != random_stream(seed{7}, 11, 4).bits(5));
  CHECK(stream.bits(5) != stream.bits(6));
  CHECK(stream.bits(5) != stream.bits(5 + (std::uint64_t{1} << 40)));
  CHECK(stream.bits(5) == stream.block(1).word[1]);
}

TEST_CASE("uniform numbers lie in [0, 1) with mean 1/2 and variance 1/12") {
  random_stream const stream(seed{1}, 0);
  int const count = 100'000;
  double sum = 0, squares = 0, wide = 0;
  for (int i = 0; i < count; ++i) {
    float const u = stream.uniform(i);
    double const d = stream.uniform_double(i);
    REQUIRE((u >= 0 && u < 1 && d >= 0 && d < 1));
    sum += u;
    squares += (u - 0.5) * (u - 0.5);
    wide += d;
  }
  // Five standard deviations of the mean of 1e5: 5 * 0.29 / sqrt(1e5).
  CHECK(std::abs(sum / count - 0.5) < 0.0046);
  CHECK(std::abs(wide / count - 0.5) < 0.0046);
  CHECK(std::abs(squares / count - 1 / 12.0) < 0.0012);
  CHECK(random_stream::to_uniform(ones) == 1 - 0x1p-24f);
}

TEST_CASE("Box-Muller agrees with its formula in double precision") {
  random_stream const stream(seed{2}, 0);
  double const pi = 3.141592653589793;
  auto compare = [&](std::uint32_t radius_bits, std::uint32_t angle_bits) {
    double const radius = std::sqrt(-2 * std::log((radius_bits + 0.5) / 0x1p32));
    double const angle = 2 * pi * angle_bits / 0x1p32;
    normal_pair const pair = box_muller(radius_bits, angle_bits);
    // The radius: 7e-9 in its square, so at most 7.7e-5 next to zero, plus float's rounding; the direction: 1e-7.
    double const bound = 2e-7 * radius + std::min(8e-5, 4e-9 / radius);
    return std::abs(pair.first - radius * std::cos(angle)) < bound &&
           std::abs(pair.second - radius * std::sin(angle)) < bound;
  };
  bool all = true;
  for (int i = 0; i < 200'000; ++i) all = all && compare(stream.bits(2 * i), stream.bits(2 * i + 1));
  CHECK(all);
  for (std::uint32_t edge : {0u, 1u, 0x1fffffffu, 0x20000000u, 0x3fffffffu, 0x40000000u, 0x7fffffffu, 0x80000000u,
                             0xc0000000u, 0xdfffffffu, 0xe0000000u, 0xfffffffeu, ones}) {
    CAPTURE(edge);
    CHECK(compare(edge, 12345));
    CHECK(compare(12345, edge));
  }
}

TEST_CASE("normal numbers have mean 0, variance 1, kurtosis 3 and uncorrelated neighbours") {
  random_stream const stream(seed{3}, 0);
  int const count = 200'000;
  double sum = 0, squares = 0, fourth = 0, neighbours = 0, before = 0;
  for (int i = 0; i < count; ++i) {
    double const x = stream.normal(i);
    sum += x, squares += x * x, fourth += x * x * x * x, neighbours += x * before;
    before = x;
  }
  // Five standard deviations: 5 / sqrt(count) times 1, sqrt(2), sqrt(96) and 1.
  CHECK(std::abs(sum / count) < 0.0112);
  CHECK(std::abs(squares / count - 1) < 0.0159);
  CHECK(std::abs(fourth / count - 3) < 0.11);
  CHECK(std::abs(neighbours / count) < 0.0112);
}

TEST_CASE("normal numbers have the same bits on every machine and compiler") {
  random_stream const stream(seed{3}, 5);
  std::uint64_t hash = 0;
  for (int i = 0; i < 100'000; ++i) hash = hash * 31 + __builtin_bit_cast(std::uint32_t, stream.normal(i));
  // The value under g++ 12, clang 14 and nvcc 13, at -O0 and -O3 -march=native.
  CHECK(hash == 11448208907936282573u);
}

TEST_CASE("a permutation holds every index once, and the same seed gives the same one") {
  for (int count : {0, 1, 2, 3, 64, 1000}) {
    std::vector<std::int32_t> order(count), again(count);
    permutation(order, random_stream(seed{4}, 0));
    permutation(again, random_stream(seed{4}, 0));
    CHECK(order == again);
    std::vector<bool> seen(count);
    for (std::int32_t i : order) {
      REQUIRE((i >= 0 && i < count));
      CHECK_FALSE(seen[i]);
      seen[i] = true;
    }
  }
}

TEST_CASE("each of the 24 orders of 4 things is as likely as the others") {
  std::vector<int> found(256);
  int const count = 24'000;
  for (int step = 0; step < count; ++step) {
    std::vector<std::int64_t> order(4);
    permutation(order, random_stream(seed{5}, 0, step));
    ++found[order[0] * 64 + order[1] * 16 + order[2] * 4 + order[3]];
  }
  double chi_squared = 0;
  int orders = 0;
  for (int f : found) {
    if (f == 0) continue;
    ++orders;
    chi_squared += (f - 1000.0) * (f - 1000.0) / 1000;
  }
  CHECK(orders == 24);
  CHECK(chi_squared < 49.7);  // the 99.9 % quantile with 23 degrees of freedom
}

TEST_CASE("a tensor is filled with normal or uniform numbers of a seed") {
  tensor<float, 64, 784> x, y;
  random_normal(x, seed{1});
  random_normal(y, seed{1}, 0.5f);
  CHECK(y(3, 4) == 0.5f * x(3, 4));
  tensor<double, 64, 784> wide;
  random_normal(wide, seed{1});
  CHECK(wide(3, 4) == double{x(3, 4)});
  random_uniform(x, seed{1}, -2, 3);
  double sum = 0;
  for (float v : x) {
    REQUIRE((v >= -2 && v < 3));
    sum += v;
  }
  CHECK(std::abs(sum / x.size() - 0.5) < 0.033);  // five standard deviations: 5 * 1.44 / sqrt(50176)
  tensor<double, 3> u;
  random_uniform(u, seed{1});
  CHECK((u(0) >= 0 && u(0) < 1 && u(0) != u(1)));
}
