// SPDX-License-Identifier: MIT
// Copies memory of the device to memory of the device: the bandwidth that rows are measured by.
#include <thrust/copy.h>
#include <thrust/device_vector.h>

#include "dialog.hpp"

#ifndef BENCH_NUMBERS
#define BENCH_NUMBERS 33554432
#endif

int main() {
  return bench::main_of([] {
    std::string const where = ashlar::device.describe();
    ashlar::detail::device_resources const gpu(ashlar::device);  // fails where there is none, and says so
    thrust::device_vector<float> from(BENCH_NUMBERS, 1.0f), to(BENCH_NUMBERS);
    bench::say(where.c_str());
    bench::obey(
        [&] {
          thrust::copy(from.begin(), from.end(), to.begin());
          return static_cast<float>(to[BENCH_NUMBERS - 1]);
        },
        [&](int times) {
          double const start = bench::now();
          for (int i = 0; i < times; ++i) thrust::copy(from.begin(), from.end(), to.begin());
          static_cast<void>(static_cast<float>(to[0]));  // waits
          return bench::now() - start;
        },
        bench::between_waits);
  });
}
