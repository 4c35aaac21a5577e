// SPDX-License-Identifier: MIT
// Dense layers of BENCH_WIDTHS, equal but for the first and the last, by RL-tools with OpenBLAS: Adam's steps by MSE or
// cross entropy (BENCH_LOSS), whose loop is ours; without BENCH_LOSS inference.
#define RL_TOOLS_BACKEND_ENABLE_OPENBLAS
#include <rl_tools/operations/cpu_mux.h>
//
#include <rl_tools/nn/optimizers/adam/instance/operations_generic.h>
//
#include <rl_tools/nn/operations_cpu_mux.h>
//
#include <rl_tools/nn/loss_functions/mse/operations_generic.h>
#include <rl_tools/nn_models/mlp/operations_generic.h>
//
#include <rl_tools/nn/optimizers/adam/operations_generic.h>

#include <algorithm>
#include <cmath>

#include "peer.hpp"

namespace {

using namespace bench;
namespace rlt = rl_tools;

constexpr int widths[] = {BENCH_WIDTHS};
constexpr int layers = static_cast<int>(sizeof(widths) / sizeof(int)) - 1;
constexpr int inputs = widths[0], outputs = widths[layers];

using device_type = rlt::devices::DEVICE_FACTORY<>;
using index = device_type::index_t;
using numbers = rlt::numeric_types::Policy<float>;
template <int... D>
using tensor = rlt::Tensor<rlt::tensor::Specification<float, index, rlt::tensor::Shape<index, D...>>>;

using activation = rlt::nn::activation_functions::ActivationFunction;
using shape = rlt::tensor::Shape<index, 1, BENCH_BATCH, inputs>;
using configuration = rlt::nn_models::mlp::Configuration<numbers, index, outputs, layers, widths[1], activation::RELU,
                                                         activation::IDENTITY>;

std::string version() { return std::string(RL_TOOLS_STRINGIFY(RL_TOOLS_COMMIT_HASH)).substr(0, 7) + " with OpenBLAS"; }

template <class Layer>
void set_parameters(Layer& layer, int number) {
  int const in = widths[number], out = widths[number + 1];
  auto const weight = start_of(2 * number, "weight", std::int64_t{in} * out, weight_scale(in));
  auto const bias = start_of(2 * number, "bias", out, vector_scale);
  std::copy(weight.begin(), weight.end(), layer.weights.parameters._data);
  std::copy(bias.begin(), bias.end(), layer.biases.parameters._data);
}
template <class Model>
void begin(device_type& device, Model& net) {
  rlt::malloc(device, net);
  set_parameters(net.input_layer, 0);
  for (int l = 0; l < layers - 2; ++l) set_parameters(net.hidden_layers[l], l + 1);
  set_parameters(net.output_layer, layers - 1);
}

#if defined(BENCH_LOSS)
enum losses { cross_entropy, mse };

/// The loss, and what it wants of the logits.
float compare(float const* z, float* d, std::int32_t const* labels) {
  float loss = 0;
  for (int r = 0; r < BENCH_BATCH; ++r, z += outputs, d += outputs) {
    float const largest = *std::max_element(z, z + outputs);
    float sum = 0;
    for (int c = 0; c < outputs; ++c) sum += d[c] = std::exp(z[c] - largest);
    for (int c = 0; c < outputs; ++c) d[c] /= sum * BENCH_BATCH;
    d[labels[r]] -= 1.0f / BENCH_BATCH;
    loss += std::log(sum) - (z[labels[r]] - largest);
  }
  return loss / BENCH_BATCH;
}

void run() {
  using capability = rlt::nn::capability::Gradient<rlt::nn::parameters::Adam>;
  using model = rlt::nn_models::mlp::NeuralNetwork<configuration, capability, shape>;
  using adam = rlt::nn::optimizers::Adam<rlt::nn::optimizers::adam::Specification<
      numbers, index, rlt::nn::optimizers::adam::DEFAULT_PARAMETERS_PYTORCH<numbers>>>;
  device_type device;
  auto random = device_type::SPEC::RANDOM::ENGINE<>{};
  static model net;
  static adam optimizer;
  static model::Buffer<> buffer;
  rlt::init(device);
  begin(device, net);
  rlt::malloc(device, optimizer);
  rlt::malloc(device, buffer);
  rlt::malloc(device, random);
  optimizer.parameters.alpha = BENCH_RATE;
  optimizer.parameters.epsilon_sqrt = 0;
  rlt::reset_optimizer_state(device, optimizer, net);
  static tensor<1, BENCH_BATCH, inputs> x[batch_count];
  static tensor<1, BENCH_BATCH, outputs> wanted[batch_count], change;
  std::vector<std::int32_t> labels(batch_count * BENCH_BATCH);
  for (int k = 0; k < batch_count; ++k) {
    rlt::malloc(device, x[k]);
    rlt::malloc(device, wanted[k]);
    fill_samples(x[k]._data, BENCH_BATCH * inputs, of_inputs, k * BENCH_BATCH * inputs);
    fill_samples(wanted[k]._data, BENCH_BATCH * outputs, of_targets, k * BENCH_BATCH * outputs);
  }
  rlt::malloc(device, change);
  for (std::size_t i = 0; i < labels.size(); ++i)
    labels[i] = index_number(static_cast<std::uint32_t>(i), of_targets, outputs);
  say(version().c_str());
  int next = 0;
  auto step = [&] {
    int const k = next;
    next = (next + 1) % batch_count;
    rlt::zero_gradient(device, net);
    rlt::forward(device, net, x[k], buffer, random);
    auto result = rlt::output(device, net);
    float loss;
    if constexpr (BENCH_LOSS == mse) {
      auto y = rlt::matrix_view(device, result), w = rlt::matrix_view(device, wanted[k]),
           d = rlt::matrix_view(device, change);
      loss = rlt::nn::loss_functions::mse::evaluate(device, y, w);
      rlt::nn::loss_functions::mse::gradient(device, y, w, d, 1.0f);
    } else {
      loss = compare(result._data, change._data, labels.data() + k * BENCH_BATCH);
    }
    rlt::backward(device, net, x[k], change, buffer);
    rlt::step(device, optimizer, net);
    return loss;
  };
  obey(step, [&](int times) { return seconds_of(times, step); });
}
#else
void run() {
  using model = rlt::nn_models::mlp::NeuralNetwork<configuration, rlt::nn::capability::Forward<>, shape>;
  device_type device;
  auto random = device_type::SPEC::RANDOM::ENGINE<>{};
  static model net;
  static model::Buffer<> buffer;
  rlt::init(device);
  begin(device, net);
  rlt::malloc(device, buffer);
  rlt::malloc(device, random);
  static tensor<1, BENCH_BATCH, inputs> x[batch_count];
  static tensor<1, BENCH_BATCH, outputs> y;
  rlt::malloc(device, y);
  for (int k = 0; k < batch_count; ++k) {
    rlt::malloc(device, x[k]);
    fill_samples(x[k]._data, BENCH_BATCH * inputs, of_inputs, k * BENCH_BATCH * inputs);
  }
  say(version().c_str());
  int next = 0, turn = 0;
  auto predict = [&] {
    rlt::evaluate(device, net, x[next], y, buffer, random);
    next = (next + 1) % batch_count;
  };
  obey(
      [&] {
        predict();
        return projection(y._data, BENCH_BATCH * outputs, turn++);
      },
      [&](int times) { return seconds_of(times, predict); });
}
#endif

}  // namespace

int main(int argc, char** argv) {
  threads_of(argc, argv);
  return main_of(run);
}
