// SPDX-License-Identifier: MIT
#pragma once
#include <cstdint>

#include <ashlar/core/list.hpp>

namespace ashlar::inline ASHLAR_ABI::detail {

inline constexpr std::int64_t block_alignment = 64;  // bytes: one cache line, one AVX-512 register

constexpr std::int64_t aligned(std::int64_t bytes) {
  return (bytes + block_alignment - 1) / block_alignment * block_alignment;
}

/// Hands out offsets of one arena: the smallest hole that fits, neighbours joined when they are given back.
class arena_layout {
 public:
  constexpr explicit arena_layout(bool reuse) : reuse_(reuse) {}

  constexpr std::int64_t take(std::int64_t bytes) {
    bytes = aligned(bytes ? bytes : 1);
    total_ += bytes;
    int best = -1;
    for (int i = 0; i < holes_.size(); ++i)
      if (holes_[i].bytes >= bytes && (best < 0 || holes_[i].bytes < holes_[best].bytes)) best = i;
    if (best < 0) {
      if (!holes_.empty() && holes_.back().offset + holes_.back().bytes == peak_) {  // grow the last hole
        std::int64_t at = holes_.pop().offset;
        peak_ = at + bytes;
        return at;
      }
      peak_ += bytes;
      return peak_ - bytes;
    }
    std::int64_t at = holes_[best].offset;
    holes_[best].offset += bytes;
    holes_[best].bytes -= bytes;
    if (holes_[best].bytes == 0) holes_.erase(best);
    return at;
  }
  constexpr void give_back(std::int64_t offset, std::int64_t bytes) {
    if (!reuse_) return;
    bytes = aligned(bytes ? bytes : 1);
    int i = 0;
    while (i < holes_.size() && holes_[i].offset < offset) ++i;
    bool joins_next = i < holes_.size() && offset + bytes == holes_[i].offset;
    bool joins_previous = i > 0 && holes_[i - 1].offset + holes_[i - 1].bytes == offset;
    if (joins_next) {
      holes_[i].offset = offset;
      holes_[i].bytes += bytes;
      if (joins_previous) {
        holes_[i - 1].bytes += holes_[i].bytes;
        holes_.erase(i);
      }
    } else if (joins_previous) {
      holes_[i - 1].bytes += bytes;
    } else {
      holes_.insert(i, {offset, bytes});
    }
  }
  /// A block goes on as another result's.
  constexpr void pass_on(std::int64_t bytes) { total_ += aligned(bytes ? bytes : 1); }
  constexpr std::int64_t peak() const { return peak_; }
  /// What the arena would need if nothing were given back.
  constexpr std::int64_t total() const { return total_; }

 private:
  struct hole {
    std::int64_t offset = 0;
    std::int64_t bytes = 0;
  };
  list<hole> holes_;  // by offset
  std::int64_t peak_ = 0;
  std::int64_t total_ = 0;
  bool reuse_;
};

}  // namespace ashlar::inline ASHLAR_ABI::detail
