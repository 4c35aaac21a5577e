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
    for (int i = 0; i < count; ++i) data_[i] = value;
    size_ = count;
  }
  constexpr list(list const& other) {
    reserve(other.size_);
    for (int i = 0; i < other.size_; ++i) data_[i] = other.data_[i];
    size_ = other.size_;
  }
  constexpr list(list&& other) noexcept : data_(other.data_), size_(other.size_), capacity_(other.capacity_) {
    other.data_ = nullptr;
    other.size_ = other.capacity_ = 0;
  }
  constexpr list& operator=(list other) noexcept {
    swap(other);
    return *this;
  }
  constexpr ~list() { delete[] data_; }

  constexpr void swap(list& other) noexcept {
    T* data = data_;
    data_ = other.data_;
    other.data_ = data;
    int n = size_;
    size_ = other.size_;
    other.size_ = n;
    n = capacity_;
    capacity_ = other.capacity_;
    other.capacity_ = n;
  }
  constexpr void reserve(int count) {
    if (count <= capacity_) return;
    T* larger = new T[static_cast<unsigned>(count)]{};
    for (int i = 0; i < size_; ++i) larger[i] = static_cast<T&&>(data_[i]);
    delete[] data_;
    data_ = larger;
    capacity_ = count;
  }
  constexpr void push(T const& value) {
    if (size_ == capacity_) reserve(capacity_ ? 2 * capacity_ : 8);
    data_[size_++] = value;
  }
  constexpr void insert(int at, T const& value) {
    push(value);
    for (int i = size_ - 1; i > at; --i) data_[i] = data_[i - 1];
    data_[at] = value;
  }
  constexpr void erase(int at) {
    for (int i = at; i + 1 < size_; ++i) data_[i] = data_[i + 1];
    --size_;
  }
  constexpr void clear() { size_ = 0; }
  constexpr T pop() { return data_[--size_]; }
  constexpr void resize(int count, T const& value) {
    reserve(count);
    for (int i = size_; i < count; ++i) data_[i] = value;
    size_ = count;
  }
  constexpr int find(T const& value) const {
    for (int i = 0; i < size_; ++i)
      if (data_[i] == value) return i;
    return -1;
  }

  constexpr int size() const { return size_; }
  constexpr bool empty() const { return size_ == 0; }
  constexpr T& operator[](int i) { return data_[i]; }
  constexpr T const& operator[](int i) const { return data_[i]; }
  constexpr T& back() { return data_[size_ - 1]; }
  constexpr T const& back() const { return data_[size_ - 1]; }
  constexpr T const* begin() const { return data_; }
  constexpr T const* end() const { return data_ + size_; }
  constexpr T* begin() { return data_; }
  constexpr T* end() { return data_ + size_; }

 private:
  T* data_ = nullptr;
  int size_ = 0;
  int capacity_ = 0;
};

}  // namespace ashlar::inline ASHLAR_ABI::detail
