// SPDX-License-Identifier: MIT
// Sequences of layers by tiny-dnn, with its AVX kernels where it has them: one program for all rows, told by argv
// (layers.hpp), with BENCH_THREADS=1 without its pool. It trains by whole epochs, so a step is an epoch of one batch;
// it has no loss on the way, which is asked for before the step where losses are compared.
#define CNN_USE_AVX
#if defined(BENCH_THREADS) && BENCH_THREADS == 1
#define CNN_SINGLE_THREAD
#endif
#include <tiny_dnn/tiny_dnn.h>

#include <algorithm>

#include "layers.hpp"

namespace {

using namespace bench;
using namespace tiny_dnn;

/// The numbers of a dense weight, which tiny-dnn has as [inputs, outputs].
vec_t turned(std::vector<float> const& weight, std::int64_t inputs, std::int64_t outputs) {
  vec_t t(weight.size());
  for (std::int64_t o = 0; o < outputs; ++o)
    for (std::int64_t i = 0; i < inputs; ++i)
      t[static_cast<std::size_t>(i * outputs + o)] = weight[static_cast<std::size_t>(o * inputs + i)];
  return t;
}

/// Adds layer l, with its activation inside as tiny-dnn has it; returns the extents of its results.
template <class Activation>
std::vector<std::int64_t> add(network<sequential>& net, bench::layer const& l, std::vector<std::int64_t> const& from) {
  auto const size = [](std::int64_t n) { return static_cast<std::size_t>(n); };
  if (l.kind == bench::layer::linear) {
    net << fully_connected_layer<Activation>(size(from[0]), size(l.outputs));
    return {l.outputs};
  }
  net << convolutional_layer<Activation>(size(from[2]), size(from[1]), size(l.kernel), size(from[0]), size(l.outputs),
                                         l.padding ? padding::same : padding::valid);
  std::int64_t const lost = l.padding ? 0 : l.kernel - 1;
  return {l.outputs, from[1] - lost, from[2] - lost};
}

void build(network<sequential>& net, described_network const& like, bool classifies) {
  auto extents = like.sample;
  std::vector<std::vector<vec_t>> starts;
  for (std::size_t k = 0; k < like.layers.size(); ++k) {
    bench::layer const& l = like.layers[k];
    if (l.kind == bench::layer::pool) {
      net << max_pooling_layer<activation::identity>(static_cast<std::size_t>(extents[2]),
                                                     static_cast<std::size_t>(extents[1]),
                                                     static_cast<std::size_t>(extents[0]), 2);
      extents = {extents[0], extents[1] / 2, extents[2] / 2};
      starts.emplace_back();
    } else if (l.kind == bench::layer::flatten) {
      extents = {extents[0] * extents[1] * extents[2]};
    } else if (l.outputs) {
      bool const conv = l.kind == bench::layer::conv;
      std::int64_t const inputs = conv ? extents[0] * l.kernel * l.kernel : extents[0];
      auto const weight = start_of(static_cast<int>(k), "weight", l.outputs * inputs, weight_scale(inputs));
      auto const bias = start_of(static_cast<int>(k), "bias", l.outputs, vector_scale);
      starts.push_back({conv ? vec_t(weight.begin(), weight.end()) : turned(weight, inputs, l.outputs),
                        vec_t(bias.begin(), bias.end())});
      bool const last = k + 1 == like.layers.size();
      extents = !last        ? add<activation::relu>(net, l, extents)
                : classifies ? add<activation::softmax>(net, l, extents)
                             : add<activation::identity>(net, l, extents);
    }
  }
  net.init_weight();
  for (std::size_t k = 0; k < starts.size(); ++k)
    for (std::size_t p = 0; p < starts[k].size(); ++p) *net[k]->weights()[p] = starts[k][p];
}

std::vector<vec_t> batch_of(described_network const& like, std::int64_t batch, int k) {
  std::int64_t size = 1;
  for (std::int64_t extent : like.sample) size *= extent;
  std::vector<vec_t> rows(static_cast<std::size_t>(batch), vec_t(static_cast<std::size_t>(size)));
  for (std::int64_t r = 0; r < batch; ++r)
    fill_samples(rows[static_cast<std::size_t>(r)].data(), size, of_inputs, (k * batch + r) * size);
  return rows;
}

void train(described_row const& row) {
  auto const like = network_of(row.network());
  network<sequential> net;
  build(net, like, true);
  std::vector<std::vector<vec_t>> x;
  std::vector<std::vector<label_t>> y(batch_count);
  for (int k = 0; k < batch_count; ++k) {
    x.push_back(batch_of(like, row.batch(), k));
    for (std::int64_t i = 0; i < row.batch(); ++i)
      y[static_cast<std::size_t>(k)].push_back(static_cast<label_t>(index_number(
          static_cast<std::uint32_t>(k * row.batch() + i), of_targets, static_cast<int>(like.layers.back().outputs))));
  }
  gradient_descent optimizer;
  optimizer.alpha = row.rate();
  say("1.0.0a3");
  turns batch;
  auto fit = [&](std::size_t k) {
    net.train<cross_entropy_multiclass>(
        optimizer, x[k], y[k], static_cast<std::size_t>(row.batch()), 1, [] {}, [] {}, false, row.threads);
  };
  obey(
      [&] {
        auto const k = static_cast<std::size_t>(batch.take());
        double loss = 0;
        for (std::size_t i = 0; i < x[k].size(); ++i)
          loss -= std::log(static_cast<double>(net.predict(x[k][i])[y[k][i]]));
        fit(k);
        return loss / static_cast<double>(x[k].size());
      },
      [&](int times) { return seconds_of(times, [&] { fit(static_cast<std::size_t>(batch.take())); }); });
}

void infer(described_row const& row) {
  auto const like = network_of(row.network());
  network<sequential> net;
  build(net, like, false);
  net.set_netphase(net_phase::test);
  std::vector<vec_t> x;
  for (int k = 0; k < batch_count; ++k) x.push_back(batch_of(like, 1, k)[0]);
  say("1.0.0a3");
  turns batch;
  int turn = 0;
  auto predict = [&] { return net.predict(x[static_cast<std::size_t>(batch.take())]); };
  obey(
      [&] {
        vec_t const y = predict();
        return projection(y.data(), static_cast<std::int64_t>(y.size()), turn++);
      },
      [&](int times) { return seconds_of(times, predict); });
}

}  // namespace

int main(int argc, char** argv) {
  return main_of([&] {
    described_row const row(argc, argv);
    row.task == "train" ? train(row) : infer(row);
  });
}
