// SPDX-License-Identifier: MIT
#pragma once
#include <oneapi/dnnl/dnnl.hpp>
#include <string>
#include <unordered_map>
#include <vector>

#include "peer.hpp"

/// Chains of oneDNN's primitives, in layouts as it likes them.
namespace bench {

using dnnl::memory;
using tag = memory::format_tag;

inline dnnl::engine const engine(dnnl::engine::kind::cpu, 0);
inline dnnl::stream stream(engine);

inline std::string onednn_version() {
  auto const* v = dnnl_version();
  return std::to_string(v->major) + "." + std::to_string(v->minor) + "." + std::to_string(v->patch);
}
inline memory::desc described(memory::dims const& extents, tag layout) {
  return {extents, memory::data_type::f32, layout};
}
/// The same extents in any layout.
inline memory::desc any_of(memory const& m) {
#if DNNL_VERSION_MAJOR >= 3
  return described(m.get_desc().get_dims(), tag::any);
#else
  return described(m.get_desc().dims(), tag::any);
#endif
}
inline float* numbers_of(memory const& m) { return static_cast<float*>(m.get_data_handle()); }
inline memory with_numbers(memory::dims const& extents, tag layout, std::vector<float> const& values) {
  memory m(described(extents, layout), engine);
  std::copy(values.begin(), values.end(), numbers_of(m));
  return m;
}

/// The description of a primitive: Prim::primitive_desc, by what oneDNN 2 collects in Prim::desc and oneDNN 3 takes as
/// it is. For a gradient also the primitive forward, as a hint.
template <class Prim, class... A>
typename Prim::primitive_desc description(dnnl::primitive_attr const& attributes, A const&... arguments) {
#if DNNL_VERSION_MAJOR >= 3
  return {engine, arguments..., attributes};
#else
  return {typename Prim::desc(arguments...), attributes, engine};
#endif
}
template <class Prim, class Hint, class... A>
typename Prim::primitive_desc gradient_description(Hint const& forward, A const&... arguments) {
#if DNNL_VERSION_MAJOR >= 3
  return {engine, arguments..., forward};
#else
  return {typename Prim::desc(arguments...), engine, forward};
#endif
}
inline dnnl::primitive_attr with_relu(bool relu) {
  dnnl::primitive_attr attributes;
  dnnl::post_ops after;
#if DNNL_VERSION_MAJOR >= 3
  if (relu) after.append_eltwise(dnnl::algorithm::eltwise_relu, 0.0f, 0.0f);
#else
  if (relu) after.append_eltwise(1.0f, dnnl::algorithm::eltwise_relu, 0.0f, 0.0f);
#endif
  attributes.set_post_ops(after);
  return attributes;
}
/// Of max pooling by 2 x 2, which oneDNN 3 tells how far apart the window's numbers lie.
template <class Prim, class... Hint>
typename Prim::primitive_desc pooling_description(memory::desc const& x, memory::desc const& y, dnnl::prop_kind kind,
                                                  Hint const&... forward) {
  memory::dims const two{2, 2}, zero{0, 0};
  auto const how = dnnl::algorithm::pooling_max;
#if DNNL_VERSION_MAJOR >= 3
  if constexpr (sizeof...(Hint) > 0)
    return {engine, how, x, y, two, two, zero, zero, zero, forward...};
  else
    return {engine, kind, how, x, y, two, two, zero, zero, zero};
#else
  if constexpr (sizeof...(Hint) > 0)
    return {typename Prim::desc(how, x, y, two, two, zero, zero), engine, forward...};
  else
    return {typename Prim::desc(kind, how, x, y, two, two, zero, zero), engine};
#endif
}

/// A primitive with what it is executed on.
struct step {
  dnnl::primitive primitive;
  std::unordered_map<int, memory> operands;
};
using steps = std::vector<step>;
inline void execute(steps const& all) {
  for (step const& s : all) s.primitive.execute(stream, s.operands);
  stream.wait();
}
/// The same numbers in a layout, by a step where it is another.
inline memory brought(steps& to, memory from, memory::desc const& wanted) {
  if (from.get_desc() == wanted) return from;
  memory m(wanted, engine);
  to.push_back({dnnl::reorder(from, m), {{DNNL_ARG_FROM, from}, {DNNL_ARG_TO, m}}});
  return m;
}
/// The same numbers in a layout, now.
inline memory in_layout(memory from, memory::desc const& wanted) {
  steps now;
  memory const m = brought(now, from, wanted);
  execute(now);
  return m;
}
/// Adds what `make(algorithm, steps)` adds for the faster algorithm of a convolution, and returns what it returns.
template <class Make>
memory add_fastest(steps& to, Make const& make) {
  double best = 1e30;
  steps fastest;
  memory result;
  for (auto how : {dnnl::algorithm::convolution_direct, dnnl::algorithm::convolution_winograd}) try {
      steps tried;
      memory const made = make(how, tried);
      execute(tried);
      double const taken = seconds_of(2, [&] { execute(tried); });
      if (taken < best) best = taken, fastest = tried, result = made;
    } catch (dnnl::error const&) {  // there is no such kernel for these extents
    }
  to.insert(to.end(), fastest.begin(), fastest.end());
  return result;
}

/// VGG16's samples of 3 x side x side, a memory for each batch.
inline std::vector<memory> images(int batch, std::int64_t side) {
  std::int64_t const size = batch * 3 * side * side;
  std::vector<memory> all;
  for (int k = 0; k < batch_count; ++k) {
    all.emplace_back(described({batch, 3, side, side}, tag::nchw), engine);
    fill_samples(numbers_of(all.back()), size, of_inputs, k * size);
  }
  return all;
}
/// The channels of its convolutions; 0: pooling.
inline constexpr int vgg16_channels[] = {64, 64, 0, 128, 128, 0, 256, 256, 256, 0, 512, 512, 512, 0, 512, 512, 512, 0};

}  // namespace bench
