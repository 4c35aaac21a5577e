// SPDX-License-Identifier: MIT
// Predictions of BENCH_NETWORK, from writing the input to reading the output; projections of the outputs are compared.
#include "program.hpp"

int main(int argc, char** argv) {
  return bench::main_of([&] {
    using namespace bench;
    auto const where = policy(argc, argv);
    auto net = ashlar::model(BENCH_NETWORK, BENCH_INPUT::input, where, ashlar::seed{1});
    set_parameters(net);
    using predictor = ashlar::predictor<decltype(net), BENCH_BATCH>;
    predictor predict(net);
    auto const inputs = BENCH_INPUT::all(of_inputs);
    say(where.describe().c_str());
    turns batch;
    auto run = [&] {
      auto const& input = inputs[batch.take()];
      std::memcpy(predict.input(0), input.data(), sizeof(float) * input.size());
      return predict.run(BENCH_BATCH);
    };
    int turn = 0;
    obey([&] { return projection(run(), BENCH_BATCH * predictor::output_sample::size, turn++); },
         [&](int times) { return seconds_of(times, run); });
  });
}
