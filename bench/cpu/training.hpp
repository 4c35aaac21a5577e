// SPDX-License-Identifier: MIT
#pragma once
#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <vector>

#include <ashlar/ashlar.hpp>

#include "../numbers.hpp"

#ifndef BENCH_BATCH
#define BENCH_BATCH 64
#endif

/// Training steps for bench/run: a program that obeys lines on its standard input and answers each with a line of
/// numbers. `losses N`: those of the next N steps. `time SECONDS`: microseconds per step, sample after sample.
namespace bench {

/// Seconds: of the processor where one thread works, so that neighbours do not count; of the clock otherwise.
inline double now(int threads) {
  timespec t;
  clock_gettime(threads == 1 ? CLOCK_PROCESS_CPUTIME_ID : CLOCK_MONOTONIC, &t);
  return static_cast<double>(t.tv_sec) + 1e-9 * static_cast<double>(t.tv_nsec);
}

template <class Model>
void set_parameters(Model& net) {
  std::uint32_t stream = 0;
  std::int64_t left = net.parameters();
  net.each_variable([&](ashlar::parameter_reference const& p, ashlar::detail::variable_info const&) {
    if (left <= 0) return;  // states come after the parameters
    std::int64_t const size = p.shape().size(), fan_in = size / p.shape()[0];
    float const scale = fan_in == 1 ? 0.1f : static_cast<float>(2 / std::sqrt(static_cast<double>(fan_in)));
    float* values = reinterpret_cast<float*>(p.bytes());
    for (std::int64_t i = 0; i < size; ++i) values[i] = number(static_cast<std::uint32_t>(i), stream) * scale;
    ++stream;
    left -= size;
  });
}

template <int... Sample>
ashlar::dataset<Sample...> samples(int count, int classes) {
  std::vector<float> inputs(static_cast<std::size_t>((std::int64_t{count} * ... * Sample)));
  for (std::size_t i = 0; i < inputs.size(); ++i) inputs[i] = number(static_cast<std::uint32_t>(i), 1000) + 0.5f;
  std::vector<std::int32_t> labels(static_cast<std::size_t>(count));
  for (std::size_t i = 0; i < labels.size(); ++i)
    labels[i] =
        static_cast<std::int32_t>((number(static_cast<std::uint32_t>(i), 1001) + 0.5f) * static_cast<float>(classes));
  return {std::move(inputs), std::move(labels)};
}

/// Trains by cross entropy on batches of BENCH_BATCH samples; argv[1] is the number of threads.
template <class Net, int... Sample, class Optimizer>
int train(int argc, char** argv, Net const& network, ashlar::input_type<float, Sample...> const& sample, int classes,
          Optimizer const& optimizer) {
  int const threads = argc > 1 ? std::atoi(argv[1]) : 1;
  auto net = ashlar::model(network, sample, ashlar::cpu.with(ashlar::threads{threads}), ashlar::seed{1});
  set_parameters(net);
  auto const data = samples<Sample...>(batch_count * BENCH_BATCH, classes);
  auto trainer = ashlar::make_trainer(net, ashlar::cross_entropy, optimizer, ashlar::batch<BENCH_BATCH>);
  ashlar::batch_sequence const order(data, BENCH_BATCH);
  int next = 0;
  auto step = [&] {
    float const loss = trainer.step(order[next]);
    next = (next + 1) % batch_count;
    return loss;
  };
  char word[16];
  for (double number; std::scanf("%15s %lf", word, &number) == 2; std::fflush(stdout)) {
    if (std::strcmp(word, "losses") == 0) {
      for (int i = 0; i < static_cast<int>(number); ++i) std::printf("%.9g ", static_cast<double>(step()));
    } else {
      double const end = now(threads) + number;
      for (int steps = 1; now(threads) < end;) {
        double const start = now(threads);
        for (int i = 0; i < steps; ++i) step();
        double const seconds = (now(threads) - start) / steps;
        std::printf("%.3f ", seconds * 1e6);
        steps = std::max(1, static_cast<int>(0.01 / seconds));
      }
    }
    std::puts("");
  }
  return 0;
}

}  // namespace bench
