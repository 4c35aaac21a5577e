// SPDX-License-Identifier: MIT
// Compiled with OpenMP: pools are teams of its threads.
#include <omp.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>

#include <doctest/doctest.h>

#include "trained.hpp"

using namespace ashlar;
using openmp_test::threads_of_this_process;
using openmp_test::trained;

namespace {

std::int64_t shares(thread_pool const& pool) {
  std::int64_t sum = 0;
  for (int w = 0; w < pool.size(); ++w) sum += pool.shares_of(w);
  return sum;
}
std::vector<float> trained_alone() {
  thread_pool alone(threads{1});
  return trained(alone);
}

}  // namespace

TEST_CASE("a network trained by a team of OpenMP's has the bits of one trained by one thread") {
  std::vector<float> const expected = trained_alone();
  for (int n : {2, 3}) {
    thread_pool pool(threads{n});
    pool.set_break_even(0);
    CHECK(trained(pool) == expected);
    for (int w = 0; w < n; ++w) CHECK(pool.shares_of(w) > 8);
  }
}

TEST_CASE("pools make no threads beside OpenMP's") {
#pragma omp parallel num_threads(3)
  {}
  int const before = threads_of_this_process();
  thread_pool first(threads{3}), second(threads{3});
  first.set_break_even(0);
  second.set_break_even(0);
  trained(first);
  trained(second);
  CHECK(threads_of_this_process() == before);
  CHECK(shares(second) > 0);
}

TEST_CASE("pools of a unit without OpenMP in the same program are OpenMP's teams, too, unless told otherwise") {
#pragma omp parallel num_threads(3)
  {}
  int before = 0, meanwhile = 0;
  CHECK(openmp_test::trained_without_openmp(3, before, meanwhile) == trained_alone());
  CHECK(meanwhile == before);
  thread_pool own(threads{3}, nullptr);
  own.set_break_even(0);
  CHECK(threads_of_this_process() == before + 2);
  CHECK(trained(own) == trained_alone());
}

TEST_CASE("inside of a parallel region a program runs on its thread alone, with the same bits") {
  thread_pool pool(threads{2});
  pool.set_break_even(0);
  std::vector<float> const expected = trained_alone();
  std::atomic<int> equal = 0;
#pragma omp parallel num_threads(2)
  if (trained(pool) == expected) ++equal;
  CHECK(equal == 2);
  CHECK(shares(pool) == 0);
}

TEST_CASE("a team that is not whole runs nothing, and the program runs alone") {
  thread_pool pool(threads{4});
  pool.set_break_even(0);
  int const before = omp_get_dynamic();
  omp_set_dynamic(1);  // at most as many threads as processors
  bool const is_whole = omp_get_num_procs() >= 4;
  CHECK(trained(pool) == trained_alone());
  if (!is_whole) CHECK(shares(pool) == 0);
  omp_set_dynamic(before);
}

TEST_CASE("in a process that was forked off, programs run on one thread, with the same bits") {
  std::vector<float> const expected = trained_alone();
  thread_pool pool(threads{2});
  pool.set_break_even(0);
  REQUIRE(trained(pool) == expected);
  pid_t const child = fork();
  if (child == 0) {
    alarm(60);
    thread_pool made_here(threads{2});
    made_here.set_break_even(0);
    _exit(trained(pool) == expected && trained(made_here) == expected ? 0 : 1);
  }
  int status = -1;
  REQUIRE(waitpid(child, &status, 0) == child);
  CHECK(status == 0);
}
