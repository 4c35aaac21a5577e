// SPDX-License-Identifier: MIT
// Thrust's system and version that this unit is compiled for, as support/linked_system.hpp asks for them.
#include "support/linked_system.hpp"

#include <ashlar/backend/thrust/host_system.hpp>

#include <atomic>
#include <chrono>
#include <thread>

#include <doctest/doctest.h>

namespace proof {

void do_parts(part_function function, void const* work, std::int64_t parts, bool side_by_side) {
  ashlar::detail::do_parts(function, work, parts, side_by_side);
}
std::string host_system_in_words() { return ashlar::detail::host_system_in_words(); }

void with_threads_of_system([[maybe_unused]] int count, void (*f)(void* context), void* context) {
#if THRUST_DEVICE_SYSTEM == THRUST_DEVICE_SYSTEM_OMP
  int const before = omp_get_max_threads();
  omp_set_num_threads(count);
  f(context);
  omp_set_num_threads(before);
#elif THRUST_DEVICE_SYSTEM == THRUST_DEVICE_SYSTEM_TBB
  tbb::task_arena arena(count);
  arena.execute([&] { f(context); });
#else
  f(context);
#endif
}

}  // namespace proof

namespace {

#if THRUST_DEVICE_SYSTEM == THRUST_DEVICE_SYSTEM_CPP
constexpr bool has_threads = false;
constexpr char const* name = " on C++, 1 thread";
#elif THRUST_DEVICE_SYSTEM == THRUST_DEVICE_SYSTEM_OMP
constexpr bool has_threads = true;
constexpr char const* name = " on OpenMP, ";
#else
constexpr bool has_threads = true;
constexpr char const* name = " on TBB, ";
#endif

// Two parts, of which the first waits for the second as long as it may.
struct meeting {
  std::chrono::seconds patience;
  mutable std::atomic<int> begun{0};
  mutable std::atomic<bool> met{false};

  static void take_part(void const* work, std::int64_t) {
    auto const& of = *static_cast<meeting const*>(work);
    bool const is_first = of.begun++ == 0;
    auto const end = std::chrono::steady_clock::now() + of.patience;
    while (is_first && of.begun < 2 && std::chrono::steady_clock::now() < end) std::this_thread::yield();
    if (is_first && of.begun == 2) of.met = true;
  }
};

bool meets(bool side_by_side, int seconds) {
  meeting two{std::chrono::seconds(seconds)};
  auto run = [&] { proof::do_parts(meeting::take_part, &two, 2, side_by_side); };
  proof::with_threads_of_system(
      2, [](void* f) { (*static_cast<decltype(run)*>(f))(); }, &run);
  CHECK(two.begun == 2);
  return two.met;
}

}  // namespace

TEST_CASE("a system with threads does parts side by side where it may, C++ one after the other") {
  CHECK(meets(true, has_threads ? 60 : 0) == has_threads);
  CHECK_FALSE(meets(false, 0));
}

TEST_CASE("a system says its name") { CHECK(proof::host_system_in_words().find(name) != std::string::npos); }
