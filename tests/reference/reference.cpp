// SPDX-License-Identifier: MIT
// What PyTorch computes on the same numbers, by compiled kernels; the other files of this folder ask the oracle.
#include <ashlar/anywhere.hpp>

#include "reference/cases.hpp"

using namespace ashlar;
using namespace reference;

namespace {

// A parameter in the shape of a whole batch, added to what comes in or multiplied with it. A layer between the two, in
// one step of sgd with learning rate 1 on the sum of everything, shows all there is: each parameter moves by its
// gradient. The first's is the gradient for the layer's input; the second is the gradient that comes into the layer,
// and its own gradient is the layer's output.
template <int... D>
struct held_input : detail::layer<held_input<D...>> {
  template <detail::any_value X>
  static constexpr auto apply(X x) {
    return x + detail::parameter<float, D...>(*x.g, "held", {});
  }
};
template <int... D>
struct held_upstream : detail::layer<held_upstream<D...>> {
  template <detail::any_value X>
  static constexpr auto apply(X x) {
    return x * detail::parameter<float, D...>(*x.g, "held", {});
  }
};
constexpr auto total = [](auto net, auto x) { return sum(net(x)); };

// What the file calls a variable of the three layers, and its gradient.
std::string field_of(std::string const& name) {
  return name == "0.held" ? "input" : name == "2.held" ? "upstream" : name.substr(2);
}
std::string result_of(std::string const& name) {
  return name == "0.held" ? "grad_input" : name == "2.held" ? "output" : "grad_" + name.substr(2);
}

template <int... D>
struct extents {};

template <int B, int... D, int... Y, class Layer>
void check_layer(std::string const& name, Layer const& layer, extents<B, D...>, extents<Y...>) {
  auto const network = held_input<B, D...>{} | layer | held_upstream<Y...>{};
  auto const spec = input<(D ? 1 : 1)...>;
  model<std::remove_const_t<decltype(network)>, std::remove_const_t<decltype(spec)>, std::remove_const_t<decltype(cpu)>,
        no_target_type>
      net(network, spec, no_target, cpu, seed{1});
  net.each_variable([&](auto const& p, auto const&) {
    if (p.type() == dtype::float32) read(p, name + "." + field_of(p.name()));
  });
  auto const before = net;
  make_trainer(net, total, sgd{.learning_rate = 1}, batch<B>).step(tensor<float, B, (D ? 1 : 1)...>());
  net.each_variable([&](auto const& p, auto const&) {
    if (p.type() == dtype::int64) {
      CHECK(tensor<std::int64_t>(p) == 1);
    } else if (p.name().starts_with("1.running_")) {
      compare(p, name + ".after_" + field_of(p.name()));
    } else {
      std::vector<float> moved = proof::elements_of<float>(p);
      std::vector<float> const then = proof::elements_of<float>(before.parameter(p.name()));
      for (std::size_t i = 0; i < moved.size(); ++i) moved[i] = then[i] - moved[i];
      compare(moved.data(), p.shape(), name + "." + result_of(p.name()));
    }
  });
}

// batch_norm with its running statistics.
template <int B, int... D>
void check_prediction(std::string const& name, extents<B, D...>) {
  auto net = model(batch_norm, input<D...>, cpu, seed{1});
  for (auto field : {"weight", "bias", "running_mean", "running_var"})
    read(net.parameter(std::string("0.") + field), name + "." + field);
  compare(predict(net, floats<B, D...>(name + ".input")), name + ".eval_output");
}

// f, and its gradients where its outputs are weighted by `upstream`.
constexpr auto probe1 = [](auto f, auto x, auto upstream) {
  return std::tuple{f(x), grad<0>([=](auto a) { return sum(f(a) * upstream); })(x)};
};
constexpr auto probe2 = [](auto f, auto x, auto y, auto upstream) {
  auto const d = grad<0, 1>([=](auto a, auto b) { return sum(f(a, b) * upstream); })(x, y);
  return std::tuple{f(x, y), std::get<0>(d), std::get<1>(d)};
};
template <class Results>
void compare_results(Results const& results, std::string const& name) {
  compare(std::get<0>(results), name + ".output");
  compare(std::get<1>(results), name + ".grad0");
  if constexpr (std::tuple_size_v<Results> == 3) compare(std::get<2>(results), name + ".grad1");
}
// One function of one tensor.
template <class F, int... D, int... Y>
void check_unary(std::string const& name, F, extents<D...>, extents<Y...>) {
  compare_results(evaluate(
                      cpu, [](auto x, auto upstream) { return probe1(F{}, x, upstream); },
                      floats<D...>(name + ".input0"), floats<Y...>(name + ".upstream")),
                  name);
}

template <class Net, class Objective, class Optimizer, class Step>
void check_training(std::string const& name, Net& net, Objective const& objective, Optimizer const& optimizer,
                    Step const& step_on) {
  net.each_variable([&](auto const& p, auto const&) { read(p, name + ".before." + p.name()); });
  auto trainer = make_trainer(net, objective, optimizer, batch<6>);
  tensor<float, 5> losses;
  for (int step = 0; step < 5; ++step) losses[step] = step_on(trainer, step);
  compare(losses, name + ".losses");
  net.each_variable([&](auto const& p, auto const&) {
    if (p.type() == dtype::float32)
      compare(p, name + ".after." + p.name());
    else
      CHECK(tensor<std::int64_t>(p) == stored<std::int64_t>(name + ".after." + p.name()));
  });
}
template <class Objective, class Optimizer>
void check_mlp(std::string const& name, Objective const& objective, Optimizer const& optimizer) {
  auto net = model(linear<5> | tanh | linear<3>, input<4>, cpu, seed{1});
  auto const x = floats<6, 4>(name + ".input");
  auto const labels = stored<std::int32_t, 6>(name + ".labels");
  check_training(name, net, objective, optimizer, [&](auto& trainer, int) { return trainer.step(x, labels); });
}
template <int N>
float step_on_first(auto& trainer, tensor<float, 4, 1, 4, 4> const& x, tensor<std::int32_t, 4> const& labels) {
  return trainer.step(tensor<float, N, 1, 4, 4>(x.view().slice<0, N>(0)),
                      tensor<std::int32_t, N>(labels.view().slice<0, N>(0)));
}
void check_cnn(std::string const& name, std::vector<int> const& rows) {
  auto net = model(conv2d<3, 3, padding<1>> | batch_norm | relu | max_pool2d<2> | flatten | linear<3>, input<1, 4, 4>,
                   cpu, seed{1});
  auto const x = floats<4, 1, 4, 4>(name + ".input");
  auto const labels = stored<std::int32_t, 4>(name + ".labels");
  check_training(name, net, cross_entropy, sgd{.learning_rate = 0.1f, .momentum = 0.9f}, [&](auto& trainer, int step) {
    switch (rows[static_cast<std::size_t>(step)]) {
      case 1: return step_on_first<1>(trainer, x, labels);
      case 2: return step_on_first<2>(trainer, x, labels);
      case 3: return step_on_first<3>(trainer, x, labels);
      default: return step_on_first<4>(trainer, x, labels);
    }
  });
}

constexpr auto penalised = [](auto net, auto x, auto label) {
  auto loss = [=](auto image) { return cross_entropy(net(image), label); };
  return loss(x) + 0.5f * sum(square(grad<0>(loss)(x)));
};

}  // namespace

TEST_CASE("conv2d gives PyTorch's output and gradients") {
  check_layer("conv2d_odd", conv2d<3, 3>, extents<2, 2, 7, 5>{}, extents<2, 3, 5, 3>{});
  check_layer("conv2d_stride", conv2d<2, 3, stride<2>>, extents<2, 3, 7, 7>{}, extents<2, 2, 3, 3>{});
  check_layer("conv2d_padding", conv2d<4, 3, padding<1>>, extents<3, 1, 5, 5>{}, extents<3, 4, 5, 5>{});
  check_layer("conv2d_both", conv2d<3, 3, stride<2, 1>, padding<1, 2>>, extents<2, 2, 6, 9>{}, extents<2, 3, 3, 11>{});
  check_layer("conv2d_even", conv2d<5, 2, stride<3>>, extents<3, 3, 8, 7>{}, extents<3, 5, 3, 2>{});
  check_layer("conv2d_pointwise", conv2d<3, 1>, extents<2, 5, 3, 4>{}, extents<2, 3, 3, 4>{});
}

TEST_CASE("linear gives PyTorch's output and gradients") {
  check_layer("linear_2d", linear<5>, extents<3, 7>{}, extents<3, 5>{});
  check_layer("linear_3d", linear<3>, extents<2, 4, 5>{}, extents<2, 4, 3>{});
}

TEST_CASE("pooling gives PyTorch's output and gradient") {
  check_layer("max_pool2d_2", max_pool2d<2>, extents<2, 3, 6, 5>{}, extents<2, 3, 3, 2>{});
  check_layer("max_pool2d_3", max_pool2d<3, stride<2>, padding<1>>, extents<2, 2, 7, 9>{}, extents<2, 2, 4, 5>{});
  check_unary(
      "global_avg_pool", [](auto x) { return global_avg_pool(x); }, extents<3, 4, 5, 3>{}, extents<3, 4>{});
}

TEST_CASE("batch_norm gives PyTorch's output, gradients and running statistics, in training and in prediction") {
  check_layer("batch_norm_flat", batch_norm, extents<6, 5>{}, extents<6, 5>{});
  check_layer("batch_norm_sequence", batch_norm, extents<4, 3, 5>{}, extents<4, 3, 5>{});
  check_layer("batch_norm_image", batch_norm, extents<4, 3, 3, 5>{}, extents<4, 3, 3, 5>{});
  check_prediction("batch_norm_flat", extents<6, 5>{});
  check_prediction("batch_norm_sequence", extents<4, 3, 5>{});
  check_prediction("batch_norm_image", extents<4, 3, 3, 5>{});
}

TEST_CASE("layer_norm gives PyTorch's output and gradients") {
  check_layer("layer_norm", layer_norm, extents<4, 9>{}, extents<4, 9>{});
  check_layer("layer_norm_3d", layer_norm, extents<2, 3, 6>{}, extents<2, 3, 6>{});
}

TEST_CASE("pointwise functions give PyTorch's values and gradients") {
  constexpr extents<3, 7> s;
  check_unary(
      "tanh", [](auto x) { return tanh(x); }, s, s);
  check_unary(
      "sigmoid", [](auto x) { return sigmoid(x); }, s, s);
  check_unary(
      "relu", [](auto x) { return relu(x); }, s, s);
  check_unary(
      "exp", [](auto x) { return exp(x); }, s, s);
  check_unary(
      "log", [](auto x) { return log(x); }, s, s);
  check_unary(
      "sqrt", [](auto x) { return sqrt(x); }, s, s);
  check_unary(
      "rsqrt", [](auto x) { return rsqrt(x); }, s, s);
  check_unary(
      "abs", [](auto x) { return abs(x); }, s, s);
  check_unary(
      "permute", [](auto x) { return permute<2, 0, 1>(x); }, extents<2, 3, 4>{}, extents<4, 2, 3>{});
}

TEST_CASE("functions of two tensors, broadcast where shapes differ, give PyTorch's values and gradients") {
  auto check = [](std::string const& name, auto f, auto const& a, auto const& b, auto const& upstream) {
    using F = decltype(f);
    auto probe = [](auto x, auto y, auto u) { return probe2(F{}, x, y, u); };
    compare_results(evaluate(cpu, probe, a, b, upstream), name);
  };
  auto larger = [](auto a, auto b) { return maximum(a, b); };
  auto product = [](auto a, auto b) { return matmul(a, b); };
  auto with = [&]<int... A, int... B, int... Y>(std::string const& name, auto f, extents<A...>, extents<B...>,
                                                extents<Y...>) {
    check(name, f, floats<A...>(name + ".input0"), floats<B...>(name + ".input1"), floats<Y...>(name + ".upstream"));
  };
  with("maximum", larger, extents<4, 5>{}, extents<4, 5>{}, extents<4, 5>{});
  with(
      "minimum", [](auto a, auto b) { return minimum(a, b); }, extents<4, 5>{}, extents<4, 5>{}, extents<4, 5>{});
  with("maximum_broadcast", larger, extents<4, 5>{}, extents<5>{}, extents<4, 5>{});
  with("maximum_ties", larger, extents<2, 4>{}, extents<2, 4>{}, extents<2, 4>{});
  with(
      "broadcast_row", [](auto a, auto b) { return a * b + b; }, extents<3, 4>{}, extents<4>{}, extents<3, 4>{});
  with(
      "broadcast_both", [](auto a, auto b) { return a * b - a; }, extents<3, 1, 5>{}, extents<1, 4, 1>{},
      extents<3, 4, 5>{});
  with(
      "divide", [](auto a, auto b) { return a / b; }, extents<3, 4>{}, extents<3, 1>{}, extents<3, 4>{});
  with("matmul_2d", product, extents<3, 5>{}, extents<5, 4>{}, extents<3, 4>{});
  with("matmul_odd", product, extents<1, 17>{}, extents<17, 33>{}, extents<1, 33>{});
  with("matmul_batched", product, extents<2, 3, 5>{}, extents<2, 5, 4>{}, extents<2, 3, 4>{});
  with("mse", mse, extents<4, 3>{}, extents<4, 3>{}, extents<>{});
}

TEST_CASE("reductions give PyTorch's values and gradients, ties included") {
  constexpr extents<2, 3, 5> s;
  check_unary(
      "sum_all", [](auto x) { return sum(x); }, s, extents<>{});
  check_unary(
      "sum_last", [](auto x) { return sum(x, axes<-1>); }, s, extents<2, 3>{});
  check_unary(
      "sum_first_last", [](auto x) { return sum(x, axes<0, 2>); }, s, extents<3>{});
  check_unary(
      "mean_first", [](auto x) { return mean(x, axes<0>); }, s, extents<3, 5>{});
  check_unary(
      "mean_middle", [](auto x) { return mean(x, axes<1>); }, s, extents<2, 5>{});
  check_unary(
      "max_last", [](auto x) { return max(x, axes<-1>); }, s, extents<2, 3>{});
  check_unary(
      "max_first", [](auto x) { return max(x, axes<0>); }, s, extents<3, 5>{});
  check_unary(
      "max_all", [](auto x) { return max(x); }, s, extents<>{});
  check_unary(
      "max_ties", [](auto x) { return max(x, axes<1>); }, extents<2, 4>{}, extents<2>{});
}

TEST_CASE("softmax, log_softmax and cross_entropy give PyTorch's values and gradients") {
  check_unary(
      "softmax", [](auto x) { return softmax(x); }, extents<4, 6>{}, extents<4, 6>{});
  check_unary(
      "log_softmax", [](auto x) { return log_softmax(x); }, extents<4, 6>{}, extents<4, 6>{});
  check_unary(
      "log_softmax_3d", [](auto x) { return log_softmax(x); }, extents<2, 3, 5>{}, extents<2, 3, 5>{});
  auto loss = [](auto logits, auto labels) {
    return std::tuple{cross_entropy(logits, labels),
                      grad<0>([](auto x, auto y) { return 1.5f * cross_entropy(x, y); })(logits, labels)};
  };
  compare_results(
      evaluate(cpu, loss, floats<5, 4>("cross_entropy.input0"), stored<std::int32_t, 5>("cross_entropy.labels")),
      "cross_entropy");
  compare_results(evaluate(cpu, loss, floats<2, 3, 4>("cross_entropy_3d.input0"),
                           stored<std::int32_t, 2, 3>("cross_entropy_3d.labels")),
                  "cross_entropy_3d");
}

TEST_CASE("gradients of gradients are PyTorch's") {
  auto of_tanh = [](auto x, auto w) {
    auto first = grad<0>([](auto a, auto b) { return sum(square(tanh(matmul(a, b)))); });
    auto size = [=](auto a, auto b) { return sum(square(first(a, b))); };
    auto const d = grad<0, 1>(size)(x, w);
    return std::tuple{size(x, w), std::get<0>(d), std::get<1>(d), first(x, w)};
  };
  auto const t =
      evaluate(cpu, of_tanh, floats<3, 4>("gradient_of_gradient.input0"), floats<4, 5>("gradient_of_gradient.input1"));
  compare(std::get<0>(t), "gradient_of_gradient.output");
  compare(std::get<1>(t), "gradient_of_gradient.grad0");
  compare(std::get<2>(t), "gradient_of_gradient.grad1");
  compare(std::get<3>(t), "gradient_of_gradient.first");

  auto of_softmax = [](auto x, auto upstream) {
    auto first = grad<0>([=](auto a) { return sum(log_softmax(sigmoid(a) * 3) * upstream); });
    auto size = [=](auto a) { return sum(square(first(a))); };
    return std::tuple{size(x), grad<0>(size)(x), first(x)};
  };
  auto const s = evaluate(cpu, of_softmax, floats<3, 4>("gradient_of_softmax_gradient.input0"),
                          floats<3, 4>("gradient_of_softmax_gradient.upstream"));
  compare(std::get<0>(s), "gradient_of_softmax_gradient.output");
  compare(std::get<1>(s), "gradient_of_softmax_gradient.grad0");
  compare(std::get<2>(s), "gradient_of_softmax_gradient.first");
}

TEST_CASE("five steps of each optimizer arrive at PyTorch's parameters") {
  check_mlp("sgd", cross_entropy, sgd{.learning_rate = 0.1f});
  check_mlp("sgd_momentum", cross_entropy, sgd{.learning_rate = 0.1f, .momentum = 0.9f});
  check_mlp("sgd_weight_decay", cross_entropy, sgd{.learning_rate = 0.1f, .weight_decay = 0.25f});
  check_mlp("sgd_both", cross_entropy, sgd{.learning_rate = 0.1f, .momentum = 0.5f, .weight_decay = 0.25f});
  check_mlp("adam", cross_entropy, adam{.learning_rate = 0.01f});
  check_mlp("adam_weight_decay", cross_entropy, adam{.learning_rate = 0.01f, .weight_decay = 0.25f});
  check_mlp("adamw", cross_entropy, adamw{.learning_rate = 0.01f, .weight_decay = 0.25f});
}

TEST_CASE("training with a penalty on the gradient by the input arrives at PyTorch's parameters") {
  check_mlp("gradient_penalty", penalised, sgd{.learning_rate = 0.1f});
}

TEST_CASE("training a network of all kinds of layers on full and partial batches arrives at PyTorch's parameters") {
  check_cnn("cnn", {4, 4, 4, 4, 4});
  check_cnn("partial_batches", {3, 4, 1, 2, 3});
}

TEST_CASE("a state_dict of PyTorch loads by its names and predicts as it does there") {
  auto net = model(conv2d<4, 3, stride<2>, padding<1>> | batch_norm | relu | max_pool2d<2> | flatten | linear<6> |
                       layer_norm | tanh | linear<3> | sigmoid,
                   input<2, 8, 8>, cpu, seed{1});
  load(net, in_folder("state_dict.safetensors"));
  CHECK(tensor<std::int64_t>(net.parameter("1.num_batches_tracked")) == 3);
  compare(predict(net, floats<5, 2, 8, 8>("state_dict.input")), "state_dict.output");
}

TEST_CASE("every tensor of the file was used, of at least 120 cases") {
  std::set<std::string> cases;
  for (safetensors_entry const& e : file().entries()) {
    CAPTURE(e.name);
    CHECK(used().count(e.name) == 1);
  }
  for (std::string const& name : used()) cases.insert(name.substr(0, name.find('.')));
  CHECK(cases.size() >= 120);
}
