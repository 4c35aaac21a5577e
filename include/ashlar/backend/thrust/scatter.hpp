// SPDX-License-Identifier: MIT
#pragma once
#include <ashlar/backend/thrust/launch.hpp>
#include <ashlar/backend/thrust/moves.hpp>

namespace ashlar::inline ASHLAR_ABI::detail::inline ASHLAR_DEVICE_ABI {

/// Sums of long slices by their indices, as gather_functor has them: a team to some columns of a place. Its members
/// look through the indices together, so that a vocabulary of words whose batch has others costs next to nothing.
template <int... Codes>
struct scatter_functor {
  using code = kernel_code<Codes...>;
  using T = typename element_held<code::at[1]>::type;
  static constexpr int operands = 3;
  static constexpr bool cooperates = true;
  struct tile {
    static constexpr int columns = 1024;  // of a unit
    static constexpr int words = 256;     // of marks, looked at together: one to a thread of a block
    static constexpr int marks = 32;      // of a word
  };

  kernel_values<operands> given;

  static std::int64_t units(std::int64_t const* n) { return n[0] * n[1] * parts_of_size(n[3], tile::columns); }
  static std::int64_t packets(std::int64_t const* n) { return parts_of_size(n[2], tile::marks); }

  template <class Team>
  ASHLAR_INLINE ASHLAR_HD void operator()(Team const& team, std::int64_t unit) const {
    constexpr int most = (tile::columns + Team::least_size - 1) / Team::least_size;
    std::int64_t const* const n = given.numbers;
    std::int64_t const full = n[2], inner = n[3], indices = given.valid(full, n[5]);
    std::int64_t const first = take_index(unit, parts_of_size(inner, tile::columns)) * tile::columns;
    std::int64_t const place = take_index(unit, n[1]);
    if (unit >= given.valid(n[0], n[4])) return;
    int const count = static_cast<int>(inner - first < tile::columns ? inner - first : tile::columns);
    std::int32_t const* const index = given.template at<std::int32_t const>(1) + unit * full;
    T const* const from = given.template at<T const>(0) + unit * full * inner + first;
    int const own = most < tile::columns ? most : count;  // a thread alone has no columns behind the last
    std::uint32_t* const marked = team.template shared_memory<std::uint32_t, tile::words>();
    T total[most];
    ASHLAR_UNROLL
    for (int k = 0; k < own; ++k) total[k] = T{};
    for (std::int64_t begin = 0; begin < indices; begin += tile::words * tile::marks) {
      std::int32_t any = 0;
      for (int w = team.rank; w < tile::words; w += team.size) {
        std::uint32_t const marks = marks_of(index, begin + w * tile::marks, indices, place);
        marked[w] = marks;
        any |= static_cast<std::int32_t>(marks != 0);
      }
      team.meet();
      if (team.reduce(any, either{}))
        for (int w = 0; w < tile::words; ++w)
          for (std::uint32_t marks = marked[w], k = 0; marks; marks >>= 1, ++k)
            if (marks & 1) add(total, own, from + (begin + w * tile::marks + k) * inner, team.rank, team.size, count);
      team.meet();  // nobody marks the next ones before everybody has seen these
    }
    T* const to = given.template at<T>(2) + (unit * n[1] + place) * inner + first;
    ASHLAR_UNROLL
    for (int k = 0; k < own; ++k) {
      int const column = team.rank + k * team.size;
      if (column < count) to[column] = total[k];
    }
  }

 private:
  struct either {
    ASHLAR_INLINE ASHLAR_HD std::int32_t operator()(std::int32_t a, std::int32_t b) const { return a | b; }
  };
  /// Which of the indices from `begin` on are of the place.
  ASHLAR_INLINE ASHLAR_HD static std::uint32_t marks_of(std::int32_t const* index, std::int64_t begin, std::int64_t end,
                                                        std::int64_t place) {
    std::uint32_t marks = 0;
    for (int k = 0; k < tile::marks; ++k)
      if (begin + k < end && index[begin + k] == place) marks |= std::uint32_t{1} << k;
    return marks;
  }
  ASHLAR_INLINE ASHLAR_HD static void add(T* total, int own, T const* slice, int rank, int size, int count) {
    ASHLAR_UNROLL
    for (int k = 0; k < own; ++k) {
      int const column = rank + k * size;
      if (column >= count) continue;
      if constexpr (code::at[1] == static_cast<int>(dtype::boolean))
        total[k] = total[k] | slice[column];
      else
        total[k] = sum_of_numbers(total[k], slice[column]);
    }
  }
};

/// By teams where there are many indices and their slices are long, else a result to a thread.
template <int... Codes>
launch_status launch_scatter(launch_arguments const& a) {
  bool const is_large = a.numbers[2] >= 64 && a.numbers[3] >= 8;
  return is_large ? launch<scatter_functor<Codes...>>(a) : launch<gather_functor<Codes...>>(a);
}

}  // namespace ashlar::inline ASHLAR_ABI::detail::inline ASHLAR_DEVICE_ABI
