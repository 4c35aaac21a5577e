// SPDX-License-Identifier: MIT
#pragma once
#include <tuple>
#include <vector>

#include <ashlar/train/predictor.hpp>

namespace ashlar::inline ASHLAR_ABI {
namespace detail {

template <class... V>
constexpr std::int64_t numbers_in(value_list<V...>) {
  return (0 + ... + V::size());
}
/// How many samples predict and accuracy run at a time.
template <class Input>
inline constexpr int prediction_batch = numbers_in(batched_values<Input, 1>{}) <= 16384 ? 64 : 4;
template <class Model>
using default_predictor = predictor<Model, prediction_batch<typename Model::input_spec>>;

/// Whether there is a tensor for each input of a model, and they fit.
template <class Input, class... Given>
constexpr auto predict_verdict() {
  using places = typename entries_of<Input>::type;
  using given = value_list<Given...>;
  using matched = decltype(given_verdict(places{}, given{}));
  if constexpr (any_misfit<matched>) {
    return matched{};
  } else {
    constexpr auto found =
        fitting<places, given>(batched_values<Input, 1>{}, std::make_integer_sequence<int, places::count>{});
    if constexpr (found.rows != found.others)
      return misfit<layer_path<>, other_number_of_rows<found.rows, found.others>>{};
    else if constexpr (found.unfit >= 0)
      return misfit<layer_path<>,
                    predicted_from_another_shape<typename given_at<found.unfit, places, given>::value,
                                                 element_at<found.unfit, batched_values<Input, found.rows>>>>{};
    else
      return fits{};
  }
}

/// The tensors of a network's outputs for N samples.
template <int N, class Y>
struct output_tensors {
  typename sample_of<Y>::template batch_tensor<N> all;

  template <int K>
  auto* at() {
    return all.data();
  }
  auto result() { return std::move(all); }
};
template <int N, class... E>
struct output_tensors<N, network_outputs<E...>> {
  template <class V>
  using tensor_like = typename sample_of<V>::template batch_tensor<N>;
  std::tuple<tensor_like<typename E::type>...> all;

  template <int K>
  auto* at() {
    return std::get<static_cast<std::size_t>(K)>(all).data();
  }
  auto result() { return result(std::index_sequence_for<E...>{}); }

 private:
  template <std::size_t... K>
  auto result(std::index_sequence<K...>) {
    return network_outputs<typename E::template renamed<tensor_like<typename E::type>>...>(
        std::move(std::get<K>(all))...);
  }
};

/// Predicts from tensors in the order of the inputs.
template <class Model, class... Tensor, int... Input, int... Output>
auto predict_in_order(Model const& net, std::integer_sequence<int, Input...>, std::integer_sequence<int, Output...>,
                      Tensor const&... samples) {
  using runner = default_predictor<Model>;
  constexpr int rows_given[] = {given_tensor<Tensor>::rows...};
  constexpr int count = rows_given[0], batch = prediction_batch<typename Model::input_spec>;
  runner p(net);
  output_tensors<count, typename runner::recorder::output_value> results;
  for (std::int64_t begin = 0; begin < count; begin += batch) {
    std::int64_t const rows = count - begin < batch ? count - begin : batch;
    auto copy = [rows, begin](auto* to, auto const* from, std::int64_t size, bool into) {
      std::memcpy(into ? to : to + begin * size, into ? from + begin * size : from,
                  static_cast<std::size_t>(rows * size) * sizeof *to);
    };
    (copy(p.template input<Input>(0), samples.data(), runner::template input_shape<Input>::size, true), ...);
    p.run(rows);
    (copy(results.template at<Output>(), p.template output<Output>(), runner::template output_shape<Output>::size,
          false),
     ...);
  }
  return results.result();
}

/// The numbers of a network's output; truth values are bytes, which a vector holds one by one.
template <class V>
using numbers_like = std::vector<std::conditional_t<std::is_same_v<typename sample_of<V>::element, bool>, std::uint8_t,
                                                    typename sample_of<V>::element>>;
/// The numbers of a network's outputs for a dataset.
template <class Y>
struct output_numbers {
  numbers_like<Y> all;

  template <int K>
  auto& at() {
    return all;
  }
  auto result() { return std::move(all); }
};
template <class... E>
struct output_numbers<network_outputs<E...>> {
  std::tuple<numbers_like<typename E::type>...> all;

  template <int K>
  auto& at() {
    return std::get<static_cast<std::size_t>(K)>(all);
  }
  auto result() {
    return std::apply(
        [](auto&... each) {
          return network_outputs<typename E::template renamed<numbers_like<typename E::type>>...>(std::move(each)...);
        },
        all);
  }
};

/// Predicts from all samples of a dataset.
template <class Model, class Data>
auto predict_numbers(Model const& net, Data const& data) {
  using runner = default_predictor<Model>;
  runner p(net);
  output_numbers<typename runner::recorder::output_value> results;
  [&]<int... K>(std::integer_sequence<int, K...>) {
    auto const size = static_cast<std::size_t>(data.size());
    (results.template at<K>().resize(size * static_cast<std::size_t>(runner::template output_shape<K>::size)), ...);
    p.each_batch(data, [&](std::int64_t begin, std::int64_t rows) {
      (copy_numbers(results.template at<K>().data() + begin * runner::template output_shape<K>::size,
                    p.template output<K>(), rows * runner::template output_shape<K>::size),
       ...);
    });
  }
  (std::make_integer_sequence<int, runner::outputs::count>{});
  return results.result();
}

}  // namespace detail

/// The network's outputs for N samples: a tensor for each input in their order, or all by name. Of several outputs all,
/// as network_outputs.  shape: [N, sample...]... -> [N, outputs...]
/// cost: makes the memory of its program at each call; predictor keeps it, for who asks row after row
/// errors: fails where an index is out of range, be it of an input or one that the network makes
/// example: auto [digit, value] = predict(net, images, metas);
template <class Net, class Input, class Policy, class Target, class... Given>
requires(!(sizeof...(Given) == 1 &&
           (detail::any_dataset<Given> && ...))) auto predict(model<Net, Input, Policy, Target> const& net,
                                                              Given const&... samples) {
  using Model = model<Net, Input, Policy, Target>;
  using places = typename detail::entries_of<Input>::type;
  using verdict = decltype(detail::predict_verdict<Input, Given...>());
  static_assert(detail::accepted<verdict>);
  if constexpr (!detail::any_misfit<verdict>) {
    using counted = std::make_integer_sequence<int, places::count>;
    using outputs = std::make_integer_sequence<int, detail::default_predictor<Model>::outputs::count>;
    return detail::in_places<places>(
        counted{}, [&](auto const&... t) { return detail::predict_in_order(net, counted{}, outputs{}, t...); },
        samples...);
  }
}
/// What the network makes of every sample of a dataset, sample after sample. Of dataset<...>, which has labels, it is
/// the class: the index of the largest output (shape: [size]). Else it is the outputs' numbers (shape: [size,
/// outputs...]), of several outputs all, as network_outputs of vectors. Columns that are no inputs are not read.
/// example: std::vector<float> const values = predict(net, valid).get<"value">();
template <class Net, class Input, class Policy, class Target, detail::any_dataset Data>
auto predict(model<Net, Input, Policy, Target> const& net, Data const& data) {
  using runner = detail::default_predictor<model<Net, Input, Policy, Target>>;
  if constexpr (!detail::is_tensor_dataset<typename Data::dataset_type>)
    detail::has_one_output<runner::outputs::count>();
  if constexpr (detail::has_labels<Data>) {
    std::vector<std::int32_t> classes(static_cast<std::size_t>(data.size()));
    runner p(net);
    p.each_batch(data, [&](std::int64_t begin, std::int64_t rows) {
      for (std::int64_t r = 0; r < rows; ++r) classes[static_cast<std::size_t>(begin + r)] = p.class_of(r);
    });
    return classes;
  } else {
    return detail::predict_numbers(net, data);
  }
}

}  // namespace ashlar::inline ASHLAR_ABI
