// SPDX-License-Identifier: MIT
#pragma once
#include <cmath>
#include <string>
#include <vector>

#include "dialog.hpp"

#ifndef BENCH_BATCH
#define BENCH_BATCH 64
#endif

/// Training by cross entropy on batches of BENCH_BATCH samples.
namespace bench {

/// Samples that lie where the network runs, as its peers' do: a step is given the numbers of those that it takes.
template <int... Sample>
struct samples {
  static constexpr int count = batch_count * BENCH_BATCH;

  template <class V>
  constexpr auto operator()(V which) const {
    using namespace ashlar;
    return take(parameter<"samples", float, count, Sample...>(which, initial_constant<0.0>), which);
  }
};
template <class Net, int... Sample>
struct on_samples {
  template <class V>
  constexpr auto operator()(V which) const {
    using namespace ashlar;
    return named<"net">(Net{})(named<"data">(frozen(samples<Sample...>{}))(which));
  }
};

/// Where a parameter's numbers begin: of its name, FNV-1a.
inline std::uint32_t stream_of(std::string const& name) {
  std::uint32_t h = 2166136261u;
  for (char c : name) h = (h ^ static_cast<unsigned char>(c)) * 16777619u;
  return h;
}
/// Weights as He et al. begin (arXiv:1502.01852), those of normalisations near 1, biases near 0.
template <class Model>
void set_parameters(Model& net) {
  net.each_variable([&](ashlar::parameter_reference const& p, ashlar::detail::variable_info const&) {
    std::string const& name = p.name();
    bool const is_sample = name == "data.samples", is_vector = p.shape().rank == 1;
    if (name.find("running_") != std::string::npos || name.find("num_batches") != std::string::npos) return;
    double const fan_in = static_cast<double>(p.size() / p.shape()[0]);
    float const scale = is_sample ? 1.0f : is_vector ? 0.1f : static_cast<float>(std::sqrt(24 / fan_in));
    float const offset = is_sample ? 0.5f : is_vector && name.ends_with("weight") ? 1.0f : 0.0f;
    std::uint32_t const stream = is_sample ? 1000 : stream_of(name);
    std::vector<float> values(static_cast<std::size_t>(p.size()));
    for (std::size_t i = 0; i < values.size(); ++i)
      values[i] = number(static_cast<std::uint32_t>(i), stream) * scale + offset;
    p.write(values.data());
  });
}

template <class Net, class Input, class Inputs, class Labels, class Optimizer>
void train_on(int argc, char** argv, Net const& network, Input const& input, Inputs const& inputs, Labels const& labels,
              Optimizer const& optimizer) {
  auto const where = policy(argc, argv);
  auto net = ashlar::model(network, input, where, ashlar::seed{1});
  set_parameters(net);
  auto trainer = ashlar::make_trainer(net, ashlar::cross_entropy, optimizer, ashlar::batch<BENCH_BATCH>);
  std::puts(where.describe().c_str());
  std::fflush(stdout);
  int next = 0;
  auto step = [&] {
    int const k = next;
    next = (next + 1) % batch_count;
    return trainer.step(inputs[k], labels[k]);
  };
  obey([&] { return static_cast<float>(step()); },
       [&](int times) {
         double const start = now();
         for (int i = 1; i < times; ++i) static_cast<void>(step());
         static_cast<void>(static_cast<float>(step()));
         return now() - start;
       });
}

/// Labels from 0 to below `classes`, for tensors of any shape.
template <class Labels>
void number_labels(Labels& labels, std::uint32_t stream, int classes) {
  std::uint32_t i = 0;
  for (auto& batch : labels)
    for (std::int64_t k = 0; k < batch.size(); ++k)
      batch.data()[k] = static_cast<std::int32_t>((number(i++, stream) + 0.5f) * static_cast<float>(classes));
}

/// Trains a network of samples.
template <class Net, int... Sample, class Optimizer>
int train(int argc, char** argv, Net const&, ashlar::input_type<float, Sample...> const&, int classes,
          Optimizer const& optimizer) {
  return main_of([&] {
    using batch = ashlar::tensor<std::int32_t, BENCH_BATCH>;
    std::vector<batch> which(batch_count), labels(batch_count);
    for (int k = 0; k < batch_count; ++k)
      for (int i = 0; i < BENCH_BATCH; ++i) which[k].data()[i] = k * BENCH_BATCH + i;
    number_labels(labels, 1001, classes);
    train_on(argc, argv, on_samples<Net, Sample...>{}, ashlar::input_of<std::int32_t>, which, labels, optimizer);
  });
}

/// Trains a network of text: each place's next token.
template <class Net, int Context, class Optimizer>
int train_on_text(int argc, char** argv, Net const& network, ashlar::input_type<std::int32_t, Context> const& input,
                  int tokens, Optimizer const& optimizer) {
  return main_of([&] {
    std::vector<ashlar::tensor<std::int32_t, BENCH_BATCH, Context>> text(batch_count), following(batch_count);
    number_labels(text, 1000, tokens);
    number_labels(following, 1001, tokens);
    train_on(argc, argv, network, input, text, following, optimizer);
  });
}

}  // namespace bench
