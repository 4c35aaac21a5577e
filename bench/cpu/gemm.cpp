// SPDX-License-Identifier: MIT
// The product of two row-major matrices, by a compiled function: into its arena both are copied, in its time.
#include <vector>

#include "program.hpp"

#ifndef BENCH_M
#define BENCH_M 64
#define BENCH_K 784
#define BENCH_N 128
#endif

int main(int argc, char** argv) {
  return bench::main_of([&] {
    using namespace bench;
    auto const where = policy(argc, argv);
    std::vector<ashlar::tensor<float, BENCH_M, BENCH_K>> a(1);
    std::vector<ashlar::tensor<float, BENCH_K, BENCH_N>> b(1);
    number_samples(a, of_inputs);
    number_samples(b, of_targets);
    auto product = ashlar::compile(
        where, [](auto x, auto y) { return matmul(x, y); }, a[0], b[0]);
    say(where.describe().c_str());
    int turn = 0;
    obey([&] { return projection(product(a[0], b[0]).data(), BENCH_M * BENCH_N, turn++); },
         [&](int times) { return seconds_of(times, [&] { product(a[0], b[0]); }); });
  });
}
