// SPDX-License-Identifier: MIT
// Sequences of layers, and products of matrices, by PyTorch's C++ interface: one program for all rows, told by argv
// (layers.hpp). As in Python each step clears gradients, goes forward and back, and updates.
#include <torch/torch.h>

#include "layers.hpp"

namespace {

using namespace bench;

torch::Tensor numbers(std::vector<std::int64_t> const& extents, std::uint32_t stream, std::int64_t first) {
  torch::Tensor t = torch::empty(extents);
  fill_samples(t.data_ptr<float>(), t.numel(), stream, first);
  return t;
}
std::vector<torch::Tensor> batches(std::vector<std::int64_t> extents, std::int64_t batch, std::uint32_t stream) {
  extents.insert(extents.begin(), batch);
  std::vector<torch::Tensor> all;
  for (int k = 0; k < batch_count; ++k) {
    std::int64_t const size = c10::multiply_integers(extents);
    all.push_back(numbers(extents, stream, k * size));
  }
  return all;
}

torch::nn::Sequential built(described_network const& like) {
  torch::nn::Sequential net;
  auto extents = like.sample;
  int number = 0;
  for (layer const& l : like.layers) {
    if (l.kind == layer::conv) {
      net->push_back(torch::nn::Conv2d(torch::nn::Conv2dOptions(extents[0], l.outputs, l.kernel).padding(l.padding)));
      extents = {l.outputs, extents[1] + 2 * l.padding - l.kernel + 1, extents[2] + 2 * l.padding - l.kernel + 1};
    } else if (l.kind == layer::linear) {
      net->push_back(torch::nn::Linear(extents[0], l.outputs));
      extents = {l.outputs};
    } else if (l.kind == layer::pool) {
      net->push_back(torch::nn::MaxPool2d(2));
      extents = {extents[0], extents[1] / 2, extents[2] / 2};
    } else if (l.kind == layer::flatten) {
      net->push_back(torch::nn::Flatten());
      extents = {c10::multiply_integers(extents)};
    } else {
      net->push_back(torch::nn::ReLU());
    }
    torch::NoGradGuard without;
    for (auto& p : (*net)[static_cast<std::size_t>(number)]->named_parameters()) {
      torch::Tensor& t = p.value();
      float const scale = t.dim() == 1 ? vector_scale : weight_scale(t.numel() / t.size(0));
      auto const start = start_of(number, p.key().c_str(), t.numel(), scale);
      std::copy(start.begin(), start.end(), t.data_ptr<float>());
    }
    ++number;
  }
  return net;
}

void train(described_row const& row) {
  auto const like = network_of(row.network());
  auto net = built(like);
  auto const x = batches(like.sample, row.batch(), of_inputs);
  std::int64_t const outputs = like.layers.back().outputs;
  std::vector<torch::Tensor> y;
  if (row.by_mse()) {
    y = batches({outputs}, row.batch(), of_targets);
  } else {
    for (std::int64_t k = 0; k < batch_count; ++k) {
      y.push_back(torch::empty({row.batch()}, torch::kInt64));
      for (std::int64_t i = 0; i < row.batch(); ++i)
        y.back().data_ptr<std::int64_t>()[i] =
            index_number(static_cast<std::uint32_t>(k * row.batch() + i), of_targets, static_cast<int>(outputs));
    }
  }
  std::unique_ptr<torch::optim::Optimizer> optimizer;
  if (row.rule() == "sgd")
    optimizer = std::make_unique<torch::optim::SGD>(net->parameters(), torch::optim::SGDOptions(row.rate()));
  else
    optimizer = std::make_unique<torch::optim::Adam>(net->parameters(), torch::optim::AdamOptions(row.rate()));
  say(TORCH_VERSION);
  turns batch;
  auto step = [&] {
    auto const k = static_cast<std::size_t>(batch.take());
    optimizer->zero_grad();
    auto const z = net->forward(x[k]);
    auto loss = row.by_mse() ? torch::mse_loss(z, y[k]) : torch::nn::functional::cross_entropy(z, y[k]);
    loss.backward();
    optimizer->step();
    return loss;
  };
  obey([&] { return step().item<float>(); }, [&](int times) { return seconds_of(times, step); });
}

void infer(described_row const& row) {
  torch::InferenceMode guard;
  auto const like = network_of(row.network());
  auto net = built(like);
  net->eval();
  auto const x = batches(like.sample, row.batch(), of_inputs);
  say(TORCH_VERSION);
  turns batch;
  int turn = 0;
  auto predict = [&] { return net->forward(x[static_cast<std::size_t>(batch.take())]); };
  obey(
      [&] {
        auto const y = predict().contiguous();
        return projection(y.data_ptr<float>(), y.numel(), turn++);
      },
      [&](int times) { return seconds_of(times, predict); });
}

void gemm(described_row const& row) {
  torch::InferenceMode guard;
  auto const a = numbers({row.number(0), row.number(1)}, of_inputs, 0);
  auto const b = numbers({row.number(1), row.number(2)}, of_targets, 0);
  say(TORCH_VERSION);
  int turn = 0;
  obey(
      [&] {
        auto const c = torch::matmul(a, b);
        return projection(c.data_ptr<float>(), c.numel(), turn++);
      },
      [&](int times) { return seconds_of(times, [&] { torch::matmul(a, b); }); });
}

}  // namespace

int main(int argc, char** argv) {
  return main_of([&] {
    described_row const row(argc, argv);
    torch::set_num_threads(row.threads);
    row.task == "train" ? train(row) : row.task == "infer" ? infer(row) : gemm(row);
  });
}
