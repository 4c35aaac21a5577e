// SPDX-License-Identifier: MIT
#include <ashlar/passes/memory.hpp>

#include <doctest/doctest.h>

#include <random>
#include <vector>

using namespace ashlar::detail;

TEST_CASE("blocks are multiples of 64 bytes, so that each begins on a cache line") {
  arena_layout a(true);
  CHECK(a.take(1) == 0);
  CHECK(a.take(64) == 64);
  CHECK(a.take(65) == 128);
  CHECK(a.take(0) == 256);
  CHECK(a.peak() == 320);
}

TEST_CASE("the smallest hole that fits is taken, neighbouring holes join, and the last one grows") {
  arena_layout a(true);
  for (std::int64_t bytes : {256, 64, 128, 64, 64}) a.take(bytes);  // at 0, 256, 320, 448, 512
  a.give_back(0, 256);
  a.give_back(320, 128);
  CHECK(a.take(100) == 320);
  a.give_back(320, 100);
  a.give_back(256, 64);  // joins both: 0 to 448
  CHECK(a.take(448) == 0);
  CHECK(a.peak() == 576);
  a.give_back(512, 64);
  CHECK(a.take(128) == 512);
  CHECK(a.peak() == 640);
  CHECK(a.total() == 256 + 64 + 128 + 64 + 64 + 128 + 448 + 128);
}

TEST_CASE("without reuse every block is new, and the peak is the total") {
  arena_layout a(false);
  for (int i = 0; i < 10; ++i) {
    std::int64_t const at = a.take(100);
    CHECK(at == 128 * i);
    a.give_back(at, 100);
  }
  CHECK(a.peak() == 1280);
  CHECK(a.total() == 1280);
}

TEST_CASE("of ten thousand random blocks no two that live together overlap, and all lie below the peak") {
  struct block {
    std::int64_t at, bytes;
  };
  std::mt19937 bits(1);
  arena_layout a(true);
  std::vector<block> live;
  for (int n = 0; n < 10000; ++n) {
    if (live.size() > 40 || (!live.empty() && bits() % 2)) {
      std::size_t const k = bits() % live.size();
      a.give_back(live[k].at, live[k].bytes);
      live.erase(live.begin() + static_cast<std::ptrdiff_t>(k));
      continue;
    }
    std::int64_t const bytes = 1 + bits() % 2000, at = a.take(bytes);
    for (block const& b : live) REQUIRE((at + bytes <= b.at || b.at + b.bytes <= at));
    REQUIRE(at + bytes <= a.peak());
    live.push_back({at, bytes});
  }
  for (block const& b : live) a.give_back(b.at, b.bytes);
  std::int64_t const peak = a.peak();
  CHECK(a.take(peak) == 0);  // all holes have joined
  CHECK(a.peak() == peak);
}
