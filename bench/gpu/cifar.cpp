// SPDX-License-Identifier: MIT
// A small network learns CIFAR-10: cifar FOLDER [SEEDS], where FOLDER holds the binary version's six files. Says the
// seconds and the share of test images read right for each seed, then the means: what the files hold is in memory by
// then, and a training of a few steps has been, as in the race it is compared with.
// source: Jordan, "94% on CIFAR-10 in 3.29 Seconds on a Single GPU", arXiv:2404.00498: its whitening, initialisation,
// smoothing, augmentation and test, with more passes for what it has beside (averages of weights, rates of biases)
#include <algorithm>
#include <numeric>
#include <random>

#include "cifar/images.hpp"
#include "cifar/whitening.hpp"
#include "dialog.hpp"

#ifndef BENCH_BATCH
#define BENCH_BATCH 1024
#endif
#ifndef BENCH_WIDTH
#define BENCH_WIDTH 64  // of the first group; the others are four times as wide
#endif
#ifndef BENCH_EPOCHS
#define BENCH_EPOCHS 16
#endif

namespace {

using namespace ashlar;

constexpr int tested_at_once = 500;

struct ninth {
  template <class V>
  constexpr V operator()(V x) const {
    return x * (1 / 9.0f);
  }
};
constexpr auto normed = batch_norm.with(momentum<0.4>);
template <int Width>
constexpr auto group = conv2d<Width, 3, padding<1>, no_bias> | max_pool2d<2> | normed | gelu |
                       conv2d<Width, 3, padding<1>, no_bias> | normed | gelu;
// [3, 32, 32] -> [24, 31, 31] -> [64, 15, 15] -> [256, 7, 7] -> [256, 3, 3] -> [256] -> [10]
inline constexpr auto network = frozen(conv2d<24, 2, no_bias>) | gelu | group<BENCH_WIDTH> | group<4 * BENCH_WIDTH> |
                                group<4 * BENCH_WIDTH> | max_pool2d<3> | flatten | linear<10, no_bias> | ninth{};

/// Filters that begin as copies of their input, as far as it goes, behind the whitening.
template <class Net>
void set_filters(Net& net, std::vector<float> const& whitening) {
  net.parameter("0.weight").write(whitening.data());
  net.each_variable([](parameter_reference const& p, detail::variable_info const&) {
    if (p.shape().rank != 4 || p.name() == "0.weight") return;
    std::int64_t const out = p.shape()[0], in = p.shape()[1], same = std::min(out, in);
    std::vector<float> filters(static_cast<std::size_t>(p.size()));
    p.read(filters.data());
    std::fill_n(filters.begin(), same * in * 9, 0.0f);
    for (std::int64_t i = 0; i < same; ++i) filters[static_cast<std::size_t>((i * in + i) * 9 + 4)] = 1;
    p.write(filters.data());
  });
}

/// What a training of so many steps is: the rate rises from a fifth, and falls to a fourteenth of its highest.
struct learning {
  static constexpr float momentum = 0.85f, highest = 11.5f / (1 + 1 / (1 - momentum)), decay = 0.0153f / 11.5f;
  int steps;

  float rate(int step) const {
    float const at = static_cast<float>(step) / static_cast<float>(steps), peak = 0.23f;
    return highest * (at < peak ? 0.2f + 0.8f * at / peak : 1 - 0.93f * (at - peak) / (1 - peak));
  }
};

template <class Trainer>
void train(Trainer& trainer, cifar::images const& from, int seed, int steps) {
  learning const how{steps};
  std::mt19937 random(static_cast<unsigned>(seed));
  std::vector<int> order(static_cast<std::size_t>(from.size()));
  std::iota(order.begin(), order.end(), 0);
  std::vector<bool> is_mirrored(order.size());  // in the first pass, and in every other one
  for (std::size_t i = 0; i < order.size(); ++i) is_mirrored[i] = random() % 2;
  tensor<float, BENCH_BATCH, cifar::channels, cifar::side, cifar::side> x;
  tensor<std::int32_t, BENCH_BATCH> labels;
  auto shift = [&] { return static_cast<int>(random() % 5) - 2; };
  for (int step = 0, epoch = 0; step < steps; ++epoch) {
    std::shuffle(order.begin(), order.end(), random);
    for (std::size_t first = 0; first + BENCH_BATCH <= order.size() && step < steps; first += BENCH_BATCH, ++step) {
      for (int i = 0; i < BENCH_BATCH; ++i) {
        int const which = order[first + static_cast<std::size_t>(i)];
        cifar::view const seen{shift(), shift(), is_mirrored[static_cast<std::size_t>(which)] != (epoch % 2 == 1)};
        cifar::look_at(from.pixels(which), seen, x.data() + i * cifar::numbers_of_image);
        labels[i] = from.label(which);
      }
      trainer.optimizer.learning_rate = how.rate(step);
      static_cast<void>(trainer.step(x, labels));
    }
  }
}

/// The share of images whose class it says, from six views of each.
template <class Net>
double share_of_right(Net const& net, cifar::images const& of) {
  struct {
    cifar::view seen;
    float weight;
  } const views[] = {{{0, 0, false}, 0.25f},   {{0, 0, true}, 0.25f},   {{-1, -1, false}, 0.125f},
                     {{-1, -1, true}, 0.125f}, {{1, 1, false}, 0.125f}, {{1, 1, true}, 0.125f}};
  tensor<float, tested_at_once, cifar::channels, cifar::side, cifar::side> x;
  int right = 0;
  for (int first = 0; first < of.size(); first += tested_at_once) {
    int const count = std::min(tested_at_once, of.size() - first);  // behind them others remain
    std::vector<float> scores(static_cast<std::size_t>(tested_at_once) * 10);
    for (auto const& v : views) {
      for (int i = 0; i < count; ++i)
        cifar::look_at(of.pixels(first + i), v.seen, x.data() + i * cifar::numbers_of_image);
      auto const y = predict(net, x);
      for (std::size_t k = 0; k < scores.size(); ++k) scores[k] += v.weight * y.data()[k];
    }
    for (int i = 0; i < count; ++i) {
      auto const row = scores.begin() + i * 10;
      right += std::max_element(row, row + 10) - row == of.label(first + i);
    }
  }
  return static_cast<double>(right) / of.size();
}

}  // namespace

int main(int argc, char** argv) {
  return bench::main_of([&] {
    std::string const folder = argc > 1 ? argv[1] : ".";
    int const seeds = argc > 2 ? std::atoi(argv[2]) : 3;
    cifar::data const data(folder);
    if (!data.is_there())
      throw std::runtime_error("CIFAR-10's binary version is not in " + folder +
                               ": data_batch_1.bin to data_batch_5.bin and test_batch.bin, of "
                               "https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz");
    int const a_pass = data.train.size() / BENCH_BATCH;
    if (a_pass == 0) throw std::runtime_error("fewer images than a batch has");
    auto const where = bench::policy(1, argv);
    bench::say(where.describe().c_str());
    nesterov const rule{learning::highest, learning::momentum, learning::decay};
    constexpr auto loss = cross_entropy.with(label_smoothing<0.2>);
    double seconds = 0, shares = 0;
    for (int seed = 0; seed <= seeds; ++seed) {  // none counts
      double const start = bench::now();
      auto net = model(network, input<cifar::channels, cifar::side, cifar::side>, where, ashlar::seed{seed});
      set_filters(net, cifar::whitening_filters(data.train));
      auto trainer = make_trainer(net, loss, rule, batch<BENCH_BATCH>);
      train(trainer, data.train, seed, seed == 0 ? 2 : BENCH_EPOCHS * a_pass);
      double const share = share_of_right(net, data.test), took = bench::now() - start;
      if (seed == 0) continue;
      std::printf("seed %d: %.2f s, %.2f %%\n", seed, took, 100 * share);
      std::fflush(stdout);
      seconds += took / seeds;
      shares += share / seeds;
    }
    std::printf("mean: %.3f s, %.3f %%\n", seconds, 100 * shares);
  });
}
