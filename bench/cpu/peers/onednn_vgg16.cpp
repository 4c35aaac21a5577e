// SPDX-License-Identifier: MIT
// VGG16's convolutions and poolings by bare primitives of oneDNN, forward: layouts as it likes them, weights brought
// into them beforehand, ReLU fused, and of each convolution the faster of its algorithms, direct and Winograd.
#include "onednn.hpp"

#ifndef BENCH_SIDE
#define BENCH_SIDE 224
#endif

namespace {

using namespace bench;
dnnl::convolution_forward::primitive_desc convolution(dnnl::algorithm how, memory::desc const& x, memory::desc const& w,
                                                      memory::desc const& b, memory::desc const& y) {
  memory::dims const one{1, 1};
  return description<dnnl::convolution_forward>(with_relu(true), dnnl::prop_kind::forward_inference, how, x, w, b, y,
                                                one, one, one);
}

void run() {
  constexpr int batch = BENCH_BATCH;
  std::int64_t channels = 3, side = BENCH_SIDE;
  auto const inputs = images(batch, side);
  steps net;
  memory const begin(inputs[0].get_desc(), engine, inputs[0].get_data_handle());
  memory end = begin;
  int layer = 0;
  for (int width : vgg16_channels) {
    if (width) {
      memory::dims const to{batch, width, side, side};
      std::int64_t const fan_in = channels * 9;
      memory const weight = with_numbers({width, channels, 3, 3}, tag::oihw,
                                         start_of(layer, "weight", width * fan_in, weight_scale(fan_in)));
      memory const bias = with_numbers({width}, tag::x, start_of(layer, "bias", width, vector_scale));
      end = add_fastest(net, [&](dnnl::algorithm how, steps& tried) {
        auto const d = convolution(how, any_of(end), any_of(weight), bias.get_desc(), described(to, tag::any));
        memory const y(d.dst_desc(), engine);
        memory const x = brought(tried, end, d.src_desc());
        tried.push_back({dnnl::convolution_forward(d),
                         {{DNNL_ARG_SRC, x},
                          {DNNL_ARG_WEIGHTS, in_layout(weight, d.weights_desc())},
                          {DNNL_ARG_BIAS, bias},
                          {DNNL_ARG_DST, y}}});
        return y;
      });
      channels = width;
      layer += 2;
    } else {
      side /= 2;
      auto const d = pooling_description<dnnl::pooling_forward>(
          end.get_desc(), described({batch, channels, side, side}, tag::any), dnnl::prop_kind::forward_inference);
      memory const y(d.dst_desc(), engine);
      net.push_back({dnnl::pooling_forward(d), {{DNNL_ARG_SRC, end}, {DNNL_ARG_DST, y}}});
      end = y;
      ++layer;
    }
  }
  say(onednn_version().c_str());
  int next = 0, turn = 0;
  auto forward = [&] {
    begin.set_data_handle(inputs[static_cast<std::size_t>(next)].get_data_handle());
    next = (next + 1) % batch_count;
    execute(net);
  };
  obey(
      [&] {
        forward();
        memory const y = in_layout(end, described({batch, channels, side, side}, tag::nchw));
        return projection(numbers_of(y), batch * channels * side * side, turn++);
      },
      [&](int times) { return seconds_of(times, forward); });
}

}  // namespace

int main(int argc, char** argv) {
  threads_of(argc, argv);
  return main_of(run);
}
