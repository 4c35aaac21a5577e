// SPDX-License-Identifier: MIT
#pragma once
#include <cstring>
#include <vector>

#include <ashlar/ashlar.hpp>

/// What units with and without OpenMP train alike.
namespace openmp_test {

inline constexpr auto network = ashlar::linear<70> | ashlar::relu | ashlar::linear<3>;

inline std::vector<float> trained(ashlar::thread_pool& pool) {
  using namespace ashlar;
  auto net = model(network, input<40>, cpu.with(pool), seed{1});
  auto t = make_trainer(net, cross_entropy, adam{}, batch<16>);
  tensor<float, 16, 40> x;
  random_normal(x, seed{2});
  tensor<std::int32_t, 16> y;
  for (int i = 0; i < 16; ++i) y.data()[i] = i % 3;
  for (int step = 0; step < 20; ++step) static_cast<void>(static_cast<float>(t.step(x, y)));
  std::vector<float> all(static_cast<std::size_t>(net.tables().counts.parameter_bytes) / sizeof(float));
  std::memcpy(all.data(), net.parameter_memory(), all.size() * sizeof(float));
  return all;
}

/// The same on a pool that the unit without OpenMP makes.
std::vector<float> trained_without_openmp(int workers, int& threads_before, int& threads_meanwhile);
int threads_of_this_process();

}  // namespace openmp_test
