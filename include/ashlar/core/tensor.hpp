// SPDX-License-Identifier: MIT
#pragma once
#include <cassert>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <initializer_list>
#include <new>
#include <span>
#include <string>
#include <type_traits>
#include <utility>

#include <ashlar/core/config.hpp>
#include <ashlar/core/error.hpp>
#include <ashlar/core/indexing.hpp>
#include <ashlar/core/shape.hpp>
#include <ashlar/core/view.hpp>
#include <ashlar/core/view_stream.hpp>

namespace ashlar::inline ASHLAR_ABI {

/// Says that a tensor lies in memory which the caller supplies and keeps alive: tensor<float, 64>(borrow, memory).
struct borrow_tag {};
/// The tag: `tensor<float, 64>(borrow, memory)`.
inline constexpr borrow_tag borrow{};

/// Numbers of shape [Dims...] on the host, row-major in one buffer aligned to 64 bytes, zero at first. A value: copies
/// are deep, and == compares elements. A moved-from tensor may only be assigned to or destroyed.
/// example: tensor<float, 2, 3> x{1, 2, 3, 4, 5, 6};  x(1, 2) == 6
template <class T, int... Dims>
class tensor {
  static_assert(detail::check_tensor_type<T, Dims...>());

 public:
  /// The type of an element.
  using value_type = T;
  static constexpr int rank = sizeof...(Dims);  ///< How many axes there are.

  tensor() : data_(allocate()) { std::memset(data_, 0, bytes); }

  /// A tensor of these elements in row-major order.
  /// errors: fails when their number is not size()
  tensor(std::initializer_list<T> elements) requires(rank > 0)
      : tensor(std::span<T const>(elements.begin(), elements.size())) {}

  /// A tensor of these elements in row-major order.
  /// errors: fails when their number is not size()
  explicit tensor(std::span<T const> elements) : data_(nullptr) {
    if (elements.size() != static_cast<std::size_t>(size()))
      fail("tensor " + detail::shape_text(shape()) + ": " + std::to_string(size()) + " elements are needed, " +
           std::to_string(elements.size()) + " were given");
    data_ = allocate();
    std::memcpy(data_, elements.data(), bytes);
  }

  /// A scalar from its number.
  tensor(T value) requires(rank == 0) : data_(allocate()) { *data_ = value; }

  /// A copy of what a view looks at.
  template <class Element>
  requires std::same_as<std::remove_const_t<Element>, T> tensor(ashlar::view<Element, Dims...> const& elements)
      : data_(allocate()) {
    copy(elements, view());
  }

  /// A tensor in the caller's memory, which holds size() elements and keeps what it holds. Copies of it own theirs;
  /// assigning to it writes there.
  tensor(borrow_tag, T* memory) : data_(memory), owned_(false) {}

  /// A deep copy.
  tensor(tensor const& other) : data_(other.data_ ? allocate() : nullptr) {
    if (data_) std::memcpy(data_, other.data_, bytes);
  }

  /// Takes the elements over; only a borrowed tensor stays borrowed.
  tensor(tensor&& other) noexcept : data_(std::exchange(other.data_, nullptr)), owned_(other.owned_) {}

  /// Copies elements, into the memory that is there.
  tensor& operator=(tensor const& other) {
    if (this == &other) return *this;
    assert(other.data_ && "a moved-from tensor has no elements to copy");
    if (!data_) *this = tensor();
    std::memcpy(data_, other.data_, bytes);
    return *this;
  }

  /// Takes elements over, or copies them where one of the two is borrowed.
  tensor& operator=(tensor&& other) noexcept {
    if (!owned_ || !other.owned_) {
      // Stealing would leave borrowed memory unwritten, or borrow where elements were owned.
      if (data_) return *this = static_cast<tensor const&>(other);
    }
    std::swap(data_, other.data_);
    std::swap(owned_, other.owned_);
    return *this;
  }

  ~tensor() {
    if (owned_ && data_) ::operator delete(data_, alignment);
  }

  /// The extents, outermost first.
  static constexpr ashlar::shape shape() { return make_shape<Dims...>(); }
  /// How many elements there are.
  static constexpr std::int64_t size() { return make_shape<Dims...>().size(); }

  /// The first element in memory.
  T* data() { return data_; }
  /// The first element in memory.
  T const* data() const { return data_; }
  /// The first element in memory.
  T* begin() { return data_; }
  /// The first element in memory.
  T const* begin() const { return data_; }
  /// Behind the last element.
  T* end() { return data_ + size(); }
  /// Behind the last element.
  T const* end() const { return data_ + size(); }
  /// All elements in row-major order.
  std::span<T> span() { return {data_, static_cast<std::size_t>(size())}; }
  /// All elements in row-major order.
  std::span<T const> span() const { return {data_, static_cast<std::size_t>(size())}; }

  /// The element at one index per axis; asserts that each is in range.
  template <std::integral... Index>
  T& operator()(Index... index) {
    return view()(index...);
  }
  /// The element at one index per axis.
  template <std::integral... Index>
  T const& operator()(Index... index) const {
    return view()(index...);
  }

  /// Element i in row-major order.
  T& operator[](std::int64_t i) { return data_[in_range(i)]; }
  /// Element i in row-major order.
  T const& operator[](std::int64_t i) const { return data_[in_range(i)]; }

  /// A view of all elements.
  ashlar::view<T, Dims...> view() { return ashlar::view<T, Dims...>(data_); }
  /// A view of all elements, which it cannot write.
  ashlar::view<T const, Dims...> view() const { return ashlar::view<T const, Dims...>(data_); }

  /// Sets every element.
  void fill(T value) {
    for (T& element : *this) element = value;
  }

  /// A scalar is its number.
  operator T() const requires(rank == 0) { return *data_; }

 private:
  static constexpr std::align_val_t alignment{64};
  static constexpr std::size_t bytes = static_cast<std::size_t>(make_shape<Dims...>().size()) * sizeof(T);

  static T* allocate() { return static_cast<T*>(::operator new(bytes, alignment)); }

  static std::int64_t in_range(std::int64_t i) {
    assert(i >= 0 && i < size() && "index out of range");
    return i;
  }

  T* data_;
  bool owned_ = true;
};

/// A tensor of its own from what a view looks at.
template <class T, int... Dims>
tensor<std::remove_const_t<T>, Dims...> copy(view<T, Dims...> const& elements) {
  return elements;
}

/// Whether all elements are equal (a NaN is equal to nothing).
template <class T, int... Dims>
bool operator==(tensor<T, Dims...> const& left, tensor<T, Dims...> const& right) {
  return left.view() == right.view();
}

/// Streams as its view does.
template <class Stream, class T, int... Dims>
requires requires(Stream& out) { out << "" << 1; }
Stream& operator<<(Stream& out, tensor<T, Dims...> const& x) { return out << x.view(); }

}  // namespace ashlar::inline ASHLAR_ABI
