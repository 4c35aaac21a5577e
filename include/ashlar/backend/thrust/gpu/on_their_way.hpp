// SPDX-License-Identifier: MIT
#pragma once
#include <cstdint>
#include <limits>
#include <mutex>

#include <ashlar/backend/thrust/gpu/runtime.hpp>

namespace ashlar::inline ASHLAR_ABI::detail::inline ASHLAR_DEVICE_ABI {

/// Training steps that run beside the host. Whoever reads a model's memory waits until it is known what became of those
/// that write it: behind one that was not taken some are launched again.
class on_their_way {
 public:
  on_their_way() {
    std::lock_guard const lock(all().changing);
    next_ = all().first;
    if (next_) next_->before_ = this;
    all().first = this;
  }
  on_their_way(on_their_way const&) = delete;
  on_their_way& operator=(on_their_way const&) = delete;

  /// Waits for the steps that write the model's memory that `address` lies in, but for those of `except`.
  static void settle_those_of(char const* address, on_their_way const* except = nullptr) {
    std::lock_guard const alone(settling());  // several threads may read one model
    for (on_their_way* steps = first_of(address, nullptr); steps; steps = first_of(address, steps))
      if (steps != except) steps->settle_before(std::numeric_limits<std::int64_t>::max());
  }
  /// The same where nobody can be told of a mistake.
  static void settle_for_the_end_of(char const* address) noexcept {
#if defined(__cpp_exceptions)
    try {
      settle_those_of(address);
    } catch (...) {
    }
#else
    settle_those_of(address);
#endif
  }

  /// Learns what became of the steps before number `end`.
  virtual void settle_before(std::int64_t end) = 0;

 protected:
  ~on_their_way() {
    std::lock_guard const lock(all().changing);
    (before_ ? before_->next_ : all().first) = next_;
    if (next_) next_->before_ = before_;
  }
  /// Says what the steps write.
  void write_to(char* parameters, std::int64_t parameter_bytes, char* states, std::int64_t state_bytes) {
    if (written_[0].begin == parameters && written_[1].begin == states) return;
    std::lock_guard const lock(all().changing);
    written_[0] = {parameters, parameter_bytes};
    written_[1] = {states, state_bytes};
  }
  /// Held while steps are settled for another's sake, or end.
  static std::recursive_mutex& settling() {
    static std::recursive_mutex one;
    return one;
  }

 private:
  struct range {
    char* begin = nullptr;
    std::int64_t bytes = 0;
    bool holds(char const* address) const { return begin && address >= begin && address - begin < bytes; }
  };
  struct list {
    std::mutex changing;
    on_their_way* first = nullptr;
  };
  static list& all() {
    static list those;
    return those;
  }
  static on_their_way* first_of(char const* address, on_their_way const* behind) {
    std::lock_guard const lock(all().changing);
    for (on_their_way* s = behind ? behind->next_ : all().first; s; s = s->next_)
      if (s->written_[0].holds(address) || s->written_[1].holds(address)) return s;
    return nullptr;
  }

  on_their_way *before_ = nullptr, *next_ = nullptr;
  range written_[2];
};

}  // namespace ashlar::inline ASHLAR_ABI::detail::inline ASHLAR_DEVICE_ABI
