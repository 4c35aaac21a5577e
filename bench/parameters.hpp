// SPDX-License-Identifier: MIT
#pragma once
#include <string>
#include <vector>

#include <ashlar/ashlar.hpp>

#include "numbers.hpp"

namespace bench {

/// Gives each parameter the numbers that its peers give it, and samples that lie in the model theirs.
template <class Model>
void set_parameters(Model& net) {
  net.each_variable([&](ashlar::parameter_reference const& p, ashlar::detail::variable_info const&) {
    std::string const& name = p.name();
    if (name.find("running_") != std::string::npos || name.find("num_batches") != std::string::npos) return;
    bool const is_sample = name == "data.samples", is_vector = p.shape().rank == 1;
    float const scale = is_sample ? 1.0f : is_vector ? vector_scale : weight_scale(p.size() / p.shape()[0]);
    float const offset = is_sample ? 0.5f : is_vector && name.ends_with("weight") ? 1.0f : 0.0f;
    std::uint32_t const stream = is_sample ? of_inputs : stream_of(name.starts_with("net.") ? name.substr(4) : name);
    std::vector<float> values(static_cast<std::size_t>(p.size()));
    for (std::size_t i = 0; i < values.size(); ++i)
      values[i] = number(static_cast<std::uint32_t>(i), stream) * scale + offset;
    p.write(values.data());
  });
}

/// Batches of indices below `count`, for tensors of any shape.
template <class Tensor>
void number_indices(std::vector<Tensor>& batches, std::uint32_t stream, int count) {
  std::uint32_t i = 0;
  for (auto& batch : batches)
    for (std::int64_t k = 0; k < batch.size(); ++k) batch.data()[k] = index_number(i++, stream, count);
}
/// Batches of numbers from 0 to below 1.
template <class Tensor>
void number_samples(std::vector<Tensor>& batches, std::uint32_t stream) {
  std::uint32_t i = 0;
  for (auto& batch : batches)
    for (std::int64_t k = 0; k < batch.size(); ++k) batch.data()[k] = number(i++, stream) + 0.5f;
}

}  // namespace bench
