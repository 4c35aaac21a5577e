// SPDX-License-Identifier: MIT
// A training step of VGG16 by bare primitives of oneDNN, SGD at BENCH_RATE: each pass of each convolution by the
// faster of its algorithms, direct and Winograd, ReLU fused forward. Weights lie in the layout of the direct kernel
// forward, and what another kernel needs is reordered in the step. Softmax cross entropy and the update are loops.
#include <algorithm>
#include <cmath>

#include "onednn.hpp"

#ifndef BENCH_SIDE
#define BENCH_SIDE 224
#endif

namespace {

using namespace bench;
using dnnl::algorithm;
using dnnl::prop_kind;

constexpr int batch = BENCH_BATCH, classes = 1000;
memory::dims const one{1, 1};

/// What is learned, and in the same layout its gradient.
struct learned {
  memory value, gradient;
};
/// What a layer returns, and in the same layout what the loss wants of it.
struct flowing {
  memory value, change;
};
flowing flow(memory value) { return {value, memory(value.get_desc(), engine)}; }

struct network {
  steps forward;
  std::vector<steps> backward;  // of each layer
  std::vector<learned> parameters;

  /// relu's gradient in place, from its results.
  static void mask(steps& back, flowing const& y) {
    auto const layout = y.value.get_desc();
#if DNNL_VERSION_MAJOR >= 3
    auto const f = description<dnnl::eltwise_forward>({}, prop_kind::forward_training,
                                                      algorithm::eltwise_relu_use_dst_for_bwd, layout, layout, 0.0f);
    auto const d = gradient_description<dnnl::eltwise_backward>(f, algorithm::eltwise_relu_use_dst_for_bwd, layout,
                                                                layout, layout, 0.0f, 0.0f);
#else
    auto const f = description<dnnl::eltwise_forward>({}, prop_kind::forward_training,
                                                      algorithm::eltwise_relu_use_dst_for_bwd, layout, 0.0f);
    auto const d = gradient_description<dnnl::eltwise_backward>(f, algorithm::eltwise_relu_use_dst_for_bwd, layout,
                                                                layout, 0.0f, 0.0f);
#endif
    back.push_back({dnnl::eltwise_backward(d),
                    {{DNNL_ARG_DST, y.value}, {DNNL_ARG_DIFF_DST, y.change}, {DNNL_ARG_DIFF_SRC, y.change}}});
  }

  flowing convolve(flowing const& x, memory::dims const& to, memory plain, memory bias, bool first) {
    auto const w_any = any_of(plain), x_any = any_of(x.value), y_any = described(to, tag::any), b = bias.get_desc();
    auto forward_by = [&](algorithm how) {
      return description<dnnl::convolution_forward>(with_relu(true), prop_kind::forward_training, how, x_any, w_any, b,
                                                    y_any, one, one, one);
    };
    memory const weight = in_layout(plain, forward_by(algorithm::convolution_direct).weights_desc());
    flowing const y = flow(add_fastest(forward, [&](algorithm how, steps& tried) {
      auto const d = forward_by(how);
      memory const from = brought(tried, x.value, d.src_desc()), w = brought(tried, weight, d.weights_desc());
      memory const result(d.dst_desc(), engine);
      tried.push_back({dnnl::convolution_forward(d),
                       {{DNNL_ARG_SRC, from}, {DNNL_ARG_WEIGHTS, w}, {DNNL_ARG_BIAS, bias}, {DNNL_ARG_DST, result}}});
      return result;
    }));
    steps back;
    mask(back, y);
    memory const of_bias(b, engine);
    memory const of_weight = add_fastest(back, [&](algorithm how, steps& tried) {
      auto const d = gradient_description<dnnl::convolution_backward_weights>(forward_by(how), how, x_any, w_any, b,
                                                                              y_any, one, one, one);
      memory const from = brought(tried, x.value, d.src_desc()), change = brought(tried, y.change, d.diff_dst_desc());
      memory const result(d.diff_weights_desc(), engine);
      tried.push_back({dnnl::convolution_backward_weights(d),
                       {{DNNL_ARG_SRC, from},
                        {DNNL_ARG_DIFF_DST, change},
                        {DNNL_ARG_DIFF_WEIGHTS, result},
                        {DNNL_ARG_DIFF_BIAS, of_bias}}});
      return brought(tried, result, weight.get_desc());
    });
    if (!first) {
      memory const of_x = add_fastest(back, [&](algorithm how, steps& tried) {
        auto const d = gradient_description<dnnl::convolution_backward_data>(forward_by(how), how, x_any, w_any, y_any,
                                                                             one, one, one);
        memory const w = brought(tried, weight, d.weights_desc()), change = brought(tried, y.change, d.diff_dst_desc());
        bool const same = d.diff_src_desc() == x.change.get_desc();
        memory const result = same ? x.change : memory(d.diff_src_desc(), engine);
        tried.push_back({dnnl::convolution_backward_data(d),
                         {{DNNL_ARG_WEIGHTS, w}, {DNNL_ARG_DIFF_DST, change}, {DNNL_ARG_DIFF_SRC, result}}});
        if (!same)
          tried.push_back({dnnl::reorder(result, x.change), {{DNNL_ARG_FROM, result}, {DNNL_ARG_TO, x.change}}});
        return x.change;
      });
      static_cast<void>(of_x);
    }
    return learn(back, y, {weight, of_weight}, {bias, of_bias});
  }

  flowing pool(flowing const& x, memory::dims const& to) {
    auto const layout = x.value.get_desc();
    auto const d =
        pooling_description<dnnl::pooling_forward>(layout, described(to, tag::any), prop_kind::forward_training);
    flowing const y = flow(memory(d.dst_desc(), engine));
    memory const places(d.workspace_desc(), engine);
    forward.push_back(
        {dnnl::pooling_forward(d), {{DNNL_ARG_SRC, x.value}, {DNNL_ARG_DST, y.value}, {DNNL_ARG_WORKSPACE, places}}});
    auto const b = pooling_description<dnnl::pooling_backward>(layout, d.dst_desc(), prop_kind::forward_training, d);
    backward.push_back(
        {{dnnl::pooling_backward(b),
          {{DNNL_ARG_DIFF_DST, y.change}, {DNNL_ARG_DIFF_SRC, x.change}, {DNNL_ARG_WORKSPACE, places}}}});
    return y;
  }

  flowing multiply(flowing const& x, memory::dims const& to, memory plain, memory bias, bool last) {
    auto const w_any = any_of(plain), x_any = any_of(x.value), y_as = described(to, tag::nc), b = bias.get_desc();
    auto const d =
        description<dnnl::inner_product_forward>(with_relu(!last), prop_kind::forward_training, x_any, w_any, b, y_as);
    memory const weight = in_layout(plain, d.weights_desc());
    flowing const y = flow(memory(d.dst_desc(), engine));
    memory const from = brought(forward, x.value, d.src_desc());
    forward.push_back(
        {dnnl::inner_product_forward(d),
         {{DNNL_ARG_SRC, from}, {DNNL_ARG_WEIGHTS, weight}, {DNNL_ARG_BIAS, bias}, {DNNL_ARG_DST, y.value}}});
    steps back;
    if (!last) mask(back, y);
    memory const of_bias(b, engine);
    auto const w = gradient_description<dnnl::inner_product_backward_weights>(d, x_any, w_any, b, y_as);
    memory const result(w.diff_weights_desc(), engine);
    back.push_back({dnnl::inner_product_backward_weights(w),
                    {{DNNL_ARG_SRC, brought(back, x.value, w.src_desc())},
                     {DNNL_ARG_DIFF_DST, y.change},
                     {DNNL_ARG_DIFF_WEIGHTS, result},
                     {DNNL_ARG_DIFF_BIAS, of_bias}}});
    memory const of_weight = brought(back, result, weight.get_desc());
    auto const i = gradient_description<dnnl::inner_product_backward_data>(d, x_any, w_any, y_as);
    memory const of_x(i.diff_src_desc(), engine);
    memory const turned = brought(back, weight, i.weights_desc());
    back.push_back({dnnl::inner_product_backward_data(i),
                    {{DNNL_ARG_WEIGHTS, turned}, {DNNL_ARG_DIFF_DST, y.change}, {DNNL_ARG_DIFF_SRC, of_x}}});
    back.push_back({dnnl::reorder(of_x, x.change), {{DNNL_ARG_FROM, of_x}, {DNNL_ARG_TO, x.change}}});
    return learn(back, y, {weight, of_weight}, {bias, of_bias});
  }

  flowing learn(steps const& back, flowing const& y, learned const& weight, learned const& bias) {
    backward.push_back(back);
    parameters.push_back(weight);
    parameters.push_back(bias);
    return y;
  }
  void update() {
    for (learned& p : parameters) {
      float* value = numbers_of(p.value);
      float const* gradient = numbers_of(p.gradient);
      auto const count = static_cast<std::int64_t>(p.value.get_desc().get_size() / sizeof(float));
#pragma omp parallel for
      for (std::int64_t i = 0; i < count; ++i) value[i] -= BENCH_RATE * gradient[i];
    }
  }
};

/// The mean cross entropy; what it wants of the logits goes into their change.
double compare(flowing const& logits, std::int32_t const* labels) {
  double loss = 0;
  for (int r = 0; r < batch; ++r) {
    float const* z = numbers_of(logits.value) + r * classes;
    float* d = numbers_of(logits.change) + r * classes;
    float const largest = *std::max_element(z, z + classes);
    float sum = 0;
    for (int c = 0; c < classes; ++c) sum += d[c] = std::exp(z[c] - largest);
    for (int c = 0; c < classes; ++c) d[c] /= sum * batch;
    d[labels[r]] -= 1.0f / batch;
    loss += static_cast<double>(std::log(sum) - (z[labels[r]] - largest)) / batch;
  }
  return loss;
}

void run() {
  std::int64_t channels = 3, side = BENCH_SIDE;
  auto const inputs = images(batch, side);
  std::vector<std::int32_t> labels(batch_count * batch);
  for (std::size_t i = 0; i < labels.size(); ++i)
    labels[i] = index_number(static_cast<std::uint32_t>(i), of_targets, classes);
  network net;
  memory const begin(inputs[0].get_desc(), engine, inputs[0].get_data_handle());
  flowing x{begin, {}};
  int layer = 0;
  auto bias = [&](std::int64_t width) {
    return with_numbers({width}, tag::x, start_of(layer, "bias", width, vector_scale));
  };
  for (int width : vgg16_channels) {
    if (width) {
      std::int64_t const fan_in = channels * 9;
      memory const weight = with_numbers({width, channels, 3, 3}, tag::oihw,
                                         start_of(layer, "weight", width * fan_in, weight_scale(fan_in)));
      x = net.convolve(x, {batch, width, side, side}, weight, bias(width), layer == 0);
      channels = width;
      layer += 2;
    } else {
      side /= 2;
      x = net.pool(x, {batch, channels, side, side});
      ++layer;
    }
  }
  ++layer;  // flatten
  std::int64_t fan_in = channels * side * side;
  for (int width : {4096, 4096, classes}) {
    memory const weight =
        fan_in == channels * side * side && side > 0
            ? with_numbers({width, channels, side, side}, tag::oihw,
                           start_of(layer, "weight", width * fan_in, weight_scale(fan_in)))
            : with_numbers({width, fan_in}, tag::oi, start_of(layer, "weight", width * fan_in, weight_scale(fan_in)));
    x = net.multiply(x, {batch, width}, weight, bias(width), width == classes);
    fan_in = width;
    side = 0;
    layer += 2;
  }
  say(onednn_version().c_str());
  int next = 0;
  auto step = [&] {
    int const k = next;
    next = (next + 1) % batch_count;
    begin.set_data_handle(inputs[static_cast<std::size_t>(k)].get_data_handle());
    execute(net.forward);
    double const loss = compare(x, labels.data() + k * batch);
    for (std::size_t l = net.backward.size(); l-- > 0;) execute(net.backward[l]);
    net.update();
    return loss;
  };
  obey(step, [&](int times) { return seconds_of(times, step); });
}

}  // namespace

int main(int argc, char** argv) {
  threads_of(argc, argv);
  return main_of(run);
}
