// SPDX-License-Identifier: MIT
#pragma once
#include <vector>

#include <ashlar/data/dataset.hpp>
#include <ashlar/train/model.hpp>
#include <ashlar/train/requirements.hpp>

namespace ashlar::inline ASHLAR_ABI {
namespace detail {

template <class V>
struct sample_of;
template <class T, int B, int... D>
struct sample_of<basic_value<T, B, D...>> {
  using element = T;
  static constexpr std::int64_t size = (std::int64_t{1} * ... * D);
  static constexpr int last = [] {
    int extents[] = {1, D...};
    return extents[sizeof...(D)];
  }();
  template <int N>
  using batch_tensor = tensor<T, N, D...>;
  using single_tensor = tensor<T, D...>;
};

[[noreturn]] ASHLAR_COLD inline void refuse_index(std::string const& place, char const* problem, std::int64_t index,
                                                  int limit) {
  fail(error_parts{.place = place,
                   .problem = problem,
                   .found = std::to_string(index),
                   .expected = "0 to " + std::to_string(limit - 1)});
}
/// Refuses inputs that are indices where one is out of range; `place()` says where. Limit 0: they are no indices.
template <int Limit, class T, class Place>
void check_indices(T const* from, std::int64_t count, Place const& place) {
  if constexpr (Limit > 0)
    for (std::int64_t i = 0; i < count; ++i)
      if (from[i] < 0 || from[i] >= Limit)
        refuse_index(place(), "an index of the input is {found}; the network takes {expected}",
                     static_cast<std::int64_t>(from[i]), Limit);
}

}  // namespace detail

/// Runs a model forward on up to Batch samples at a time, in memory of its own: several may share one const model.
template <class Model, int Batch>
class predictor {
 public:
  /// What records the graph.
  using recorder = detail::prediction_recorder<typename Model::network, typename Model::input_spec, Batch>;
  /// What is compiled of it.
  using program = typename Model::policy::template program<recorder>;
  /// The shape of one sample.
  using input_sample = detail::sample_of<typename recorder::input_value>;
  /// The shape of one result.
  using output_sample = detail::sample_of<typename recorder::output_value>;
  /// The type of an input's element.
  using element = typename input_sample::element;
  static_assert(detail::accepted<decltype(detail::prediction_verdict<program, Model, Batch>())>);

  /// A predictor of a model, which it refers to.
  explicit predictor(Model const& net) : net_(net), arena_(program::tables.counts.arena_bytes) {}

  /// The memory of the last run.
  char const* arena() const { return arena_.data(); }

  /// Where sample r of the next run is to be written.
  element* input(std::int64_t r) {
    return reinterpret_cast<element*>(arena_.data() + program::tables.inputs[0].at.offset) + r * input_sample::size;
  }
  /// Runs on the first `rows` samples; the results lie one after the other.
  /// errors: fails where inputs are indices and one is out of range
  typename output_sample::element const* run(std::int64_t rows) {
    detail::check_indices<program::tables.inputs[0].index_limit>(input(0), rows * input_sample::size,
                                                                 [] { return "predict"; });
    double scalars[1] = {static_cast<double>(rows)};
    detail::run_memory m;
    m.arena = arena_.data();
    m.scalars = scalars;
    m.parameters = net_.parameter_memory();
    m.states = net_.state_memory();
    m.rows = rows;
    Model::policy::template executor<program>::run(m, net_.resources());
    return reinterpret_cast<typename output_sample::element const*>(arena_.data() +
                                                                    program::tables.outputs[0].at.offset);
  }
  /// f(first row, rows, results) for all samples of a dataset, a batch at a time.
  template <class Targets, int... D, class F>
  void each_batch(basic_dataset<Targets, D...> const& data, F f) {
    using samples = basic_dataset<Targets, D...>;
    detail::dataset_fits<samples::sample_size, input_sample::size, samples, typename Model::input_spec>();
    for (std::int64_t begin = 0; begin < data.size(); begin += Batch) {
      std::int64_t const rows = data.size() - begin < Batch ? data.size() - begin : Batch;
      for (std::int64_t r = 0; r < rows; ++r) {
        float const* from = data.sample(begin + r);
        for (std::int64_t i = 0; i < input_sample::size; ++i) input(r)[i] = static_cast<element>(from[i]);
      }
      f(begin, rows, run(rows));
    }
  }

  /// The index of the largest output of each sample.
  template <class Targets, int... D, class F>
  void each_class(basic_dataset<Targets, D...> const& data, F f) {
    each_batch(data, [&](std::int64_t begin, std::int64_t rows, auto const* results) {
      for (std::int64_t r = 0; r < rows; ++r) {
        auto const* row = results + r * output_sample::size;
        std::int32_t best = 0;
        for (std::int32_t c = 1; c < static_cast<std::int32_t>(output_sample::size); ++c)
          if (row[c] > row[best]) best = c;
        f(begin + r, best);
      }
    });
  }
  /// The share of samples whose largest output is at their label.
  template <int... D>
  double accuracy(dataset<D...> const& data) {
    std::int64_t right = 0;
    each_class(data, [&](std::int64_t i, std::int32_t c) { right += c == data.label(i); });
    return data.size() ? static_cast<double>(right) / static_cast<double>(data.size()) : 0;
  }
  /// Whether targets of this type can be compared with outputs.
  template <class Targets>
  static constexpr bool has_outputs_like =
      std::is_same_v<typename Targets::element_type, float>&& Targets::size() == output_sample::size;
  /// The mean squared difference between outputs and targets.
  template <class Targets, int... D>
  double mean_squared_error(basic_dataset<Targets, D...> const& data) {
    detail::outputs_like_targets<std::is_same_v<typename Targets::element_type, float>, Targets::size(),
                                 output_sample::size, Targets>();
    double sum = 0;
    each_batch(data, [&](std::int64_t begin, std::int64_t rows, auto const* results) {
      float const* wanted = data.target(begin);
      for (std::int64_t i = 0; i < rows * output_sample::size; ++i) {
        double const difference = static_cast<double>(results[i]) - static_cast<double>(wanted[i]);
        sum += difference * difference;
      }
    });
    return data.size() ? sum / static_cast<double>(data.size() * output_sample::size) : 0;
  }

 private:
  Model const& net_;
  detail::buffer arena_;
};

namespace detail {

/// How many samples predict and accuracy run at a time.
template <class Input>
inline constexpr int prediction_batch = sample_of<typename Input::template batched<1>>::size <= 16384 ? 64 : 4;
template <class Model>
using default_predictor = predictor<Model, prediction_batch<typename Model::input_spec>>;

}  // namespace detail

/// The network's outputs for N samples.  shape: [N, sample...] -> [N, outputs...]
template <class Net, class Input, class Policy, class Target, class T, int N, int... D>
auto predict(model<Net, Input, Policy, Target> const& net, tensor<T, N, D...> const& samples) {
  using Model = model<Net, Input, Policy, Target>;
  static_assert(std::is_same_v<basic_value<T, N, D...>, typename Input::template batched<N>>,
                "ashlar: predict: the axes of the tensor after the first must be the network's input (this message "
                "states what was given, what is needed)");
  detail::default_predictor<Model> p(net);
  using out = typename detail::default_predictor<Model>::output_sample;
  constexpr int batch = detail::prediction_batch<Input>;
  constexpr std::int64_t size = (std::int64_t{1} * ... * D);
  typename out::template batch_tensor<N> results;
  for (std::int64_t begin = 0; begin < N; begin += batch) {
    std::int64_t const rows = N - begin < batch ? N - begin : batch;
    std::memcpy(p.input(0), samples.data() + begin * size, static_cast<std::size_t>(rows * size) * sizeof(T));
    std::memcpy(results.data() + begin * out::size, p.run(rows),
                static_cast<std::size_t>(rows * out::size) * sizeof(typename out::element));
  }
  return results;
}
/// The class (the index of the largest output) of every sample of a dataset.
template <class Net, class Input, class Policy, class Target, int... D>
std::vector<std::int32_t> predict(model<Net, Input, Policy, Target> const& net, dataset<D...> const& data) {
  std::vector<std::int32_t> classes(static_cast<std::size_t>(data.size()));
  detail::default_predictor<model<Net, Input, Policy, Target>>(net).each_class(
      data, [&](std::int64_t i, std::int32_t c) { classes[static_cast<std::size_t>(i)] = c; });
  return classes;
}
/// The network's outputs for every sample of a dataset whose targets are numbers, sample after sample.
/// shape: [size, outputs...]
template <class Net, class Input, class Policy, class Target, int... E, int... D>
auto predict(model<Net, Input, Policy, Target> const& net, basic_dataset<target_type<float, E...>, D...> const& data) {
  using predictor_type = detail::default_predictor<model<Net, Input, Policy, Target>>;
  std::vector<typename predictor_type::output_sample::element> outputs;
  constexpr std::int64_t size = predictor_type::output_sample::size;
  outputs.reserve(static_cast<std::size_t>(data.size() * size));
  predictor_type(net).each_batch(data, [&](std::int64_t, std::int64_t rows, auto const* results) {
    outputs.insert(outputs.end(), results, results + rows * size);
  });
  return outputs;
}
/// The share of samples whose largest output is at their label, in [0, 1].
template <class Net, class Input, class Policy, class Target, int... D>
double accuracy(model<Net, Input, Policy, Target> const& net, dataset<D...> const& data) {
  return detail::default_predictor<model<Net, Input, Policy, Target>>(net).accuracy(data);
}
/// The mean squared difference between a network's outputs and the targets of a dataset, which are numbers.
/// errors: does not compile where there are not as many outputs as numbers in a target
/// example: double const error = mean_squared_error(net, valid);
template <class Net, class Input, class Policy, class Target, class Targets, int... D>
double mean_squared_error(model<Net, Input, Policy, Target> const& net, basic_dataset<Targets, D...> const& data) {
  return detail::default_predictor<model<Net, Input, Policy, Target>>(net).mean_squared_error(data);
}

}  // namespace ashlar::inline ASHLAR_ABI
