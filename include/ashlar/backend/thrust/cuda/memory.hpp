// SPDX-License-Identifier: MIT
#pragma once
#include <memory>
#include <utility>

#include <ashlar/backend/buffer.hpp>
#include <ashlar/backend/thrust/cuda/runtime.hpp>

namespace ashlar::inline ASHLAR_ABI::detail::inline ASHLAR_DEVICE_ABI {

inline void read_device(void* to, char const* from, std::int64_t bytes) {
  gpu_copy_and_wait(copy_kind::to_host, to, from, bytes);
}
inline void write_device(char* to, void const* from, std::int64_t bytes) {
  gpu_copy_and_wait(copy_kind::to_device, to, from, bytes);
}
inline constexpr memory_access device_access{read_device, write_device};

/// One allocation on the device, zeroed.
/// errors: fails where there is not so much memory free
class device_buffer {
 public:
  device_buffer() = default;
  explicit device_buffer(std::int64_t bytes) : data_(bytes ? gpu_allocate(bytes) : nullptr), bytes_(bytes) {}
  device_buffer(device_buffer const& other) : device_buffer(other.bytes_) {
    if (bytes_) gpu_copy_and_wait(copy_kind::on_device, data_, other.data_, bytes_);
  }
  device_buffer(device_buffer&& other) noexcept
      : data_(std::exchange(other.data_, nullptr)), bytes_(std::exchange(other.bytes_, 0)) {}
  device_buffer& operator=(device_buffer other) noexcept {
    std::swap(data_, other.data_);
    std::swap(bytes_, other.bytes_);
    return *this;
  }
  ~device_buffer() {
    if (data_) gpu_free(data_);
  }
  char* data() const { return data_; }
  std::int64_t size() const { return bytes_; }
  /// How the host reads and writes parts of it.
  static constexpr memory_access const* access = &device_access;

 private:
  char* data_ = nullptr;
  std::int64_t bytes_ = 0;
};

/// Pinned memory of the host.
class pinned_buffer {
 public:
  explicit pinned_buffer(std::int64_t bytes) : data_(bytes ? gpu_allocate_pinned(bytes) : nullptr) {}
  pinned_buffer(pinned_buffer&& other) noexcept : data_(std::exchange(other.data_, nullptr)) {}
  pinned_buffer& operator=(pinned_buffer other) noexcept {
    std::swap(data_, other.data_);
    return *this;
  }
  ~pinned_buffer() {
    if (data_) gpu_free_pinned(data_);
  }
  char* data() const { return data_; }

 private:
  char* data_ = nullptr;
};

/// The stream that everything made from one use of a policy runs on.
/// errors: fails where there is no driver or no GPU
class device_resources {
 public:
  device_resources() = default;
  template <class Policy>
  explicit device_resources(Policy const&) : stream_((need_gpu(), gpu_make_stream()), gpu_free_stream) {}
  gpu_stream stream() const { return stream_.get(); }

 private:
  std::shared_ptr<std::remove_pointer_t<gpu_stream>> stream_;
};

}  // namespace ashlar::inline ASHLAR_ABI::detail::inline ASHLAR_DEVICE_ABI
