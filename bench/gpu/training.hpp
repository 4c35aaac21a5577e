// SPDX-License-Identifier: MIT
#pragma once
#include <vector>

#include "dialog.hpp"

#include "../parameters.hpp"

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

template <class Net, class Input, class Inputs, class Labels, class Optimizer>
void train_on(int argc, char** argv, Net const& network, Input const& input, Inputs const& inputs, Labels const& labels,
              Optimizer const& optimizer) {
  auto const where = policy(argc, argv);
  auto net = ashlar::model(network, input, where, ashlar::seed{1});
  set_parameters(net);
  auto trainer = ashlar::make_trainer(net, ashlar::cross_entropy, optimizer, ashlar::batch<BENCH_BATCH>);
  say(where.describe().c_str());
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
       },
       between_waits);
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
    number_indices(labels, of_targets, classes);
    train_on(argc, argv, on_samples<Net, Sample...>{}, ashlar::input_of<std::int32_t>, which, labels, optimizer);
  });
}

/// Trains a network of text: each place's next token.
template <class Net, int Context, class Optimizer>
int train_on_text(int argc, char** argv, Net const& network, ashlar::input_type<std::int32_t, Context> const& input,
                  int tokens, Optimizer const& optimizer) {
  return main_of([&] {
    std::vector<ashlar::tensor<std::int32_t, BENCH_BATCH, Context>> text(batch_count), following(batch_count);
    number_indices(text, of_inputs, tokens);
    number_indices(following, of_targets, tokens);
    train_on(argc, argv, network, input, text, following, optimizer);
  });
}

}  // namespace bench
