// SPDX-License-Identifier: MIT
#pragma once
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <vector>

#include "peer.hpp"

/// What peers in C++ that learn at run time which row they are for are told: THREADS TASK BATCH NETWORK [RULE RATE
/// LOSS], or THREADS gemm M K N.
namespace bench {

struct layer {
  enum kinds { conv, linear, relu, pool, flatten } kind;
  std::int64_t outputs = 0, kernel = 1, padding = 0;  // pools are 2 x 2
};

/// A network of peers/peer.py's table.
struct described_network {
  std::vector<std::int64_t> sample;  // without the batch: [features] or [channels, height, width]
  std::vector<layer> layers;

  void dense(std::vector<std::int64_t> const& widths) {
    for (std::size_t k = 0; k < widths.size(); ++k) {
      if (k) layers.push_back({layer::relu});
      layers.push_back({layer::linear, widths[k]});
    }
  }
  void convolve(std::int64_t channels, std::int64_t kernel, std::int64_t padding) {
    layers.push_back({layer::conv, channels, kernel, padding});
    layers.push_back({layer::relu});
  }
};

inline described_network network_of(std::string const& name) {
  described_network net{{784}, {}};
  if (name == "mlp128") {
    net.dense({128, 10});
  } else if (name == "mlp") {
    net.dense({512, 512, 10});
  } else if (name == "policy") {
    net.sample = {16};
    net.dense({64, 64, 4});
  } else if (name == "lenet") {
    net.sample = {1, 28, 28};
    net.convolve(6, 5, 2);
    net.layers.push_back({layer::pool});
    net.convolve(16, 5, 0);
    net.layers.push_back({layer::pool});
    net.layers.push_back({layer::flatten});
    net.dense({120, 84, 10});
  } else if (name == "vgg16" || name == "vgg16_features") {
    net.sample = {3, 224, 224};
    for (int width : {64, 64, 0, 128, 128, 0, 256, 256, 256, 0, 512, 512, 512, 0, 512, 512, 512, 0})
      if (width)
        net.convolve(width, 3, 1);
      else
        net.layers.push_back({layer::pool});
    net.layers.push_back({layer::flatten});
    if (name == "vgg16") net.dense({4096, 4096, 1000});
  } else {
    throw std::runtime_error("there is no network " + name);
  }
  return net;
}

/// A row, as argv says it.
struct described_row {
  int threads;
  std::string task;
  std::vector<std::string> words;  // behind the task

  described_row(int argc, char** argv)
      : threads(threads_of(argc, argv)), task(argc > 2 ? argv[2] : ""), words(argv + std::min(argc, 3), argv + argc) {
    if (words.size() < (task == "train" ? 5u : task == "infer" ? 2u : 3u))
      throw std::runtime_error("it is told too little");
  }
  std::int64_t number(std::size_t k) const { return std::atol(words[k].c_str()); }
  std::int64_t batch() const { return number(0); }
  std::string const& network() const { return words[1]; }
  std::string const& rule() const { return words[2]; }
  float rate() const { return std::strtof(words[3].c_str(), nullptr); }
  bool by_mse() const { return words[4] == "mse"; }
};

/// 0, 1, ... and again: which batch is next.
struct turns {
  int next = 0;

  int take() {
    int const k = next;
    next = (next + 1) % batch_count;
    return k;
  }
};

}  // namespace bench
