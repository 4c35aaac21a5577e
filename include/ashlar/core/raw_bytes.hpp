// SPDX-License-Identifier: MIT
#pragma once
#include <cstddef>
#include <cstdint>
#include <utility>

#include <ashlar/core/config.hpp>

namespace ashlar::inline ASHLAR_ABI::detail {

/// Bytes that nobody has set yet. It moves, and is not copied.
class raw_bytes {
 public:
  raw_bytes() = default;
  explicit raw_bytes(std::int64_t count) : data_(new std::byte[static_cast<std::size_t>(count)]) {}
  raw_bytes(raw_bytes&& other) noexcept : data_(std::exchange(other.data_, nullptr)) {}
  raw_bytes& operator=(raw_bytes&& other) noexcept {
    std::swap(data_, other.data_);
    return *this;
  }
  ~raw_bytes() { delete[] data_; }

  std::byte* data() const { return data_; }

 private:
  std::byte* data_ = nullptr;
};

}  // namespace ashlar::inline ASHLAR_ABI::detail
