// SPDX-License-Identifier: MIT
#pragma once
#include <cmath>
#include <cstring>
#include <limits>
#include <string>

#include <ashlar/data/tensor_dataset.hpp>
#include <ashlar/train/given.hpp>
#include <ashlar/train/requirements.hpp>

/// Which column of a dataset is for which input or target of a network, and whether it fits.
namespace ashlar::inline ASHLAR_ABI::detail {

template <class Column>
struct column_value;
template <class T, int... D>
struct column_value<column<T, D...>> {
  using type = basic_value<T, 1, D...>;
};
/// The value that one row of a column is.
template <class Column>
using value_of_column = typename column_value<typename named_column<Column>::type>::type;

template <int Columns, int Needed, class... Places>
struct dataset_of_other_columns {
  template <class Path>
  struct report {
    static_assert(Columns == Needed,
                  "ashlar: a dataset has a column for each input and then one for each target; columns with names may "
                  "stand in any order (this message states how many there are without a name and are needed, and for "
                  "what)");
  };
};
template <class Name, class What, class... Columns>
struct dataset_without_a_column {
  template <class Path>
  struct report {
    static_assert(std::is_same_v<Name, Path>,
                  "ashlar: the dataset has no column for this input or target: where it has a name, the column has the "
                  "same; where it has none, the column has none (this message states its name, what it is, and the "
                  "columns that there are)");
  };
};
template <class... Columns>
struct columns_of_one_name {
  template <class Path>
  struct report {
    static_assert(std::is_same_v<Path, int>,
                  "ashlar: two columns of a dataset have one name (this message states the columns)");
  };
};
template <class Given, class Needed>
struct column_of_another_shape {
  template <class Path>
  struct report {
    static_assert(std::is_same_v<Given, Needed>,
                  "ashlar: the dtype and the extents of a dataset's column must be those of the network's input, or of "
                  "the objective's target: labels are std::int32_t (this message states a row of the column, and what "
                  "is needed)");
  };
};

/// The columns of a dataset in which inputs and targets of these names are looked for: by name, and those without one
/// in their order; where no column has a name, all in their order.
template <class Places, class Columns>
struct column_search;
template <class... Place, class... Column>
struct column_search<value_list<Place...>, value_list<Column...>> {
  static constexpr int columns = sizeof...(Column), places = sizeof...(Place);
  static constexpr bool by_order = (true && ... && !named_column<Column>::name[0]);
  /// Of the columns, and of the places, how many have no name.
  static constexpr int nameless_columns = (0 + ... + !named_column<Column>::name[0]);
  static constexpr int nameless_places = by_order ? places : (0 + ... + !Place::name[0]);

  /// The column for a place; -1: there is none.
  static constexpr int of(int place) {
    char const* const names[] = {Place::name..., ""};
    if (by_order) return place < columns ? place : -1;
    if (names[place][0]) return find_name<named_column<Column>...>(names[place]);
    int before = 0;
    for (int p = 0; p < place; ++p) before += !names[p][0];
    bool const has_none[] = {!named_column<Column>::name[0]..., false};
    for (int k = 0; k < columns; ++k)
      if (has_none[k] && before-- == 0) return k;
    return -1;
  }
  static constexpr bool one_name_twice() {
    char const* const names[] = {named_column<Column>::name..., ""};
    for (int k = 0; k < columns; ++k)
      if (names[k][0] && find_name<named_column<Column>...>(names[k], k + 1) >= 0) return true;
    return false;
  }
};

/// Whether a dataset has a column for place K, of the value that is needed there.
template <int K, class Places, class... Column, class Needed>
constexpr auto column_verdict(value_list<Column...>, Needed) {
  constexpr int k = column_search<Places, value_list<Column...>>::of(K);
  if constexpr (k < 0) {
    using lone = element_at<K, Places>;
    return misfit<layer_path<>, dataset_without_a_column<typename lone::letters, typename lone::type, Column...>>{};
  } else {
    using given = value_of_column<element_at<k, value_list<Column...>>>;
    if constexpr (same_samples<given, Needed>)
      return fits{};
    else
      return misfit<layer_path<>, column_of_another_shape<given, Needed>>{};
  }
}

/// What is read of a dataset for places, whose names are Places: inputs, and then targets.
template <class Data, class Places>
struct dataset_places;

template <class... Column, class... Place>
struct dataset_places<tensor_dataset<Column...>, value_list<Place...>> {
  using places = value_list<Place...>;
  using columns = value_list<Column...>;
  using search = column_search<places, columns>;

  /// Whether there is a column for each of the first places, whose values are these. IsAll: these are all places, and
  /// columns without a name are for them alone.
  template <bool IsAll, class... V>
  static constexpr auto verdict(value_list<V...> needed) {
    constexpr bool is_one_each = !IsAll || search::nameless_columns == search::nameless_places;
    if constexpr (search::one_name_twice())
      return misfit<layer_path<>, columns_of_one_name<Column...>>{};
    else if constexpr (!is_one_each)
      return misfit<layer_path<>,
                    dataset_of_other_columns<search::nameless_columns, search::nameless_places, Place...>>{};
    else
      return each(needed, std::make_integer_sequence<int, static_cast<int>(sizeof...(V))>{});
  }
  /// The column for place K.
  template <int K>
  static auto const& column_for(tensor_dataset<Column...> const& data) {
    return data.template get<search::of(K)>();
  }

 private:
  template <class... V, int... K>
  static constexpr auto each(value_list<V...>, std::integer_sequence<int, K...>) {
    if constexpr (some_misfit<decltype(column_verdict<K, places>(columns{}, V{}))...>)
      return first_misfit<decltype(column_verdict<K, places>(columns{}, V{}))...>{};
    else
      return fits{};
  }
};

/// A dataset of one input and one target needs no names, and its numbers become those that the network takes.
template <class Target, int... D, class Places>
struct dataset_places<basic_dataset<Target, D...>, Places> {
  template <int K>
  static auto const& column_for(basic_dataset<Target, D...> const& data) {
    return data.template get<(K > 0)>();
  }
};

template <class Data>
struct target_of_dataset;
template <class Target, int... D>
struct target_of_dataset<basic_dataset<Target, D...>> {
  using type = Target;
};
/// What a target of a dataset of one input and one target is.
template <class Data>
using target_of = typename target_of_dataset<Data>::type;

template <class Data>
inline constexpr bool is_tensor_dataset = false;
template <class... Column>
inline constexpr bool is_tensor_dataset<tensor_dataset<Column...>> = true;

/// Whether a dataset has columns for inputs, which are Input, and for targets. Places are the names of both, and maybe
/// of more that nobody asks for: then IsAll is false.
/// errors: does not compile where a dataset of one input and one target does not fit
template <bool IsAll, class Data, class Places, class Input, class... V, class... T>
constexpr auto dataset_verdict(value_list<V...>, value_list<T...> = value_list<>{}) {
  if constexpr (is_tensor_dataset<Data>) {
    return dataset_places<Data, Places>::template verdict<IsAll>(value_list<V..., T...>{});
  } else {
    using first = sample_of<element_at<0, value_list<V...>>>;
    dataset_has_all<static_cast<int>(sizeof...(V)), static_cast<int>(sizeof...(T))>();
    dataset_fits<Data::sample_size, first::size, Data, Input>();
    return fits{};
  }
}

/// A row of the column of a dataset that place K reads; void: there is none.
template <class Data, class Places, int K>
struct row_read;
template <class... Column, int K>
struct row_read<tensor_dataset<Column...>, void, K> {
  using type = void;
};
template <class Target, int... D, class Places, int K>
struct row_read<basic_dataset<Target, D...>, Places, K> {
  using type = typename batched_value<Target, 1>::type;
};
template <class... Column, class Places, int K>
struct row_read<tensor_dataset<Column...>, Places, K> {
  static constexpr auto of() {
    constexpr int k = column_search<Places, value_list<Column...>>::of(K);
    if constexpr (k < 0)
      return;
    else
      return value_of_column<element_at<k, value_list<Column...>>>{};
  }
  using type = decltype(of());
};

/// The name that a model states for its only target; else none.
template <class Target>
struct stated_name {
  using type = signature::entry<"", int>;
};
template <fixed_string Name, class What>
struct stated_name<signature::entry<Name, What>> {
  using type = signature::entry<Name, What>;
};
template <class Target>
struct stated_name<targets_type<Target>> : stated_name<Target> {};

/// The names of inputs, and of the target that output K is measured by: of several outputs the output's, where columns
/// have names at all (void: they have none); of one that which the model states for its target, the output's, or none.
template <class Data, class Inputs, class Target, class Outputs, int K>
struct target_search {
  using type = typename joined_list<Inputs, value_list<element_at<K, Outputs>>>::type;
};
template <class... Column, class... Input, class Target, class... Output, int K>
struct target_search<tensor_dataset<Column...>, value_list<Input...>, Target, value_list<Output...>, K> {
  template <class Entry>
  using joined = value_list<Input..., Entry>;
  template <class Entry>
  static constexpr bool has = Entry::name[0] && find_name<named_column<Column>...>(Entry::name) >= 0;
  using stated = typename stated_name<Target>::type;
  using output = element_at<K, value_list<Output...>>;
  static constexpr auto pick() {
    if constexpr (sizeof...(Output) == 1 && has<stated>)
      return joined<stated>{};
    else if constexpr (has<output>)
      return joined<output>{};
    else if constexpr (sizeof...(Output) == 1)
      return joined<signature::entry<"", typename output::type>>{};
  }
  using type = decltype(pick());
};

template <class V>
inline constexpr bool is_floating_value = false;
template <class T, int... D>
inline constexpr bool is_floating_value<basic_value<T, D...>> = std::is_floating_point_v<T>;
/// Whether samples of two values have the same extents, where those of 1 do not count.
template <class A, class B>
inline constexpr bool same_samples_but_ones = false;
template <class T, int N, int... D, class U, int M, int... E>
inline constexpr bool same_samples_but_ones<basic_value<T, N, D...>, basic_value<U, M, E...>> = [] {
  int const a[] = {D..., 0}, b[] = {E..., 0};
  int i = 0, k = 0;
  for (;; ++i, ++k) {
    while (a[i] == 1) ++i;
    while (b[k] == 1) ++k;
    if (a[i] != b[k] || a[i] == 0) return a[i] == b[k];
  }
}();

/// What can be said of an output beside targets like these: nothing, its accuracy, or its mean squared error.
enum class measure { none, accuracy, mean_squared_error };
template <class Row, class Output>
inline constexpr measure measure_of =
    is_floating_value<Row>&& same_samples_but_ones<Row, Output> ? measure::mean_squared_error : measure::none;
template <class Output>
inline constexpr measure measure_of<basic_value<std::int32_t, 1>, Output> =
    sample_of<Output>::size > 1 ? measure::accuracy : measure::none;

/// errors: does not compile where an output cannot be compared with targets like these
template <class Row, class Output>
consteval void numbers_like_outputs() {
  outputs_like_targets<is_floating_value<Row>, measure_of<Row, Output> == measure::mean_squared_error, Row, Output>();
}

template <class Row, class Place, class Data>
struct accuracy_without_labels {
  template <class Path>
  struct report {
    static_assert(std::is_same_v<Row, basic_value<std::int32_t, 1>>,
                  "ashlar: accuracy: the dataset has no column of labels, one std::int32_t for each sample, for this "
                  "output of several classes (of several outputs by the output's name); of numbers there is "
                  "mean_squared_error (this message states a row of the column, the output, the dataset)");
  };
};

[[noreturn]] ASHLAR_COLD inline void refuse_fraction(float number) {
  fail(error_parts{
      .place = "dataset", .found = std::to_string(number), .expected = "whole numbers that the network's input holds"});
}
/// Copies `count` numbers, which become those of To.
/// errors: fails where To are whole numbers and one is none, or out of their range
template <class To, class From>
void copy_numbers(To* to, From const* from, std::int64_t count) {
  if constexpr (std::is_same_v<To, From>) {
    std::memcpy(to, from, static_cast<std::size_t>(count) * sizeof(To));
  } else {
    for (std::int64_t i = 0; i < count; ++i) {
      if constexpr (std::is_integral_v<To> && !std::is_integral_v<From>) {
        constexpr auto least = static_cast<double>(std::numeric_limits<To>::min());
        constexpr auto end = 2.0 * static_cast<double>(std::numeric_limits<To>::max() / 2 + 1);
        double const number = static_cast<double>(from[i]);
        if (!(number >= least && number < end) || number != std::trunc(number)) refuse_fraction(from[i]);
      }
      to[i] = static_cast<To>(from[i]);
    }
  }
}

}  // namespace ashlar::inline ASHLAR_ABI::detail
