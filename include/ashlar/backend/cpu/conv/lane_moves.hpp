// SPDX-License-Identifier: MIT
#pragma once
#include <ashlar/backend/cpu/conv/image_lanes.hpp>

namespace ashlar::inline ASHLAR_ABI::detail {

/// Elements of a plane of each of some images, behind each other in an image, lane by lane elsewhere.
template <class T>
struct plane_move {
  std::int64_t image;  // distance of the images
  int images;
  std::int64_t count, row;  // elements, and of them in a row
  std::int64_t gap;         // between rows of lanes

  /// So many elements as there are lanes. Of the last ones there are some that came before.
  struct block {
    std::int64_t first, place, x;  // the first one, its place in lanes, and in its row
    int count;
    bool is_run;  // nothing lies between them

    block(plane_move const& m, std::int64_t done, int lanes)
        : first(done + lanes <= m.count || m.count < lanes ? done : m.count - lanes),
          x(first % m.row),
          count(m.count < lanes ? static_cast<int>(m.count) : lanes),
          is_run(count == lanes && (m.gap == 0 || x + lanes <= m.row)) {
      place = first * lanes + (first - x) / m.row * m.gap;
    }
    /// f(number, place in lanes) of each element.
    template <class F>
    void each(plane_move const& m, int lanes, F f) const {
      std::int64_t at = place, column = x;
      for (int i = 0; i < count; ++i, at += lanes) {
        f(i, at);
        if (++column == m.row) {
          column = 0;
          at += m.gap;
        }
      }
    }
  };
};
inline constexpr int most_lanes = 16;
/// As many bytes as a vector has: by copies of one size.
template <class T>
ASHLAR_INLINE void copy_lanes(T* to, T const* from, int lanes) {
  for (int i = 0; i < lanes; i += 16 / static_cast<int>(sizeof(T))) std::memcpy(to + i, from + i, 16);
}
/// Lanes without an image get zeros.
template <class T>
[[gnu::noinline]] void planes_to_lanes(image_lane_functions<T> const& on, plane_move<T> const& m, T const* from,
                                       T* to) {
  alignas(64) T rows[most_lanes * most_lanes]{}, lanes[most_lanes * most_lanes];
  for (std::int64_t done = 0; done < m.count; done += on.width) {
    typename plane_move<T>::block const b(m, done, on.width);
    bool const is_whole = b.count == on.width && m.images == on.width;
    if (!is_whole) copy_block(rows, on.width, from + b.first, m.image, m.images, b.count);
    on.transpose(is_whole ? from + b.first : rows, is_whole ? m.image : on.width, b.is_run ? to + b.place : lanes,
                 on.width);
    if (!b.is_run)
      b.each(m, on.width, [&](int i, std::int64_t at) { copy_lanes(to + at, lanes + i * on.width, on.width); });
  }
}
template <class T>
[[gnu::noinline]] void planes_from_lanes(image_lane_functions<T> const& on, plane_move<T> const& m, T const* from,
                                         T* to) {
  alignas(64) T rows[most_lanes * most_lanes], lanes[most_lanes * most_lanes]{};
  for (std::int64_t done = 0; done < m.count; done += on.width) {
    typename plane_move<T>::block const b(m, done, on.width);
    bool const is_whole = b.count == on.width && m.images == on.width;
    if (!b.is_run)
      b.each(m, on.width, [&](int i, std::int64_t at) { copy_lanes(lanes + i * on.width, from + at, on.width); });
    on.transpose(b.is_run ? from + b.place : lanes, on.width, is_whole ? to + b.first : rows,
                 is_whole ? m.image : on.width);
    if (!is_whole) copy_block(to + b.first, m.image, rows, on.width, m.images, b.count);
  }
}

}  // namespace ashlar::inline ASHLAR_ABI::detail
