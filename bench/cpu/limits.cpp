// SPDX-License-Identifier: MIT
// What this machine can do on argv[1] threads, by -O3 -march=native: GFLOP/s of fp32 multiply-adds; GB/s that reading
// reaches in the second cache, of argv[2] bytes, the third, of argv[3], and memory. The best of several tries.
#include <algorithm>
#include <barrier>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <memory>
#include <thread>
#include <vector>

namespace {

#if defined(__AVX512F__)
constexpr int vector_bytes = 64;
#elif defined(__AVX__)
constexpr int vector_bytes = 32;
#else
constexpr int vector_bytes = 16;
#endif
typedef float lanes __attribute__((vector_size(vector_bytes), may_alias));
constexpr std::size_t width = vector_bytes / sizeof(float);
volatile float seen;

/// Of this thread alone, so that neighbours do not count.
double now() {
  timespec t;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return static_cast<double>(t.tv_sec) + 1e-9 * static_cast<double>(t.tv_nsec);
}

/// Seconds of work(thread) on all threads together: the best of several tries.
template <class Work>
double seconds(int threads, Work const& work) {
  double best = 1e30;
  for (int i = 0; i < 5; ++i) {
    std::vector<double> taken(static_cast<std::size_t>(threads));
    std::barrier gate(threads);
    std::vector<std::thread> others;
    auto run = [&](int k) {
      gate.arrive_and_wait();
      double const start = now();
      work(k);
      taken[static_cast<std::size_t>(k)] = now() - start;
    };
    for (int k = 1; k < threads; ++k) others.emplace_back(run, k);
    run(0);
    for (std::thread& t : others) t.join();
    best = std::min(best, *std::max_element(taken.begin(), taken.end()));
  }
  return best;
}

constexpr int chains = 12;  // as many as hide the latency of two units and fit the registers

void multiply_and_add(long times) {
  volatile float factor = 0.999f, summand = 1e-7f;
  lanes const a = lanes{} + factor, b = lanes{} + summand;
  lanes c[chains];
  for (int k = 0; k < chains; ++k) c[k] = a * static_cast<float>(k);  // equal ones would be computed once
  for (long i = 0; i < times; ++i)
#pragma GCC unroll 12
    for (int k = 0; k < chains; ++k) c[k] = c[k] * a + b;
  lanes sum{};
  for (lanes const& x : c) sum += x;
  seen = sum[0];
}

void read(float const* from, std::size_t count, long times) {
  lanes s0{}, s1{}, s2{}, s3{};
  for (long t = 0; t < times; ++t) {
    for (std::size_t i = 0; i < count; i += 4 * width) {
      lanes const* p = reinterpret_cast<lanes const*>(from + i);
      s0 += p[0], s1 += p[1], s2 += p[2], s3 += p[3];
    }
    asm volatile("" ::: "memory");  // reads them again
  }
  s0 += s1 + s2 + s3;
  seen = s0[0];
}

/// GB/s of reading `bytes` that each thread has for itself.
double bandwidth(int threads, std::size_t bytes) {
  std::size_t const count = bytes / sizeof(float) / (4 * width) * (4 * width);
  struct release {
    void operator()(float* p) const { std::free(p); }
  };
  std::vector<std::unique_ptr<float, release>> memory;
  for (int k = 0; k < threads; ++k) {
    memory.emplace_back(static_cast<float*>(std::aligned_alloc(4096, (count * sizeof(float) + 4095) / 4096 * 4096)));
    std::fill_n(memory.back().get(), count, 0.0f);
  }
  long const times = std::max(1l, static_cast<long>(1e9 / static_cast<double>(bytes)));
  double const taken = seconds(threads, [&](int k) { read(memory[static_cast<std::size_t>(k)].get(), count, times); });
  return static_cast<double>(count * sizeof(float)) * static_cast<double>(times) * threads / taken / 1e9;
}

}  // namespace

int main(int argc, char** argv) {
  auto argument = [&](int k, long otherwise) {
    return static_cast<std::size_t>(argc > k ? std::atol(argv[k]) : otherwise);
  };
  std::size_t const all = argument(1, 1), second = argument(2, 1 << 20), third = argument(3, 8 << 20);
  int const threads = static_cast<int>(all);
  long const times = 10'000'000;
  double const flop = 2.0 * width * chains * static_cast<double>(times) * threads;
  std::size_t const of_third = std::min(4 * second, third / 2 / all);
  std::size_t const of_memory = std::clamp<std::size_t>(4 * third, 256u << 20, 1u << 30) / all;
  std::printf("%.1f %.2f %.2f %.2f\n", flop / seconds(threads, [&](int) { multiply_and_add(times); }) / 1e9,
              bandwidth(threads, second / 2), bandwidth(threads, of_third), bandwidth(threads, of_memory));
}
