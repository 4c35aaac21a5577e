// SPDX-License-Identifier: MIT
#pragma once
#include <ashlar/core/config.hpp>

namespace ashlar::inline ASHLAR_ABI::detail {

/// A growing array for constant evaluation: the compiler's own working memory, also usable at run time.
template <class T>
class list {
 public:
  constexpr list() = default;
  constexpr list(int count, T const& value) {
    reserve(count);
    for (int i = 0; i < count; ++i) items[i] = value;
    size_ = count;
  }
  constexpr list(list const& other) {
    reserve(other.size_);
    for (int i = 0; i < other.size_; ++i) items[i] = other.items[i];
    size_ = other.size_;
  }
  constexpr list(list&& other) noexcept : items(other.items), size_(other.size_), capacity_(other.capacity_) {
    other.items = nullptr;
    other.size_ = other.capacity_ = 0;
  }
  constexpr list& operator=(list other) noexcept {
    swap(other);
    return *this;
  }
  constexpr ~list() {
    if (capacity_) delete[] items;
  }

  constexpr void swap(list& other) noexcept {
    T* data = items;
    items = other.items;
    other.items = data;
    int n = size_;
    size_ = other.size_;
    other.size_ = n;
    n = capacity_;
    capacity_ = other.capacity_;
    other.capacity_ = n;
  }
  /// Shows an array of somebody else's until the list grows; it must not be written to before.
  constexpr void borrow(T const* from, int count) {
    if (capacity_) delete[] items;
    items = const_cast<T*>(from);
    size_ = count;
    capacity_ = 0;
  }
  constexpr void reserve(int count) {
    if (count <= capacity_) return;
    T* larger = new T[static_cast<unsigned>(count)];
    for (int i = 0; i < size_; ++i) larger[i] = static_cast<T&&>(items[i]);
    if (capacity_) delete[] items;
    items = larger;
    capacity_ = count;
  }
  constexpr void push(T const& value) {
    if (size_ >= capacity_) reserve(size_ < 4 ? 8 : 2 * size_);
    items[size_++] = value;
  }
  constexpr void append(list const& more) {
    if (size_ + more.size_ > capacity_) reserve(2 * (size_ + more.size_));
    for (int i = 0; i < more.size_; ++i) items[size_ + i] = more.items[i];
    size_ += more.size_;
  }
  constexpr void insert(int at, T const& value) {
    push(value);
    for (int i = size_ - 1; i > at; --i) items[i] = items[i - 1];
    items[at] = value;
  }
  constexpr void erase(int at) {
    for (int i = at; i + 1 < size_; ++i) items[i] = items[i + 1];
    --size_;
  }
  constexpr void clear() { size_ = 0; }
  constexpr T pop() { return items[--size_]; }
  constexpr void resize(int count, T const& value) {
    reserve(count);
    for (int i = size_; i < count; ++i) items[i] = value;
    size_ = count;
  }
  constexpr int find(T const& value) const {
    for (int i = 0; i < size_; ++i)
      if (items[i] == value) return i;
    return -1;
  }

  constexpr int size() const { return size_; }
  constexpr bool empty() const { return size_ == 0; }
  constexpr T& operator[](int i) { return items[i]; }
  constexpr T const& operator[](int i) const { return items[i]; }
  constexpr T& back() { return items[size_ - 1]; }
  constexpr T const& back() const { return items[size_ - 1]; }
  constexpr T const* begin() const { return items; }
  constexpr T const* end() const { return items + size_; }
  constexpr T* begin() { return items; }
  constexpr T* end() { return items + size_; }

  T* items = nullptr;  // in the open: the compilers count every call of a constant expression

 private:
  int size_ = 0;
  int capacity_ = 0;
};

}  // namespace ashlar::inline ASHLAR_ABI::detail
