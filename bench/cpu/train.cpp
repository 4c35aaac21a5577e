// SPDX-License-Identifier: MIT
// Training steps of BENCH_NETWORK; their losses are compared.
#include "program.hpp"

int main(int argc, char** argv) {
  return bench::main_of([&] {
    using namespace bench;
    auto const where = policy(argc, argv);
    auto net = ashlar::model(BENCH_NETWORK, BENCH_INPUT::input, where, ashlar::seed{1});
    set_parameters(net);
    auto trainer = ashlar::make_trainer(net, BENCH_LOSS, BENCH_OPTIMIZER, ashlar::batch<BENCH_BATCH>);
    auto const inputs = BENCH_INPUT::all(of_inputs);
    auto const targets = BENCH_TARGET::all(of_targets);
    auto const plan =
        trainer.summary();  // of the program that runs: with Winograd's products where the policy has them
    say((where.describe() + "; moves " + std::to_string(plan.bytes_moved) + " bytes, at least " +
         std::to_string(plan.bytes_at_least))
            .c_str());
    turns batch;
    auto step = [&] {
      int const k = batch.take();
      return trainer.step(inputs[k], targets[k]);
    };
    obey(step, [&](int times) { return seconds_of(times, step); });
  });
}
