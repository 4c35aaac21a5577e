// SPDX-License-Identifier: MIT
#pragma once
#include <cstdint>
#include <cstring>
#include <new>
#include <utility>

#if defined(__linux__)
#include <sys/mman.h>
#endif

#include <ashlar/core/config.hpp>

namespace ashlar::inline ASHLAR_ABI::detail {

/// Reads and writes of memory that the host does not see; they wait for what runs there.
struct memory_access {
  void (*read)(void* to, char const* from, std::int64_t bytes);
  void (*write)(char* to, void const* from, std::int64_t bytes);
};

/// One allocation, aligned for every kernel and zeroed. Where it is large, in large pages if the system has them:
/// kernels read along columns, too, and a page for each of their elements is more than processors remember.
class buffer {
 public:
  buffer() = default;
  explicit buffer(std::int64_t bytes) : bytes_(bytes) {
    if (bytes == 0) return;
    data_ = static_cast<char*>(::operator new(static_cast<std::size_t>(bytes), alignment()));
#if defined(MADV_HUGEPAGE)
    if (is_large()) madvise(data_, static_cast<std::size_t>(bytes), MADV_HUGEPAGE);  // or else in small ones
#endif
    std::memset(data_, 0, static_cast<std::size_t>(bytes));
  }
  buffer(buffer const& other) : buffer(other.bytes_) {
    if (bytes_) std::memcpy(data_, other.data_, static_cast<std::size_t>(bytes_));
  }
  buffer(buffer&& other) noexcept
      : data_(std::exchange(other.data_, nullptr)), bytes_(std::exchange(other.bytes_, 0)) {}
  buffer& operator=(buffer other) noexcept {
    std::swap(data_, other.data_);
    std::swap(bytes_, other.bytes_);
    return *this;
  }
  ~buffer() {
    if (data_) ::operator delete(data_, alignment());
  }
  char* data() const { return data_; }
  std::int64_t size() const { return bytes_; }
  /// Whether the host does not see it.
  static constexpr bool is_on_device = false;
  /// How else than by their addresses the host reads and writes parts of such memory: not at all.
  static constexpr memory_access const* access = nullptr;

 private:
  static constexpr std::int64_t large_page = 1 << 21;
  bool is_large() const { return bytes_ >= 2 * large_page; }
  std::align_val_t alignment() const { return std::align_val_t{is_large() ? std::size_t{large_page} : 64}; }

  char* data_ = nullptr;
  std::int64_t bytes_ = 0;
};

}  // namespace ashlar::inline ASHLAR_ABI::detail
