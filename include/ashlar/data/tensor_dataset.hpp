// SPDX-License-Identifier: MIT
#pragma once
#include <tuple>

#include <ashlar/data/dataset.hpp>

namespace ashlar::inline ASHLAR_ABI {
namespace detail {

template <class X>
inline constexpr bool is_column = false;
template <class T, int... D>
inline constexpr bool is_column<column<T, D...>> = true;

/// What stands in a dataset: a column, which has no name, or one with its name.
template <class X>
struct named_column {
  using type = X;
  static constexpr bool is_one = is_column<X>;
  static constexpr char const* name = "";
  static X& of(X& x) { return x; }
  static X const& of(X const& x) { return x; }
};
template <class Entry>
requires requires(Entry const& e) { e.what; }
struct named_column<Entry> {
  using type = typename Entry::type;
  static constexpr bool is_one = is_column<type>;
  static constexpr char const* name = Entry::name;
  static type& of(Entry& e) { return e.what; }
  static type const& of(Entry const& e) { return e.what; }
};

[[noreturn]] ASHLAR_COLD inline void refuse_columns(int number, char const* name, std::int64_t found,
                                                    std::int64_t expected) {
  fail(error_parts{.place = "tensor_dataset",
                   .problem = "column " + std::to_string(number) + (name[0] ? std::string(", '") + name + "'," : "") +
                              " has {found} rows; the first one has {expected}",
                   .found = std::to_string(found),
                   .expected = std::to_string(expected)});
}

}  // namespace detail

/// Samples of several quantities, inputs or targets: columns with as many rows each, which have names, or an order:
/// first the inputs, then the targets.
/// errors: columns of different sizes; more than 2^32 - 1 samples
/// example: tensor_dataset data{named<"image">(column<float, 1, 8, 8>(pixels)), named<"digit">(column(labels))};
template <class... Columns>
class tensor_dataset : detail::any_samples {
  static_assert(sizeof...(Columns) > 0 && (detail::named_column<Columns>::is_one && ...),
                "ashlar: tensor_dataset(...) takes columns, or named<\"...\">(column): column<float, 4>(numbers), or "
                "column(tensor)");

 public:
  /// What it is, where another class is derived of it.
  using dataset_type = tensor_dataset;

  /// No samples.
  tensor_dataset() = default;
  /// The samples of these columns.
  ASHLAR_COLD explicit tensor_dataset(Columns... all) : all_(std::move(all)...) {
    [this]<std::size_t... K>(std::index_sequence<K...>) {
      (check(static_cast<int>(K) + 1, detail::named_column<Columns>::name, get<static_cast<int>(K)>().size()), ...);
    }
    (std::index_sequence_for<Columns...>{});
    detail::check_sample_count(size());
  }

  /// How many samples there are.
  std::int64_t size() const { return get<0>().size(); }
  /// Column number K, without its name.
  template <int K>
  auto const& get() const {
    static_assert(K >= 0 && K < static_cast<int>(sizeof...(Columns)), "ashlar: the dataset has not so many columns");
    using one = std::tuple_element_t<static_cast<std::size_t>(K), std::tuple<Columns...>>;
    return detail::named_column<one>::of(std::get<static_cast<std::size_t>(K)>(all_));
  }

  /// Puts the samples into another order: sample order[i] comes to place i.
  /// errors: fails where the order does not name each sample once
  ASHLAR_COLD void reorder(std::span<std::uint32_t const> order) {
    std::apply([&](Columns&... each) { (detail::named_column<Columns>::of(each).reorder(order), ...); }, all_);
  }
  /// Takes the samples from number `first` on away, and returns them.
  /// errors: fails where there are fewer samples
  ASHLAR_COLD tensor_dataset split_off(std::int64_t first) {
    return std::apply(
        [&](Columns&... each) {
          return tensor_dataset(Columns(detail::named_column<Columns>::of(each).split_off(first))...);
        },
        all_);
  }

 private:
  void check(int number, char const* name, std::int64_t rows) const {
    if (rows != size()) detail::refuse_columns(number, name, rows, size());
  }
  std::tuple<Columns...> all_;
};

}  // namespace ashlar::inline ASHLAR_ABI
