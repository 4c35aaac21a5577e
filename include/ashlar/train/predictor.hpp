// SPDX-License-Identifier: MIT
#pragma once
#include <ashlar/data/dataset.hpp>
#include <ashlar/train/given.hpp>
#include <ashlar/train/model.hpp>
#include <ashlar/train/requirements.hpp>

namespace ashlar::inline ASHLAR_ABI {
namespace detail {

template <std::int64_t Count, class T>
std::int32_t index_of_largest(T const* row) {
  std::int32_t best = 0;
  for (std::int32_t c = 1; c < static_cast<std::int32_t>(Count); ++c)
    if (row[c] > row[best]) best = c;
  return best;
}

template <class T, class U>
double sum_of_squares(T const* results, U const* wanted, std::int64_t count) {
  double sum = 0;
  for (std::int64_t i = 0; i < count; ++i) {
    double const difference = static_cast<double>(results[i]) - static_cast<double>(wanted[i]);
    sum += difference * difference;
  }
  return sum;
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
  /// The values that hold a batch of inputs.
  using inputs = typename recorder::inputs;
  /// The names and values of what the network returns.
  using outputs = typename detail::outputs_of<typename recorder::output_value>::type;
  /// The shape of one sample of input K.
  template <int K>
  using input_shape = detail::sample_of<detail::element_at<K, inputs>>;
  /// The shape of one result of output K.
  template <int K>
  using output_shape = detail::sample_of<typename detail::element_at<K, outputs>::type>;
  /// The shape of one sample of the first input.
  using input_sample = input_shape<0>;
  /// The shape of one result of the first output.
  using output_sample = output_shape<0>;
  /// The type of an input's element.
  using element = typename input_sample::element;
  static_assert(detail::accepted<decltype(detail::prediction_verdict<program, Model, Batch>())>);

  /// A predictor of a model, which it refers to.
  explicit predictor(Model const& net) : net_(net), arena_(program::tables.counts.arena_bytes) {}

  /// The memory of the last run.
  char const* arena() const { return arena_.data(); }

  /// Where sample r of input K of the next run is to be written.
  template <int K = 0>
  auto* input(std::int64_t r) {
    using shape = input_shape<K>;
    return reinterpret_cast<typename shape::element*>(arena_.data() + program::tables.inputs[K].at.offset) +
           r * shape::size;
  }
  /// The results of output K of the last run; they lie one after the other.
  template <int K = 0>
  auto const* output() const {
    return reinterpret_cast<typename output_shape<K>::element const*>(arena_.data() +
                                                                      program::tables.outputs[K].at.offset);
  }
  /// Runs on the first `rows` samples; returns the results of output 0.
  /// errors: fails where inputs are indices and one is out of range
  typename output_sample::element const* run(std::int64_t rows) {
    check(rows, std::make_integer_sequence<int, inputs::count>{});
    double scalars[1] = {static_cast<double>(rows)};
    detail::run_memory m;
    m.arena = arena_.data();
    m.scalars = scalars;
    m.parameters = net_.parameter_memory();
    m.states = net_.state_memory();
    m.rows = rows;
    m.names = &names;
    Model::policy::template executor<program>::run(m, net_.resources());
    return output<0>();
  }
  /// f(first row, rows, results of output 0) for all samples of a dataset, a batch at a time.
  template <class Targets, int... D, class F>
  void each_batch(basic_dataset<Targets, D...> const& data, F f) {
    using samples = basic_dataset<Targets, D...>;
    detail::dataset_has_all<inputs::count, 1>();
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

  /// The index of the largest number of output K of each sample.
  template <int K = 0, class Targets, int... D, class F>
  void each_class(basic_dataset<Targets, D...> const& data, F f) {
    each_batch(data, [&](std::int64_t begin, std::int64_t rows, auto const*) {
      for (std::int64_t r = 0; r < rows; ++r)
        f(begin + r, detail::index_of_largest<output_shape<K>::size>(output<K>() + r * output_shape<K>::size));
    });
  }
  /// The share of samples whose largest output is at their label.
  template <int K = 0, int... D>
  double accuracy(dataset<D...> const& data) {
    std::int64_t right = 0;
    each_class<K>(data, [&](std::int64_t i, std::int32_t c) { right += c == data.label(i); });
    return data.size() ? static_cast<double>(right) / static_cast<double>(data.size()) : 0;
  }
  /// Whether targets of this type can be compared with output K.
  template <class Targets, int K = 0>
  static constexpr bool has_outputs_like =
      std::is_same_v<typename Targets::element_type, float>&& Targets::size() == output_shape<K>::size;
  /// The mean squared difference between output K and targets.
  template <int K = 0, class Targets, int... D>
  double mean_squared_error(basic_dataset<Targets, D...> const& data) {
    constexpr std::int64_t size = output_shape<K>::size;
    detail::outputs_like_targets<std::is_same_v<typename Targets::element_type, float>, Targets::size(), size,
                                 Targets>();
    double sum = 0;
    each_batch(data, [&](std::int64_t begin, std::int64_t rows, auto const*) {
      sum += detail::sum_of_squares(output<K>(), data.target(begin), rows * size);
    });
    return data.size() ? sum / static_cast<double>(data.size() * size) : 0;
  }

 private:
  template <int... K>
  void check(std::int64_t rows, std::integer_sequence<int, K...>) {
    (detail::check_input<program, K>(input<K>(0), rows * input_shape<K>::size, names.arguments[K],
                                     [] { return "predict"; }),
     ...);
  }

  static constexpr detail::given_names names{
      detail::names_of<typename detail::entries_of<typename Model::input_spec>::type>::value, inputs::count};

  Model const& net_;
  detail::buffer arena_;
};

}  // namespace ashlar::inline ASHLAR_ABI
