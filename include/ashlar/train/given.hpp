// SPDX-License-Identifier: MIT
#pragma once
#include <string>

#include <ashlar/core/error.hpp>
#include <ashlar/core/tensor.hpp>
#include <ashlar/nn/signature.hpp>

/// The tensors that a step or a prediction is given: which is for which input or target, by place or by name, and
/// whether they fit.
namespace ashlar::inline ASHLAR_ABI::detail {

template <class V>
struct sample_of;
template <class T, int B, int... D>
struct sample_of<basic_value<T, B, D...>> {
  using element = T;
  static constexpr std::int64_t size = (std::int64_t{1} * ... * D);
  template <int N>
  using batch_tensor = tensor<T, N, D...>;
};

template <class A, class B>
struct joined_list;
template <class... A, class... B>
struct joined_list<value_list<A...>, value_list<B...>> {
  using type = value_list<A..., B...>;
};

template <class Given>
struct given_tensor {
  static constexpr bool is_tensor = false;
  static constexpr char const* name = "";
};
template <class T, int N, int... D>
struct given_tensor<tensor<T, N, D...>> {
  using type = tensor<T, N, D...>;
  using value = basic_value<T, N, D...>;
  static constexpr bool is_tensor = true;
  static constexpr char const* name = "";
  static constexpr int rows = N;
  static tensor<T, N, D...> const& of(tensor<T, N, D...> const& t) { return t; }
};
template <class Given>
requires requires { typename Given::tensor_type; }
struct given_tensor<Given> : given_tensor<typename Given::tensor_type> {
  static constexpr char const* name = Given::name;
  static typename Given::tensor_type const& of(Given const& t) { return t.tensor; }
};

template <bool AreTensors, class... Given>
struct given_other_things {
  template <class Path>
  struct report {
    static_assert(AreTensors,
                  "ashlar: step takes rows of a dataset or, as predict does, tensors whose axis 0 is the batch, or "
                  "named<\"...\">(tensor) (this message states what was given)");
  };
};
template <int Given, int Needed, class... Places>
struct given_of_other_count {
  template <class Path>
  struct report {
    static_assert(Given == Needed,
                  "ashlar: step takes a tensor for each input and then one for each target, predict one for each input "
                  "(this message states how many were given and are needed, and for what)");
  };
};
template <bool AllOrNone>
struct given_partly_by_name {
  template <class Path>
  struct report {
    static_assert(AllOrNone, "ashlar: step and predict take all tensors by name, or all in their order");
  };
};
template <class Given, class... Places>
struct given_for_nothing {
  template <class Path>
  struct report {
    static_assert(std::is_same_v<Given, Path>,
                  "ashlar: step and predict: there is no input (or target) of this name, or it is given twice, or an "
                  "input and a target both have it: then give all tensors in their order (this message states what "
                  "was given, and the inputs and targets)");
  };
};

template <class Given, class Needed>
struct samples_of_another_shape {
  template <class Path>
  struct report {
    static_assert(std::is_same_v<Given, Needed>,
                  "ashlar: step: the dtype of the samples and their axes after the first must be the network's input "
                  "(this message states what was given, what is needed)");
  };
};
template <class Given, class Needed>
struct targets_of_another_shape {
  template <class Path>
  struct report {
    static_assert(
        std::is_same_v<Given, Needed>,
        "ashlar: step: the targets' dtype and their axes after the first must be those of the objective's target "
        "(this message states what was given, what is needed)");
  };
};
template <class Given, class Needed>
struct predicted_from_another_shape {
  template <class Path>
  struct report {
    static_assert(std::is_same_v<Given, Needed>,
                  "ashlar: predict: the axes of the tensor after the first must be the network's input (this message "
                  "states what was given, what is needed)");
  };
};
template <int Samples, int Others>
struct other_number_of_rows {
  template <class Path>
  struct report {
    static_assert(
        Samples == Others,
        "ashlar: step and predict: there must be one target for each sample, and a sample of each input (this "
        "message states both numbers)");
  };
};
template <int Samples, int Batch>
struct samples_beyond_the_batch {
  template <class Path>
  struct report {
    static_assert(Samples <= Batch,
                  "ashlar: step: there are more samples than the trainer's batch<N> holds (this message states both "
                  "numbers)");
  };
};

/// The number of the tensor that is for place K: an input, or after those a target.
template <int K, class... Place, class... Given>
constexpr int given_for(value_list<Place...>, value_list<Given...>) {
  char const* const given[] = {given_tensor<Given>::name...};
  char const* const places[] = {Place::name...};
  if (!given[0][0]) return K;
  for (int g = 0; g < static_cast<int>(sizeof...(Given)); ++g)
    if (equal_text(given[g], places[K])) return g;
  return -1;
}
/// The number of the first tensor whose name is not that of one place, or that of another tensor; -1: there is none.
template <class... Place, class... Given>
constexpr int given_wrongly(value_list<Place...>, value_list<Given...>) {
  char const* const given[] = {given_tensor<Given>::name...};
  for (int g = 0; g < static_cast<int>(sizeof...(Given)); ++g) {
    int const place = find_name<Place...>(given[g]);
    if (place < 0 || find_name<Place...>(given[g], place + 1) >= 0) return g;
    for (int other = 0; other < g; ++other)
      if (equal_text(given[g], given[other])) return g;
  }
  return -1;
}
/// Whether there is a tensor for each place.
template <class... Place, class... Given>
constexpr auto given_verdict(value_list<Place...> places, value_list<Given...> given) {
  constexpr int count = static_cast<int>(sizeof...(Given)), needed = static_cast<int>(sizeof...(Place));
  constexpr int named = (0 + ... + (given_tensor<Given>::name[0] != 0));
  if constexpr (!(given_tensor<Given>::is_tensor && ...)) {
    return misfit<layer_path<>, given_other_things<false, Given...>>{};
  } else if constexpr (count != needed) {
    return misfit<layer_path<>, given_of_other_count<count, needed, Place...>>{};
  } else if constexpr (named != 0 && named != count) {
    return misfit<layer_path<>, given_partly_by_name<false>>{};
  } else {
    constexpr int wrong = named ? given_wrongly(decltype(places){}, decltype(given){}) : -1;
    if constexpr (wrong < 0)
      return fits{};
    else
      return misfit<
          layer_path<>,
          given_for_nothing<std::tuple_element_t<static_cast<std::size_t>(wrong < 0 ? 0 : wrong), std::tuple<Given...>>,
                            Place...>>{};
  }
}

/// What is given for place K.
template <int K, class Places, class List>
using given_at = given_tensor<element_at<given_for<K>(Places{}, List{}), List>>;
template <class A, class B>
constexpr bool same_samples = false;
template <class T, int N, int M, int... D>
constexpr bool same_samples<basic_value<T, N, D...>, basic_value<T, M, D...>> = true;

/// Whether each tensor has as many rows, and the first place that one does not fit, or -1.
template <class Places, class List, class... V, int... K>
constexpr auto fitting(value_list<V...>, std::integer_sequence<int, K...>) {
  struct {
    int rows = given_at<0, Places, List>::rows, others = rows, unfit = -1;
  } found;
  ((found.others = found.others == found.rows ? given_at<K, Places, List>::rows : found.others), ...);
  ((found.unfit = found.unfit < 0 && !same_samples<typename given_at<K, Places, List>::value, V> ? K : found.unfit),
   ...);
  return found;
}

template <class Given>
auto const& tensor_of_given(Given const& given) {
  return given_tensor<Given>::of(given);
}
/// f(tensors...) with the tensors in the order of their places.
template <class Places, class F, class... Given, int... K>
auto in_places(std::integer_sequence<int, K...>, F f, Given const&... given) {
  auto const all = std::tie(given...);
  return f(tensor_of_given(std::get<static_cast<std::size_t>(given_for<K>(Places{}, value_list<Given...>{}))>(all))...);
}

/// The names of places, as an array.
template <class Places>
struct names_of;
template <class... Place>
struct names_of<value_list<Place...>> {
  static constexpr char const* value[sizeof...(Place) + 1] = {Place::name..., nullptr};
};

/// "an index of the input", where there is only one without a name; else "an index of input 'tokens'".
ASHLAR_COLD inline std::string argument_text(char const* alone, char const* kind, char const* name, int number) {
  if (alone && !name[0]) return alone;
  std::string text = kind;
  if (!name[0]) return text += with_number("%", number + 1);
  text += '\'';
  text += name;
  return text += '\'';
}
[[noreturn]] ASHLAR_COLD inline void refuse_index(std::string const& place, std::string const& problem,
                                                  std::int64_t index, int limit) {
  fail(error_parts{.place = place,
                   .problem = problem,
                   .found = with_number("%", index),
                   .expected = with_number("0 to %", limit - 1)});
}
/// Refuses numbers of input K of Program that are indices where one is out of range; `place()` says where.
template <class Program, int K, class T, class Place>
void check_input(T const* from, std::int64_t count, char const* name, Place const& place) {
  if constexpr (constexpr int limit = Program::tables.inputs[K].index_limit; limit > 0)
    for (std::int64_t i = 0; i < count; ++i)
      if (from[i] < 0 || from[i] >= limit)
        refuse_index(place(),
                     argument_text(Program::recorder::inputs::count == 1 ? "an index of the input" : nullptr,
                                   "an index of input ", name, K) +
                         " is {found}; the network takes {expected}",
                     static_cast<std::int64_t>(from[i]), limit);
}

}  // namespace ashlar::inline ASHLAR_ABI::detail
