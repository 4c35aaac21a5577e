// SPDX-License-Identifier: MIT
#pragma once
#include <cstdint>
#include <memory>
#include <mutex>
#include <type_traits>
#include <utility>

#include <ashlar/backend/buffer.hpp>
#include <ashlar/backend/thrust/gpu/on_their_way.hpp>

namespace ashlar::inline ASHLAR_ABI::detail::inline ASHLAR_DEVICE_ABI {

/// Held while a step is captured, and while all of the GPU is waited for: that is not to be done meanwhile.
inline std::mutex& gpu_capturing() {
  static std::mutex one;
  return one;
}
/// Copies after everything that was launched before, on any stream, and waits.
inline void gpu_copy_and_wait(copy_kind kind, void* to, void const* from, std::int64_t bytes) {
  std::lock_guard const alone(gpu_capturing());
  gpu_wait();
  gpu_copy(kind, to, from, bytes, nullptr);
  gpu_wait();
}
inline void read_device(void* to, char const* from, std::int64_t bytes) {
  on_their_way::settle_those_of(from);
  gpu_copy_and_wait(copy_kind::to_host, to, from, bytes);
}
inline void write_device(char* to, void const* from, std::int64_t bytes) {
  on_their_way::settle_those_of(to);
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
    if (bytes_ == 0) return;
    on_their_way::settle_those_of(other.data_);
    gpu_copy_and_wait(copy_kind::on_device, data_, other.data_, bytes_);
  }
  device_buffer(device_buffer&& other) noexcept
      : data_(std::exchange(other.data_, nullptr)), bytes_(std::exchange(other.bytes_, 0)) {}
  device_buffer& operator=(device_buffer other) noexcept {
    std::swap(data_, other.data_);
    std::swap(bytes_, other.bytes_);
    return *this;
  }
  ~device_buffer() {
    if (!data_) return;
    on_their_way::settle_for_the_end_of(data_);
    gpu_free(data_);
  }
  char* data() const { return data_; }
  std::int64_t size() const { return bytes_; }
  static constexpr bool is_on_device = true;
  /// How the host reads and writes parts of it.
  static constexpr memory_access const* access = &device_access;

 private:
  char* data_ = nullptr;
  std::int64_t bytes_ = 0;
};

/// What a runtime makes and frees, owned.
template <class Handle, Handle (*Make)(), void (*Free)(Handle)>
class owned_by_runtime {
 public:
  owned_by_runtime() : handle_(Make()) {}
  owned_by_runtime(owned_by_runtime const&) = delete;
  owned_by_runtime& operator=(owned_by_runtime const&) = delete;
  ~owned_by_runtime() { Free(handle_); }
  Handle get() const { return handle_; }

 private:
  Handle handle_;
};
using owned_stream = owned_by_runtime<gpu_stream, gpu_make_stream, gpu_free_stream>;
using owned_event = owned_by_runtime<gpu_event, gpu_make_event, gpu_free_event>;

/// Pinned memory of the host, zeroed.
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
/// errors: fails where there is no driver, no GPU or one that is too old for the program
class device_resources {
 public:
  device_resources() = default;
  template <class Policy>
  explicit device_resources(Policy const&) : stream_((need_fitting_gpu(), std::make_shared<owned_stream>())) {}
  gpu_stream stream() const { return stream_ ? stream_->get() : gpu_stream{}; }

 private:
  std::shared_ptr<owned_stream> stream_;
};

}  // namespace ashlar::inline ASHLAR_ABI::detail::inline ASHLAR_DEVICE_ABI
