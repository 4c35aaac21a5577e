// SPDX-License-Identifier: MIT
// VGG16's convolutions and poolings by bare primitives of oneDNN, forward: layouts as it likes them, weights brought
// into them beforehand, ReLU fused, and of each convolution the faster of its algorithms, direct and Winograd.
#include <memory>
#include <oneapi/dnnl/dnnl.hpp>

#include "peer.hpp"

#ifndef BENCH_SIDE
#define BENCH_SIDE 224
#endif

namespace {

using namespace bench;
using dnnl::memory;
using tag = memory::format_tag;

dnnl::engine const engine(dnnl::engine::kind::cpu, 0);
dnnl::stream stream(engine);

memory::desc described(memory::dims const& extents, tag layout) { return {extents, memory::data_type::f32, layout}; }
memory in_layout(memory from, memory::desc const& wanted) {
  if (from.get_desc() == wanted) return from;
  memory to(wanted, engine);
  dnnl::reorder(from, to).execute(stream, from, to);
  stream.wait();
  return to;
}
memory with_numbers(memory::dims const& extents, tag layout, std::vector<float> const& values) {
  memory m(described(extents, layout), engine);
  std::copy(values.begin(), values.end(), static_cast<float*>(m.get_data_handle()));
  return m;
}

/// A primitive with what it is executed on.
struct step {
  dnnl::primitive primitive;
  std::unordered_map<int, memory> operands;

  void operator()() { primitive.execute(stream, operands); }
};

dnnl::convolution_forward::primitive_desc convolution(dnnl::algorithm how, memory::desc const& x, memory::desc const& w,
                                                      memory::desc const& b, memory::desc const& y) {
  dnnl::primitive_attr attributes;
  dnnl::post_ops relu;
  memory::dims const one{1, 1};
  auto const kind = dnnl::prop_kind::forward_inference;
#if DNNL_VERSION_MAJOR >= 3
  relu.append_eltwise(dnnl::algorithm::eltwise_relu, 0.0f, 0.0f);
  attributes.set_post_ops(relu);
  return {engine, kind, how, x, w, b, y, one, one, one, attributes};
#else
  relu.append_eltwise(1.0f, dnnl::algorithm::eltwise_relu, 0.0f, 0.0f);
  attributes.set_post_ops(relu);
  return {{kind, how, x, w, b, y, one, one, one}, attributes, engine};
#endif
}
dnnl::pooling_forward::primitive_desc pooling(memory::desc const& x, memory::desc const& y) {
  memory::dims const two{2, 2}, zero{0, 0};
  auto const kind = dnnl::prop_kind::forward_inference;
  auto const how = dnnl::algorithm::pooling_max;
#if DNNL_VERSION_MAJOR >= 3
  return {engine, kind, how, x, y, two, two, zero, zero, zero};
#else
  return {{kind, how, x, y, two, two, zero, zero}, engine};
#endif
}

struct chain {
  std::vector<step> steps;
  memory end;

  /// Adds the faster convolution of those that there are.
  void convolve(memory::dims const& to, memory weight, memory bias) {
    auto const any_of = [](memory const& m) {
#if DNNL_VERSION_MAJOR >= 3
      return described(m.get_desc().get_dims(), tag::any);
#else
      return described(m.get_desc().dims(), tag::any);
#endif
    };
    double best = 1e30;
    std::vector<step> fastest;
    memory result;
    for (auto how : {dnnl::algorithm::convolution_direct, dnnl::algorithm::convolution_winograd}) try {
        auto const d = convolution(how, any_of(end), any_of(weight), any_of(bias), described(to, tag::any));
        std::vector<step> tried;
        memory x(d.src_desc(), engine), y(d.dst_desc(), engine);
        if (d.src_desc() == end.get_desc())
          x = end;
        else
          tried.push_back({dnnl::reorder(end, x), {{DNNL_ARG_FROM, end}, {DNNL_ARG_TO, x}}});
        tried.push_back({dnnl::convolution_forward(d),
                         {{DNNL_ARG_SRC, x},
                          {DNNL_ARG_WEIGHTS, in_layout(weight, d.weights_desc())},
                          {DNNL_ARG_BIAS, bias},
                          {DNNL_ARG_DST, y}}});
        auto run = [&] {
          for (step& s : tried) s();
          stream.wait();
        };
        run();
        double const taken = seconds_of(3, run);
        if (taken < best) best = taken, fastest = tried, result = y;
      } catch (dnnl::error const&) {  // there is no such kernel for these extents
      }
    for (step& s : fastest) steps.push_back(s);
    end = result;
  }
  void pool(memory::dims const& to) {
    auto const d = pooling(end.get_desc(), described(to, tag::any));
    memory y(d.dst_desc(), engine);
    steps.push_back({dnnl::pooling_forward(d), {{DNNL_ARG_SRC, end}, {DNNL_ARG_DST, y}}});
    end = y;
  }
};

void run() {
  constexpr int batch = BENCH_BATCH;
  std::int64_t channels = 3, side = BENCH_SIDE;
  std::vector<float> numbers(static_cast<std::size_t>(batch * channels * side * side));
  std::vector<memory> inputs;
  for (int k = 0; k < batch_count; ++k) {
    fill_samples(numbers.data(), static_cast<std::int64_t>(numbers.size()), of_inputs,
                 k * static_cast<std::int64_t>(numbers.size()));
    inputs.push_back(with_numbers({batch, channels, side, side}, tag::nchw, numbers));
  }
  chain net;
  memory const begin = net.end = with_numbers({batch, channels, side, side}, tag::nchw, numbers);
  int layer = 0;
  for (int width : {64, 64, 0, 128, 128, 0, 256, 256, 256, 0, 512, 512, 512, 0, 512, 512, 512, 0}) {
    if (width) {
      std::int64_t const fan_in = channels * 9;
      auto const weight = start_of(layer, "weight", width * fan_in, weight_scale(fan_in));
      net.convolve({batch, width, side, side}, with_numbers({width, channels, 3, 3}, tag::oihw, weight),
                   with_numbers({width}, tag::x, start_of(layer, "bias", width, vector_scale)));
      channels = width;
      layer += 2;
    } else {
      side /= 2;
      net.pool({batch, channels, side, side});
      ++layer;
    }
  }
  auto const* v = dnnl_version();
  say((std::to_string(v->major) + "." + std::to_string(v->minor) + "." + std::to_string(v->patch)).c_str());
  int next = 0, turn = 0;
  auto forward = [&] {
    begin.set_data_handle(inputs[static_cast<std::size_t>(next)].get_data_handle());
    next = (next + 1) % batch_count;
    for (step& s : net.steps) s();
    stream.wait();
  };
  obey(
      [&] {
        forward();
        memory y = in_layout(net.end, described({batch, channels, side, side}, tag::nchw));
        return projection(static_cast<float*>(y.get_data_handle()), batch * channels * side * side, turn++);
      },
      [&](int times) { return seconds_of(times, forward); });
}

}  // namespace

int main(int argc, char** argv) {
  threads_of(argc, argv);
  return main_of(run);
}
