// SPDX-License-Identifier: MIT
// The main function of tests that nvcc compiles for a GPU: where there is none, they say so and skip.
#define DOCTEST_CONFIG_IMPLEMENT
#include <doctest/doctest.h>

#include <cstdio>

#include <ashlar/device.hpp>

int main(int argc, char** argv) {
  std::puts(ashlar::device.describe().c_str());
  try {
    ashlar::detail::need_fitting_gpu();
  } catch (ashlar::error const& problem) {
    std::printf("skipped: device_cuda: %s\n", problem.what());
    return 77;
  }
  return doctest::Context(argc, argv).run();
}
