// SPDX-License-Identifier: MIT
#pragma once
#include <tuple>

#include <ashlar/train/dataset_columns.hpp>
#include <ashlar/train/model.hpp>

namespace ashlar::inline ASHLAR_ABI {
namespace detail {

/// The index of the largest number, the first of them where there are several; NaN is larger than all others.
template <std::int64_t Count, class T>
std::int32_t index_of_largest(T const* row) {
  std::int32_t best = 0;
  for (std::int32_t c = 1; c < static_cast<std::int32_t>(Count); ++c)
    if (row[c] > row[best] || (row[c] != row[c] && row[best] == row[best])) best = c;
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

/// The extent of a tensor's axis 0; of anything else 1.
template <class T>
inline constexpr int rows_of_tensor = 1;
template <class T, int N, int... D>
inline constexpr int rows_of_tensor<tensor<T, N, D...>> = N;

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
  explicit predictor(Model const& net) : net_(net) {}
  predictor(Model const&&) = delete;  // it would outlive the model

  /// The memory of the last run.
  char const* arena() const { return runner_.arena(); }

  /// Where sample r of input K of the next run is to be written.
  template <int K = 0>
  auto* input(std::int64_t r) {
    using sample = input_shape<K>;
    return reinterpret_cast<typename sample::element*>(runner_.input(K)) + r * sample::size;
  }
  /// The results of output K of the last run; they lie one after the other.
  template <int K = 0>
  auto const* output() const {
    return reinterpret_cast<typename output_shape<K>::element const*>(runner_.output(K));
  }
  /// Runs on the first `rows` samples; returns the results of output 0.
  /// errors: fails where `rows` is not 1 to Batch, and where inputs are indices and one is out of range
  typename output_sample::element const* run(std::int64_t rows) {
    if (rows < 1 || rows > Batch) refuse_rows(rows);
    check(rows, std::make_integer_sequence<int, inputs::count>{});
    double scalars[1] = {static_cast<double>(rows)};
    detail::run_memory m;
    m.scalars = scalars;
    m.parameters = net_.parameter_memory();
    m.states = net_.state_memory();
    m.rows = rows;
    m.names = &names;
    runner_.run(m, net_.resources());
    return output<0>();
  }
  /// Predicts from tensors in the caller's memory into others there: one for each input in their order, then one for
  /// each output; axis 0 of all is N <= Batch samples. A real-time thread may call it where the policy is cpu with one
  /// thread and without debug: from the first call on it takes no lock, allocates nothing and makes no system call.
  /// shape: [N, sample...]..., [N, outputs...]...
  /// errors: fails where inputs are indices and one is out of range; does not compile where tensors do not fit
  /// example: predictor<decltype(net), 1> act(net); act(observation, action);
  template <class First, class... Given>
  void operator()(First const& first, Given&... given) {
    constexpr int rows = detail::rows_of_tensor<First>;
    static_assert(rows <= Batch, "ashlar: a predictor was given more samples than it was made for");
    if constexpr (rows <= Batch)
      call<rows>(std::make_integer_sequence<int, inputs::count>{}, std::make_integer_sequence<int, outputs::count>{},
                 first, given...);
  }
  /// The names by which inputs are looked for in a dataset.
  using places = typename detail::entries_of<typename Model::input_spec>::type;
  /// f(first row, rows) for all samples of a dataset, a batch at a time.
  /// errors: does not compile where there is no column for an input, or one that does not fit
  template <class Data, class F>
  void each_batch(Data const& data, F f) {
    using verdict =
        decltype(detail::dataset_verdict<false, typename Data::dataset_type, places, typename Model::input_spec>(
            inputs{}));
    static_assert(detail::accepted<verdict>);
    if constexpr (!detail::any_misfit<verdict>)
      for (std::int64_t begin = 0; begin < data.size(); begin += Batch) {
        std::int64_t const rows = data.size() - begin < Batch ? data.size() - begin : Batch;
        copy_in(data, begin, rows, std::make_integer_sequence<int, inputs::count>{});
        run(rows);
        f(begin, rows);
      }
  }
  /// How many of the last run's `rows` results have their largest number, in output K, at their label.
  template <int K = 0>
  std::int64_t right(std::int64_t rows, std::int32_t const* labels) const {
    std::int64_t count = 0;
    for (std::int64_t r = 0; r < rows; ++r) count += class_of<K>(r) == labels[r];
    return count;
  }
  /// The index of the largest number in output K of row r of the last run.
  template <int K = 0>
  std::int32_t class_of(std::int64_t r) const {
    return detail::index_of_largest<output_shape<K>::size>(output<K>() + r * output_shape<K>::size);
  }
  /// The sum of squared differences between output K of the last run's `rows` results, and numbers.
  template <int K = 0, class T>
  double squares(std::int64_t rows, T const* wanted) const {
    return detail::sum_of_squares(output<K>(), wanted, rows * output_shape<K>::size);
  }

  /// The share of samples whose largest number in output K is at their label.
  template <int K = 0, class Data>
  double accuracy(Data const& data) {
    using row = target_row<K, Data>;
    using missing = detail::accuracy_without_labels<row, detail::element_at<K, outputs>, Data>;
    constexpr bool has_labels = detail::measure_of<row, output_value<K>> == detail::measure::accuracy;
    using verdict = std::conditional_t<has_labels, detail::fits, detail::misfit<layer_path<>, missing>>;
    static_assert(detail::accepted<verdict>);
    std::int64_t count = 0;
    if constexpr (has_labels)
      each_batch(data, [&](std::int64_t begin, std::int64_t rows) {
        count += right<K>(rows, target_column<K>(data).row(begin));
      });
    return data.size() ? static_cast<double>(count) / static_cast<double>(data.size()) : 0;
  }
  /// The mean squared difference between output K and targets.
  template <int K = 0, class Data>
  double mean_squared_error(Data const& data) {
    using row = target_row<K, Data>;
    constexpr std::int64_t size = output_shape<K>::size;
    detail::numbers_like_outputs<row, output_value<K>>();
    double sum = 0;
    if constexpr (detail::measure_of<row, output_value<K>> == detail::measure::mean_squared_error)
      each_batch(data, [&](std::int64_t begin, std::int64_t rows) {
        sum += squares<K>(rows, target_column<K>(data).row(begin));
      });
    return data.size() ? sum / static_cast<double>(data.size() * size) : 0;
  }

 private:
  [[noreturn]] ASHLAR_COLD static void refuse_rows(std::int64_t rows) {
    detail::refuse_numbers({.place = "predict",
                            .problem = "it was to predict {found} samples; this predictor takes {expected}",
                            .found = "%",
                            .expected = "1 to %",
                            .numbers = {rows, Batch}});
  }
  template <int K>
  using output_value = typename detail::element_at<K, outputs>::type;
  template <int K, class Data>
  using target_places = typename detail::target_search<typename Data::dataset_type, places, typename Model::target_spec,
                                                       outputs, K>::type;
  template <int K, class Data>
  using target_row =
      typename detail::row_read<typename Data::dataset_type, target_places<K, Data>, inputs::count>::type;

  template <int K, class Data>
  static auto const& target_column(Data const& data) {
    using found = detail::dataset_places<typename Data::dataset_type, target_places<K, Data>>;
    return found::template column_for<inputs::count>(data);
  }
  template <class Data, int... K>
  void copy_in(Data const& data, std::int64_t begin, std::int64_t rows, std::integer_sequence<int, K...>) {
    using found = detail::dataset_places<typename Data::dataset_type, places>;
    (detail::copy_numbers(input<K>(0), found::template column_for<K>(data).row(begin), rows * input_shape<K>::size),
     ...);
  }
  /// Whether tensors have the types that are needed, those behind the inputs without const.
  template <class Needed, class... Given>
  static constexpr bool is_called_right = [] {
    constexpr bool is_const[] = {std::is_const_v<Given>...};
    for (int k = inputs::count; k < static_cast<int>(sizeof...(Given)); ++k)
      if (is_const[k]) return false;
    return std::is_same_v<std::tuple<std::remove_const_t<Given>...>, Needed>;
  }();
  template <int Rows, int... I, int... O, class... Given>
  void call(std::integer_sequence<int, I...>, std::integer_sequence<int, O...>, Given&... given) {
    using needed = std::tuple<typename input_shape<I>::template batch_tensor<Rows>...,
                              typename output_shape<O>::template batch_tensor<Rows>...>;
    static_assert(
        is_called_right<needed, Given...>,
        "ashlar: a predictor is called with a tensor for each input in their order, then one for each output, "
        "axis 0 of all of them the samples (this message states what was given and what is needed)");
    if constexpr (is_called_right<needed, Given...>) {
      auto const all = std::tie(given...);
      (detail::copy_numbers(input<I>(0), std::get<I>(all).data(), Rows * input_shape<I>::size), ...);
      run(Rows);
      (detail::copy_numbers(std::get<inputs::count + O>(all).data(), output<O>(), Rows * output_shape<O>::size), ...);
    }
  }
  template <int... K>
  void check(std::int64_t rows, std::integer_sequence<int, K...>) {
    (detail::check_input<program, K>(input<K>(0), rows * input_shape<K>::size, names.arguments[K],
                                     [] { return "predict"; }),
     ...);
  }

  static constexpr detail::given_names names{
      detail::names_of<typename detail::entries_of<typename Model::input_spec>::type>::value, inputs::count};

  Model const& net_;
  typename Model::policy::template runner<program> runner_;
};

}  // namespace ashlar::inline ASHLAR_ABI
