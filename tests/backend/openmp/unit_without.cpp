// SPDX-License-Identifier: MIT
// Compiled without OpenMP, in one program with units that are compiled with it.
#include "trained.hpp"

#include <filesystem>

#ifdef _OPENMP
#error "this unit is to be compiled without OpenMP"
#endif

namespace openmp_test {

int threads_of_this_process() {
  int n = 0;
  for ([[maybe_unused]] auto const& entry : std::filesystem::directory_iterator("/proc/self/task")) ++n;
  return n;
}
std::vector<float> trained_without_openmp(int workers, int& threads_before, int& threads_meanwhile) {
  threads_before = threads_of_this_process();
  ashlar::thread_pool pool(ashlar::threads{workers});
  pool.set_break_even(0);
  std::vector<float> const result = trained(pool);
  threads_meanwhile = threads_of_this_process();
  return result;
}

}  // namespace openmp_test
