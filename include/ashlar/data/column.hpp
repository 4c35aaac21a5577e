// SPDX-License-Identifier: MIT
#pragma once
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include <ashlar/core/config.hpp>
#include <ashlar/core/error.hpp>
#include <ashlar/core/shape.hpp>
#include <ashlar/core/signature.hpp>
#include <ashlar/core/tensor.hpp>

namespace ashlar::inline ASHLAR_ABI {
namespace detail {

[[noreturn]] ASHLAR_COLD inline void refuse_order(char const* found, std::size_t number, std::size_t rows) {
  refuse_numbers({.place = "reorder",
                  .found = found,
                  .expected = "each of % rows exactly once",
                  .numbers = {static_cast<std::int64_t>(number), static_cast<std::int64_t>(rows)}});
}
/// errors: fails where an order does not name each of `rows` rows once
ASHLAR_COLD inline void check_order(std::span<std::uint32_t const> order, std::size_t rows) {
  if (order.size() != rows) refuse_order("an order of %", order.size(), rows);
  std::vector<char> seen(rows);
  for (std::uint32_t row : order) {
    if (row >= rows || seen[row]) refuse_order(row < rows ? "row % twice" : "row %", row, rows);
    seen[row] = 1;
  }
}

}  // namespace detail

/// One quantity of each sample: numbers of one shape for each, one behind the other in memory.
/// shape: [size, Dims...]
/// errors: a number of numbers that is no multiple of a row's
/// example: column<float, 1, 8, 8> images(std::move(pixels));
template <class T, int... Dims>
class column : public signature::owner {
  static_assert((true && ... && (Dims > 0)), "ashlar: column<T, Dims...>: every extent must be at least 1");
  static_assert(!std::is_same_v<T, bool>, "ashlar: column<T, Dims...>: of truth values is one of std::uint8_t");

 public:
  /// The type of its numbers.
  using element_type = T;
  /// Numbers in one row.
  static constexpr std::int64_t row_size = make_shape<Dims...>().size();

  /// No rows.
  column() = default;
  /// These numbers.
  ASHLAR_COLD explicit column(std::vector<T> numbers) : numbers_(std::move(numbers)) {
    if (numbers_.size() % row_size != 0)
      detail::refuse_numbers({.place = "column",
                              .found = "% numbers",
                              .expected = "a multiple of %, the numbers in a row",
                              .numbers = {static_cast<std::int64_t>(numbers_.size()), row_size}});
  }
  /// A copy of a tensor whose axis 0 are the samples.
  template <int N>
  ASHLAR_COLD explicit column(tensor<T, N, Dims...> const& t) : numbers_(t.data(), t.data() + t.size()) {}

  /// How many rows there are.
  std::int64_t size() const { return static_cast<std::int64_t>(numbers_.size()) / row_size; }
  /// The numbers of all rows.
  std::span<T const> numbers() const { return numbers_; }
  /// The `row_size` numbers of row i, outermost extent first.
  T const* row(std::int64_t i) const { return numbers_.data() + i * row_size; }

  /// Puts the rows into another order: row order[i] comes to place i.
  /// errors: fails where the order does not name each row once
  ASHLAR_COLD void reorder(std::span<std::uint32_t const> order) {
    detail::check_order(order, static_cast<std::size_t>(size()));
    auto const at = [from = numbers_.data()](std::size_t r) { return from + static_cast<std::int64_t>(r) * row_size; };
    auto const copy_row = [](T* to, T const* from) {
      std::memcpy(to, from, sizeof(T) * static_cast<std::size_t>(row_size));
    };
    std::vector<T> aside(static_cast<std::size_t>(row_size));
    std::vector<char> moved(order.size());
    for (std::size_t start = 0; start < order.size(); ++start) {  // each cycle moves through one row kept aside
      if (moved[start] || order[start] == start) continue;
      copy_row(aside.data(), at(start));
      std::size_t to = start;
      for (std::size_t from = order[to]; from != start; from = order[to]) {
        copy_row(at(to), at(from));
        moved[to] = 1;
        to = from;
      }
      copy_row(at(to), aside.data());
      moved[to] = 1;
    }
  }
  /// Takes the rows from number `first` on away, and returns them.
  /// errors: fails where there are fewer rows
  ASHLAR_COLD column split_off(std::int64_t first) {
    if (first < 0 || first > size())
      detail::refuse_numbers({.place = "split_off",
                              .found = "row %",
                              .expected = "0 to %, the number of rows",
                              .numbers = {first, size()}});
    auto const cut = numbers_.begin() + first * row_size;
    column back(std::vector<T>(cut, numbers_.end()));
    numbers_.erase(cut, numbers_.end());
    return back;
  }
  /// Gives the numbers away.
  std::vector<T> release() && { return std::exchange(numbers_, {}); }

 private:
  std::vector<T> numbers_;
};
/// The column that holds a copy of a tensor.
template <class T, int N, int... Dims>
column(tensor<T, N, Dims...> const&) -> column<T, Dims...>;

}  // namespace ashlar::inline ASHLAR_ABI
