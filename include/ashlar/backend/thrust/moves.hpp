// SPDX-License-Identifier: MIT
#pragma once
#include <ashlar/backend/element_held.hpp>
#include <ashlar/backend/kernel_code.hpp>
#include <ashlar/backend/thrust/arithmetic.hpp>
#include <ashlar/backend/thrust/kernel_values.hpp>
#include <ashlar/core/random.hpp>

/// Kernels that move elements, and those that run along one axis, a result to a thread, or a line where each result
/// needs the one before. Their numbers are written by passes/lower_node.hpp.
namespace ashlar::inline ASHLAR_ABI::detail::inline ASHLAR_DEVICE_ABI {

/// What functors without teams say of their units.
struct one_element {
  static constexpr bool cooperates = false;
  static std::int64_t packets(std::int64_t const*) { return 1; }
};

/// Copies elements that lie apart to a dense place.
template <int... Codes>
struct move_functor : one_element {
  using T = word_of<kernel_code<Codes...>::at[1]>;
  static constexpr int operands = 2;
  kernel_values<operands> given;

  static std::int64_t units(std::int64_t const* n) {
    std::int64_t count = 1;
    for (std::int64_t a = 0; a < n[1]; ++a) count *= n[3 + 2 * a];
    return count;
  }
  template <class Team>
  ASHLAR_INLINE ASHLAR_HD void operator()(Team const&, std::int64_t unit) const {
    std::int64_t const* const n = given.numbers;
    std::int64_t left = unit, from = n[0];
    for (std::int64_t a = n[1] - 1; a > 0; --a) from += take_index(left, n[3 + 2 * a]) * n[4 + 2 * a];
    if (left >= given.valid(n[3], n[2])) return;
    given.template at<T>(1)[unit] = given.template at<T const>(0)[from + left * n[4]];
  }
};

/// Zeros, with the operand's slices at some places of an axis.
template <int... Codes>
struct pad_functor : one_element {
  using T = word_of<kernel_code<Codes...>::at[1]>;
  static constexpr int operands = 2;
  kernel_values<operands> given;

  static std::int64_t units(std::int64_t const* n) { return n[0] * n[1] * n[2]; }
  template <class Team>
  ASHLAR_INLINE ASHLAR_HD void operator()(Team const&, std::int64_t unit) const {
    std::int64_t const* const n = given.numbers;
    std::int64_t outer = unit;
    std::int64_t const inner = take_index(outer, n[2]), place = take_index(outer, n[1]);
    if (outer >= given.valid(n[0], n[3])) return;
    std::int64_t const apart = place - n[5], slice = apart / n[6];
    bool const is_slice = apart % n[6] == 0 && slice >= 0 && slice < n[4];  // steps may be negative
    given.template at<T>(1)[unit] =
        is_slice ? given.template at<T const>(0)[(outer * n[4] + slice) * n[2] + inner] : T{};
  }
};

/// Two or three operands, one after the other, byte by byte or in larger words where all blocks allow it.
template <int... Codes>
struct concat_functor : one_element {
  static constexpr int parts = kernel_code<Codes...>::at[1], operands = parts + 1;
  kernel_values<operands> given;

  ASHLAR_INLINE ASHLAR_HD static std::int64_t word(std::int64_t const* n) {
    std::int64_t bits = 0;
    for (int k = 0; k < parts; ++k) bits |= n[2 + k];
    return bits % 4 == 0 ? 4 : 1;
  }
  static std::int64_t units(std::int64_t const* n) {
    std::int64_t row = 0;
    for (int k = 0; k < parts; ++k) row += n[2 + k];
    return n[0] * row / word(n);
  }
  template <class Team>
  ASHLAR_INLINE ASHLAR_HD void operator()(Team const&, std::int64_t unit) const {
    if (word(given.numbers) == 4)
      copy<std::uint32_t>(unit);
    else
      copy<std::uint8_t>(unit);
  }

 private:
  template <class Word>
  ASHLAR_INLINE ASHLAR_HD void copy(std::int64_t unit) const {
    constexpr std::int64_t size = sizeof(Word);
    std::int64_t const* const n = given.numbers;
    std::int64_t row = 0;
    ASHLAR_UNROLL
    for (int k = 0; k < parts; ++k) row += n[2 + k] / size;
    std::int64_t outer = unit, at = take_index(outer, row);
    if (outer >= given.valid(n[0], n[1])) return;
    bool found = false;
    ASHLAR_UNROLL
    for (int k = 0; k < parts; ++k) {
      std::int64_t const block = n[2 + k] / size;
      if (!found && at < block) {
        given.template at<Word>(parts)[unit] = given.template at<Word const>(k)[outer * block + at];
        found = true;
      }
      at -= block;
    }
  }
};

/// Sums up to each place of an axis, or from it on. Floats are summed in double; a sum of bool is whether any is true.
template <int... Codes>
struct cumsum_functor : one_element {
  static constexpr int type = kernel_code<Codes...>::at[1];
  using T = typename element_held<type>::type;
  using total_type = std::conditional_t<std::is_same_v<T, float>, double, T>;
  static constexpr int operands = 2;
  kernel_values<operands> given;

  static std::int64_t units(std::int64_t const* n) { return n[0] * n[2]; }
  template <class Team>
  ASHLAR_INLINE ASHLAR_HD void operator()(Team const&, std::int64_t line) const {
    std::int64_t const* const n = given.numbers;
    std::int64_t const outer = line / n[2], inner = line % n[2], extent = given.valid(n[1], n[4]);
    if (outer >= given.valid(n[0], n[3])) return;
    T const* const from = given.template at<T const>(0);
    T* const to = given.template at<T>(1);
    total_type total{};
    for (std::int64_t i = 0; i < extent; ++i) {
      std::int64_t const at = (outer * n[1] + (n[5] ? extent - 1 - i : i)) * n[2] + inner;
      if constexpr (type == static_cast<int>(dtype::boolean))
        total = total | from[at];
      else
        total = sum_of_numbers(total, static_cast<total_type>(from[at]));
      to[at] = static_cast<T>(total);
    }
  }
};

/// Slices at indices, or sums of slices by their indices in the order in which they stand: each result looks through
/// the indices, so that the sum is always the same.
/// numbers: outer, extent, indices, inner, outer per valid row, indices per valid row.
template <int... Codes>
struct gather_functor : one_element {
  using code = kernel_code<Codes...>;
  using T = typename element_held<code::at[1]>::type;
  static constexpr bool gathers = code::kind == kernel_kind::gather;
  static constexpr int operands = 3;
  kernel_values<operands> given;

  static std::int64_t units(std::int64_t const* n) { return n[0] * (gathers ? n[2] : n[1]) * n[3]; }
  template <class Team>
  ASHLAR_INLINE ASHLAR_HD void operator()(Team const&, std::int64_t unit) const {
    std::int64_t const* const n = given.numbers;
    std::int64_t const extent = n[1], full = n[2], places = gathers ? full : extent;
    std::int64_t outer = unit;
    std::int64_t const inner = take_index(outer, n[3]), place = take_index(outer, places);
    std::int64_t const indices = given.valid(full, n[5]);
    if (outer >= given.valid(n[0], n[4])) return;
    T const* const from = given.template at<T const>(0);
    std::int32_t const* const index = given.template at<std::int32_t const>(1) + outer * full;
    if constexpr (gathers) {
      if (place >= indices) return;
      bool const is_one = index[place] >= 0 && index[place] < extent;
      given.template at<T>(2)[unit] = is_one ? from[(outer * extent + index[place]) * n[3] + inner] : not_a_number<T>;
    } else {
      T total{};
      for (std::int64_t i = 0; i < indices; ++i) {
        if (index[i] != place) continue;
        T const x = from[(outer * full + i) * n[3] + inner];
        if constexpr (code::at[1] == static_cast<int>(dtype::boolean))
          total = total | x;
        else
          total = sum_of_numbers(total, x);
      }
      given.template at<T>(2)[unit] = total;
    }
  }
};

/// Whole numbers in random order, each row in its own.
template <int... Codes>
struct permutation_functor : one_element {
  static constexpr int operands = 1;
  kernel_values<operands> given;

  static std::int64_t units(std::int64_t const* n) { return n[0]; }
  template <class Team>
  ASHLAR_INLINE ASHLAR_HD void operator()(Team const&, std::int64_t row) const {
    std::int64_t const* const n = given.numbers;
    if (row >= given.valid(n[0], n[2])) return;
    std::uint64_t const key = static_cast<std::uint64_t>(n[3]) + given.iteration * 0x9E3779B97F4A7C15u;
    permutation(
        order{given.template at<std::int32_t>(0) + row * n[1], n[1]},
        random_stream(seed(given.now->seed), key ^ spread_bits(static_cast<std::uint64_t>(row)), given.now->step));
  }

 private:
  struct order {
    std::int32_t* at;
    std::int64_t count;
    ASHLAR_INLINE ASHLAR_HD std::int64_t size() const { return count; }
    ASHLAR_INLINE ASHLAR_HD std::int32_t& operator[](std::uint64_t i) const { return at[i]; }
  };
};

}  // namespace ashlar::inline ASHLAR_ABI::detail::inline ASHLAR_DEVICE_ABI
