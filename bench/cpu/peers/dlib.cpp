// SPDX-License-Identifier: MIT
// The networks of two dense layers, of three, and LeNet, by dlib: SGD's or Adam's steps by cross entropy, or
// predictions. One program for all rows, told by argv (layers.hpp). Steps are taken as dlib's trainer takes them,
// without its threads and its bookkeeping.
#include <dlib/dnn.h>
#include <dlib/revision.h>

#include "layers.hpp"

namespace {

using namespace bench;

template <class Below>
using plain_5x5 = dlib::add_layer<dlib::con_<16, 5, 5, 1, 1, 0, 0>, Below>;
using image = dlib::input<dlib::matrix<float>>;

using mlp128 = dlib::loss_multiclass_log<dlib::fc<10, dlib::relu<dlib::fc<128, image>>>>;
using features =
    dlib::max_pool<2, 2, 2, 2,
                   dlib::relu<plain_5x5<dlib::max_pool<2, 2, 2, 2, dlib::relu<dlib::con<6, 5, 5, 1, 1, image>>>>>>;
using lenet = dlib::loss_multiclass_log<dlib::fc<10, dlib::relu<dlib::fc<84, dlib::relu<dlib::fc<120, features>>>>>>;

dlib::resizable_tensor batch_of(described_network const& like, std::int64_t batch, int k) {
  bool const flat = like.sample.size() == 1;
  dlib::resizable_tensor x;
  x.set_size(batch, like.sample[0], flat ? 1 : like.sample[1], flat ? 1 : like.sample[2]);
  fill_samples(x.host(), static_cast<std::int64_t>(x.size()), of_inputs, k * static_cast<std::int64_t>(x.size()));
  return x;
}

/// Once the first batch has shown a network its sizes: dlib has dense weights as [inputs, outputs], the bias behind
/// them.
template <class Net>
void set_parameters(Net& net, described_network const& like) {
  std::vector<int> numbers;  // of layers with parameters
  for (std::size_t k = 0; k < like.layers.size(); ++k)
    if (like.layers[k].outputs) numbers.push_back(static_cast<int>(k));
  dlib::visit_layer_parameters(net, [&](std::size_t, dlib::tensor& p) {  // the last layer first
    if (p.size() == 0) return;
    int const number = numbers.back();
    numbers.pop_back();
    bench::layer const& l = like.layers[static_cast<std::size_t>(number)];
    std::int64_t const inputs = (static_cast<std::int64_t>(p.size()) - l.outputs) / l.outputs;
    auto const weight = start_of(number, "weight", l.outputs * inputs, weight_scale(inputs));
    auto const bias = start_of(number, "bias", l.outputs, vector_scale);
    float* to = p.host();
    if (l.kind == bench::layer::conv) {
      std::copy(weight.begin(), weight.end(), to);
    } else {
      for (std::int64_t o = 0; o < l.outputs; ++o)
        for (std::int64_t i = 0; i < inputs; ++i)
          to[i * l.outputs + o] = weight[static_cast<std::size_t>(o * inputs + i)];
    }
    std::copy(bias.begin(), bias.end(), to + inputs * l.outputs);
  });
}
/// A network that has seen a batch, which is when it makes its parameters, and has ours.
template <class Net>
Net& begun(described_network const& like, dlib::resizable_tensor const& x) {
  static Net net;
  std::vector<dlib::matrix<float>> const one(1, dlib::zeros_matrix<float>(28, 28));
  dlib::resizable_tensor unused;  // it wants to have converted a sample once
  net.to_tensor(one.begin(), one.end(), unused);
  net.subnet().forward(x);
  set_parameters(net, like);
  return net;
}
std::string version() {
  return std::to_string(DLIB_MAJOR_VERSION) + "." + std::to_string(DLIB_MINOR_VERSION) + "." +
         std::to_string(DLIB_PATCH_VERSION);
}

template <class Net>
void train(described_row const& row) {
  auto const like = network_of(row.network());
  std::vector<dlib::resizable_tensor> x;
  std::vector<std::vector<unsigned long>> y(batch_count);
  for (int k = 0; k < batch_count; ++k) {
    x.push_back(batch_of(like, row.batch(), k));
    for (std::int64_t i = 0; i < row.batch(); ++i)
      y[static_cast<std::size_t>(k)].push_back(static_cast<unsigned long>(index_number(
          static_cast<std::uint32_t>(k * row.batch() + i), of_targets, static_cast<int>(like.layers.back().outputs))));
  }
  Net& net = begun<Net>(like, x[0]);
  std::vector<dlib::sgd> solvers(Net::num_computational_layers, dlib::sgd(0, 0));
  say(version().c_str());
  turns batch;
  auto step = [&] {
    auto const k = static_cast<std::size_t>(batch.take());
    double const loss = net.compute_parameter_gradients(x[k], y[k].begin());
    net.update_parameters(solvers, static_cast<double>(row.rate()));
    return loss;
  };
  obey(step, [&](int times) { return seconds_of(times, step); });
}

template <class Net>
void infer(described_row const& row) {
  auto const like = network_of(row.network());
  std::vector<dlib::resizable_tensor> x;
  for (int k = 0; k < batch_count; ++k) x.push_back(batch_of(like, row.batch(), k));
  Net& net = begun<Net>(like, x[0]);
  say(version().c_str());
  turns batch;
  int turn = 0;
  auto predict = [&] { return net.subnet().forward(x[static_cast<std::size_t>(batch.take())]).host(); };
  obey([&] { return projection(predict(), row.batch() * like.layers.back().outputs, turn++); },
       [&](int times) { return seconds_of(times, predict); });
}

template <class Net>
void run(described_row const& row) {
  row.task == "infer" ? infer<Net>(row) : train<Net>(row);
}

}  // namespace

int main(int argc, char** argv) {
  return main_of([&] {
    described_row const row(argc, argv);
    row.network() == "lenet" ? run<lenet>(row) : run<mlp128>(row);
  });
}
