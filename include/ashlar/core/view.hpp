// SPDX-License-Identifier: MIT
#pragma once
#include <cassert>
#include <concepts>
#include <cstdint>
#include <span>
#include <string>
#include <type_traits>
#include <utility>

#include <ashlar/core/config.hpp>
#include <ashlar/core/error.hpp>
#include <ashlar/core/indexing.hpp>
#include <ashlar/core/shape.hpp>

namespace ashlar::inline ASHLAR_ABI {

/// Elements of someone else's memory as a tensor of shape [Dims...]: a pointer and a stride per axis. T may be const.
/// Copying or assigning a view changes what it looks at; `copy` moves elements.
template <class T, int... Dims>
class view {
  static_assert(detail::check_tensor_type<std::remove_const_t<T>, Dims...>());

 public:
  /// The type of an element.
  using value_type = std::remove_const_t<T>;
  static constexpr int rank = sizeof...(Dims);  ///< How many axes there are.

  /// A row-major view of memory that holds size() elements.
  ASHLAR_HD constexpr explicit view(T* memory) : data_(memory), strides_(row_major) {}

  /// A view with a stride, in elements, per axis.
  /// example: view<float, 4, 2>(memory, {{2, 1}})
  ASHLAR_HD constexpr view(T* memory, detail::strides const& strides) : data_(memory), strides_(strides) {}

  /// A view of constants from one of variables.
  template <std::same_as<std::remove_const_t<T>> Variable>
  requires std::is_const_v<T> ASHLAR_HD constexpr view(view<Variable, Dims...> const& other)
      : view(other.data(), other.strides()) {}

  /// The extents, outermost first.
  ASHLAR_HD static constexpr ashlar::shape shape() { return make_shape<Dims...>(); }
  /// How many elements it looks at.
  ASHLAR_HD static constexpr std::int64_t size() { return make_shape<Dims...>().size(); }
  /// The element whose indices are all 0.
  ASHLAR_HD constexpr T* data() const { return data_; }
  /// Elements from one index to the next, per axis.
  ASHLAR_HD constexpr detail::strides const& strides() const { return strides_; }

  /// Whether the elements lie in row-major order without gaps.
  constexpr bool is_contiguous() const {
    for (int i = 0; i < rank; ++i)
      if (shape()[i] > 1 && strides_.axis[i] != row_major.axis[i]) return false;
    return true;
  }

  /// The element at one index per axis.
  template <std::integral... Index>
  ASHLAR_HD constexpr T& operator()(Index... index) const {
    if constexpr (detail::check_index_count<sizeof...(Index), rank>())
      return data_[detail::offset_of<Dims...>(strides_.axis, index...)];
    else
      return *data_;
  }

  /// Row i along axis 0, a view of rank - 1.
  template <std::integral Index>
  ASHLAR_HD constexpr auto row(Index i) const {
    static_assert(rank > 0, "view: a scalar has no rows");
    return drop_axis(std::make_integer_sequence<int, rank - 1>{}, static_cast<std::int64_t>(i));
  }

  /// Row i along axis 0; of a view of rank 1, the element itself.
  template <std::integral Index>
  ASHLAR_HD constexpr decltype(auto) operator[](Index i) const {
    static_assert(rank > 0, "view: a scalar has no rows");
    if constexpr (rank == 1)
      return (*this)(i);
    else
      return row(i);
  }

  /// The Length neighbours along an axis that start at `begin`.
  template <int Axis, int Length, std::integral Index>
  constexpr auto slice(Index begin) const {
    static_assert(Axis >= 0 && Axis < rank, "view: slice<Axis, Length>(begin): there is no such axis");
    return narrow<Axis, Length>(std::make_integer_sequence<int, rank>{}, static_cast<std::int64_t>(begin));
  }

  /// The same elements with rows and columns exchanged.
  constexpr auto transpose() const {
    static_assert(rank == 2, "view: transpose() takes a matrix (rank 2)");
    constexpr ashlar::shape now = make_shape<Dims...>();
    return view<T, now[1], now[0]>(data_, {{strides_.axis[1], strides_.axis[0]}});
  }

  /// The same elements in row-major order as another shape.
  /// errors: fails unless the view is contiguous
  template <int... NewDims>
  constexpr view<T, NewDims...> reshape() const {
    static_assert(detail::check_equal_sizes<size(), make_shape<NewDims...>().size()>());
    need_contiguous("reshape");
    return view<T, NewDims...>(data_);
  }

  /// The elements of a contiguous view in row-major order.
  /// errors: fails unless the view is contiguous
  constexpr std::span<T> span() const {
    need_contiguous("span");
    return {data_, static_cast<std::size_t>(size())};
  }

  /// Calls visit(element) in row-major order.
  template <class Visitor>
  constexpr void for_each(Visitor&& visit) const {
    visit_from<0>(data_, visit);
  }

  /// Sets every element.
  constexpr void fill(value_type value) const requires(!std::is_const_v<T>) {
    for_each([&](T& element) { element = value; });
  }

  /// A scalar view is its element.
  ASHLAR_HD constexpr operator T&() const requires(rank == 0) { return *data_; }

 private:
  static constexpr detail::strides row_major = detail::row_major_strides(make_shape<Dims...>());

  constexpr void need_contiguous(char const* what) const {
    if (!is_contiguous())
      fail(std::string("view ") + detail::shape_text(shape()) + ": " + what +
           " needs neighbours in memory; copy the view into a tensor first");
  }

  template <int... Axis>
  ASHLAR_HD constexpr auto drop_axis(std::integer_sequence<int, Axis...>, std::int64_t i) const {
    assert(i >= 0 && i < shape()[0] && "row out of range");
    return view<T, make_shape<Dims...>()[Axis + 1]...>(data_ + i * strides_.axis[0], {{strides_.axis[Axis + 1]...}});
  }

  template <int Narrowed, int Length, int... Axis>
  constexpr auto narrow(std::integer_sequence<int, Axis...>, std::int64_t begin) const {
    assert(begin >= 0 && begin + Length <= shape()[Narrowed] && "slice out of range");
    return view<T, (Axis == Narrowed ? Length : make_shape<Dims...>()[Axis])...>(
        data_ + begin * strides_.axis[Narrowed], strides_);
  }

  template <int Axis, class Visitor>
  constexpr void visit_from(T* element, Visitor& visit) const {
    if constexpr (Axis == rank) {
      visit(*element);
    } else {
      for (int i = 0; i < shape()[Axis]; ++i) visit_from<Axis + 1>(element + i * strides_.axis[Axis], visit);
    }
  }

  T* data_;
  detail::strides strides_;
};

/// Copies elements from one view to another of the same shape; the two must not overlap.
template <class From, class To, int... Dims>
requires(std::same_as<std::remove_const_t<From>, To>) constexpr void copy(view<From, Dims...> const& from,
                                                                          view<To, Dims...> const& to) {
  if constexpr (sizeof...(Dims) == 0) {
    to() = from();
  } else {
    for (int i = 0; i < from.shape()[0]; ++i) copy(from.row(i), to.row(i));
  }
}

/// Whether all elements are equal (a NaN is equal to nothing).
template <class Left, class Right, int... Dims>
requires(std::same_as<std::remove_const_t<Left>, std::remove_const_t<Right>>) constexpr bool operator==(
    view<Left, Dims...> const& left, view<Right, Dims...> const& right) {
  if constexpr (sizeof...(Dims) == 0) {
    return left() == right();
  } else {
    for (int i = 0; i < left.shape()[0]; ++i)
      if (!(left.row(i) == right.row(i))) return false;
    return true;
  }
}

}  // namespace ashlar::inline ASHLAR_ABI
