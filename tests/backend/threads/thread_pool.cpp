// SPDX-License-Identifier: MIT
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <string>
#include <thread>
#include <vector>

#include <doctest/doctest.h>

#include <ashlar/backend/cpu/thread_pool.hpp>

using namespace ashlar;

namespace {

/// What a task sees: its pool, and a number for each worker that only this worker writes.
struct board {
  thread_pool& pool;
  std::vector<long> number = std::vector<long>(static_cast<std::size_t>(pool.size()), 0);

  long& of(int worker) { return number[static_cast<std::size_t>(worker)]; }
};
void count_up(void* context, int worker) noexcept { ++static_cast<board*>(context)->of(worker); }

}  // namespace

TEST_CASE("every worker runs a task once, however often tasks are started") {
  for (int n : {2, 3, 4}) {
    thread_pool pool(threads{n});
    board b{pool};
    for (int round = 1; round <= 1000; ++round) {
      REQUIRE(pool.try_run(count_up, &b));
      for (int w = 0; w < n; ++w) REQUIRE(b.of(w) == round);
    }
  }
}
TEST_CASE("the caller is worker 0, and every other worker a thread of its own") {
  thread_pool pool(threads{3});
  std::vector<std::thread::id> ids(3);
  pool.try_run(
      [](void* to, int worker) noexcept {
        (*static_cast<std::vector<std::thread::id>*>(to))[static_cast<std::size_t>(worker)] =
            std::this_thread::get_id();
      },
      &ids);
  CHECK(ids[0] == std::this_thread::get_id());
  CHECK(ids[1] != ids[0]);
  CHECK(ids[2] != ids[0]);
  CHECK(ids[2] != ids[1]);
}
TEST_CASE("where workers meet, each sees what all others wrote before") {
  struct relay : board {
    std::vector<long> wrong = std::vector<long>(number.size(), 0);
  };
  thread_pool pool(threads{4});
  relay r{{pool}};
  pool.try_run(
      [](void* context, int worker) noexcept {
        relay& all = *static_cast<relay*>(context);
        for (long round = 1; round <= 500; ++round) {
          all.of(worker) = round;
          all.pool.meet();
          for (long seen : all.number) all.wrong[static_cast<std::size_t>(worker)] += seen != round;
          all.pool.meet();
        }
      },
      &r);
  for (long wrong : r.wrong) CHECK(wrong == 0);
  for (long number : r.number) CHECK(number == 500);
}
TEST_CASE("how much work is divided follows the number of threads, unless they take turns or somebody sets it") {
  int const processors = detail::usable_processors();
  for (int n : {1, 2, 3, 30}) {
    thread_pool pool(threads{n});
    CHECK(pool.break_even() == (n <= processors && n < 20 ? 1000 * n : 20000));
    CHECK(pool.start_break_even() == (n == 1 && processors > 0 ? 10000 : 20000));
    pool.set_break_even(30000);
    CHECK(pool.start_break_even() == 30000);
    pool.set_break_even(0);
    CHECK(pool.start_break_even() == 0);
  }
}
TEST_CASE("workers that fell asleep wake up") {
  thread_pool pool(threads{2});
  board b{pool};
  for (int round = 1; round <= 3; ++round) {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    REQUIRE(pool.try_run(count_up, &b));
    CHECK(b.of(1) == round);
  }
}
TEST_CASE("a pool that is busy runs nothing else: not from inside a task, and not for a second caller") {
  struct nested : board {
    long refused = 0;
  };
  thread_pool pool(threads{2});
  nested n{{pool}};
  REQUIRE(pool.try_run(
      [](void* context, int worker) noexcept {
        nested& all = *static_cast<nested*>(context);
        if (worker == 1) all.refused += !all.pool.try_run(count_up, context);
        all.pool.meet();
        if (worker == 0) all.refused += !all.pool.try_run(count_up, context);
      },
      &n));
  CHECK(n.refused == 2);
  CHECK(n.of(0) + n.of(1) == 0);

  board b{pool};
  std::vector<long> ran(2, 0);
  auto call = [&](std::size_t caller) {
    for (int k = 0; k < 2000; ++k) ran[caller] += pool.try_run(count_up, &b);
  };
  std::thread other(call, 1);
  call(0);
  other.join();
  CHECK(ran[0] + ran[1] > 0);
  CHECK(b.of(0) == ran[0] + ran[1]);
  CHECK(b.of(1) == ran[0] + ran[1]);
}
TEST_CASE("a pool of one thread runs nothing, and a pool that never ran anything ends") {
  thread_pool alone(threads{1}), idle(threads{3});
  board b{alone};
  CHECK(!alone.try_run(count_up, &b));
  CHECK(alone.size() == 1);
  CHECK(idle.size() == 3);
}
TEST_CASE("in a process that was forked off, a pool of before runs nothing, and ends") {
  thread_pool pool(threads{3});
  board b{pool};
  REQUIRE(pool.try_run(count_up, &b));
  pid_t const child = fork();
  if (child == 0) {
    alarm(60);
    bool const ran = pool.try_run(count_up, &b);
    pool.~thread_pool();
    _exit(ran ? 1 : 0);
  }
  int status = -1;
  REQUIRE(waitpid(child, &status, 0) == child);
  CHECK(status == 0);
  CHECK(pool.try_run(count_up, &b));
}
TEST_CASE("a negative number of threads, and more than a system has, is refused in a sentence before any is made") {
  for (int count : {-2, 100000}) {
    std::string said;
    try {
      thread_pool pool(threads{count});
    } catch (error const& e) {
      said = e.what();
    }
    CHECK(said.find(std::to_string(count)) != std::string::npos);
    CHECK(said.find("a pool has 1 to ") != std::string::npos);
  }
  CHECK(thread_pool(threads{64}).size() == 64);
}
#if defined(__linux__)
TEST_CASE("threads{0} is as many threads as there are processors that the process may use") {
  int all = 0, one = 0;
  std::thread([&] {
    all = thread_pool(threads{0}).size();
    cpu_set_t set;
    sched_getaffinity(0, sizeof set, &set);
    int first = 0;
    while (!CPU_ISSET(first, &set)) ++first;
    CHECK(all == CPU_COUNT(&set));
    CPU_ZERO(&set);
    CPU_SET(first, &set);
    sched_setaffinity(0, sizeof set, &set);  // of this thread
    one = thread_pool(threads{0}).size();
  }).join();
  CHECK(one == 1);
}
#endif
