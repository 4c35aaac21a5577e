// SPDX-License-Identifier: MIT
#pragma once
#include <cstdint>
#include <cstring>
#include <type_traits>
#include <utility>

#include <ashlar/backend/cpu/instruction_set.hpp>

/// Vectors by GCC's and clang's extension, as wide as a register of the instruction set. They cross functions only by
/// reference and only where inlined: their calling convention depends on the compiler's flags.
namespace ashlar::inline ASHLAR_ABI::detail {

template <class T, instruction_set Set>
struct vector_of;

#define ASHLAR_VECTOR(Type, Integer, Set, Bytes)                                              \
  template <>                                                                                 \
  struct vector_of<Type, instruction_set::Set> {                                              \
    typedef Type type __attribute__((vector_size(Bytes), aligned(Bytes)));                    \
    typedef std::Integer integer_type __attribute__((vector_size(Bytes), aligned(Bytes)));    \
    typedef std::u##Integer natural_type __attribute__((vector_size(Bytes), aligned(Bytes))); \
  };
ASHLAR_VECTOR(float, int32_t, baseline, 16)
ASHLAR_VECTOR(float, int32_t, avx2, 32)
ASHLAR_VECTOR(float, int32_t, avx512, 64)
ASHLAR_VECTOR(double, int64_t, baseline, 16)
ASHLAR_VECTOR(double, int64_t, avx2, 32)
ASHLAR_VECTOR(double, int64_t, avx512, 64)
#undef ASHLAR_VECTOR

/// Whether g++ compiles for a processor for which it avoids chains of fused multiply-adds (GCC's x86-tune.def).
#if defined(__tune_znver1__) || defined(__tune_znver2__) || defined(__tune_znver3__) || defined(__tune_znver4__) || \
    defined(__tune_znver5__) || defined(__tune_alderlake__) || defined(__tune_sapphirerapids__)
inline constexpr bool avoids_fused_chains = true;
#else
inline constexpr bool avoids_fused_chains = false;
#endif

/// The vector type of T on an instruction set, and what works on it.
template <class T, instruction_set Set>
struct simd {
  using element = T;
  using vector = typename vector_of<T, Set>::type;
  using mask = typename vector_of<T, Set>::integer_type;   // lanes of all ones or all zeros
  using words = typename vector_of<T, Set>::natural_type;  // whole numbers that wrap around
  static constexpr int width = static_cast<int>(sizeof(vector) / sizeof(T));

  using bits = std::conditional_t<sizeof(T) == 4, std::int32_t, std::int64_t>;

  /// As integers: adding a number to zeros would lose the sign of -0.
  ASHLAR_INLINE static void splat(vector& v, T x) { splat(v, __builtin_bit_cast(bits, x)); }
  ASHLAR_INLINE static void splat(vector& v, bits x) { v = reinterpret_cast<vector>(mask{} + x); }
  ASHLAR_INLINE static void load(vector& v, T const* from) { std::memcpy(&v, from, sizeof v); }
  ASHLAR_INLINE static void store(vector const& v, T* to) { std::memcpy(to, &v, sizeof v); }
  ASHLAR_INLINE static void load(vector& v, bits const* from) { std::memcpy(&v, from, sizeof v); }
  ASHLAR_INLINE static void store(vector const& v, bits* to) { std::memcpy(to, &v, sizeof v); }
  /// Bytes as numbers: a loop, as g++ converts a vector of bytes lane by lane.
  ASHLAR_INLINE static void load(vector& v, std::uint8_t const* from) {
    bits lanes[width];
    for (int i = 0; i < width; ++i) lanes[i] = from[i];
    mask whole;
    std::memcpy(&whole, lanes, sizeof whole);
    v = __builtin_convertvector(whole, vector);
  }
  ASHLAR_INLINE static void lane_numbers(vector& v) {
    for (int i = 0; i < width; ++i) v[i] = static_cast<T>(i);
  }
  /// The first `count` lanes.
  ASHLAR_INLINE static void first_lanes(mask& m, int count) {
    for (int i = 0; i < width; ++i) m[i] = i;
    m = m < count;
  }
  /// m ? a : b
  ASHLAR_INLINE static void choose(vector& r, mask const& m, vector const& a, vector const& b) {
    r = reinterpret_cast<vector>((reinterpret_cast<mask>(a) & m) | (reinterpret_cast<mask>(b) & ~m));
  }
  ASHLAR_INLINE static void magnitude(vector& r, vector const& x) {
    r = reinterpret_cast<vector>(reinterpret_cast<mask>(x) & ~reinterpret_cast<mask>(-vector{}));
  }
  /// |size| with the sign of x, for size >= 0.
  ASHLAR_INLINE static void with_sign(vector& r, vector const& size, vector const& x) {
    r = reinterpret_cast<vector>(reinterpret_cast<mask>(size) |
                                 (reinterpret_cast<mask>(x) & reinterpret_cast<mask>(-vector{})));
  }
  /// The larger of two; NaN where either is.
  ASHLAR_INLINE static void larger(vector& r, vector const& a, vector const& b) {
    mask holds = a > b;
    settle(holds);
    choose(r, holds | (a != a), a, b);
  }
  /// The smaller of two; NaN where either is.
  ASHLAR_INLINE static void smaller(vector& r, vector const& a, vector const& b) {
    mask holds = a < b;
    settle(holds);
    choose(r, holds | (a != a), a, b);
  }
  /// Folds the lanes in halves: lane 0 becomes their sum, always in the same order.
  ASHLAR_INLINE static void fold_sum(vector& v) { fold<false, width / 2>(v); }
  /// The same: their maximum.
  ASHLAR_INLINE static void fold_max(vector& v) { fold<true, width / 2>(v); }

  /// g++ joins two comparisons before it knows the instruction set of the function that they are inlined into, and then
  /// compares lane by lane.
  ASHLAR_INLINE static void settle([[maybe_unused]] mask& m) {
#if defined(__GNUC__) && !defined(__clang__) && defined(__x86_64__) && !defined(__CUDA_ARCH__)
    if constexpr (Set != instruction_set::avx512 || !avx512_is_emulated) asm("" : "+v"(m));
#endif
  }
  /// Where a loop has but one sum, g++ multiplies and adds by two instructions for some processors, and by one
  /// elsewhere: so the bits of a sum would depend on how many others stand beside it.
  ASHLAR_INLINE static void add_by_one_instruction([[maybe_unused]] vector& sum) {
#if defined(__GNUC__) && !defined(__clang__) && defined(__x86_64__) && !defined(__CUDA_ARCH__)
    if constexpr (Set != instruction_set::avx512 || !avx512_is_emulated) asm("" : "+v"(sum));
#endif
  }

 private:
  template <bool Max, int Half>
  ASHLAR_INLINE static void fold(vector& v) {
    if constexpr (Half > 0) {
      vector upper;
      rotate<Half>(upper, v, std::make_integer_sequence<int, width>{});
      if constexpr (Max)
        larger(v, v, upper);
      else
        v = v + upper;
      fold<Max, Half / 2>(v);
    }
  }
  template <int By, int... I>
  ASHLAR_INLINE static void rotate(vector& r, vector const& v, std::integer_sequence<int, I...>) {
#if defined(__clang__)
    r = __builtin_shufflevector(v, v, ((I + By) % width)...);
#else
    r = __builtin_shuffle(v, mask{(I + By) % width...});
#endif
  }
};

/// The sum of two numbers; whole ones wrap around.
template <class T>
ASHLAR_INLINE T sum_of(T a, T b) {
  if constexpr (std::is_integral_v<T>)
    return static_cast<T>(static_cast<std::make_unsigned_t<T>>(a) + static_cast<std::make_unsigned_t<T>>(b));
  else
    return a + b;
}
/// The larger of two numbers; NaN where either is.
template <class T>
ASHLAR_INLINE T larger_or_nan(T a, T b) {
  return a > b || a != a ? a : b;
}

// What is rare or slow anyway stands in functions of its own, shared by all kernels.

template <class T>
ASHLAR_COMPILED_ONCE void fill_part(T* to, T value, std::int64_t count) {
  for (std::int64_t i = 0; i < count; ++i) to[i] = value;
}
template <class To, class From>
ASHLAR_COMPILED_ONCE void gather_part(To* to, From const* from, std::int64_t distance, int count) {
  for (int i = 0; i < count; ++i) to[i] = static_cast<To>(from[i * distance]);
}
template <class To, class From>
ASHLAR_COMPILED_ONCE void scatter_part(To* to, std::int64_t distance, From const* from, int count) {
  for (int i = 0; i < count; ++i) to[i * distance] = static_cast<To>(from[i]);
}
/// Sum of the lanes, always in the same order.
template <class T>
ASHLAR_COMPILED_ONCE T lane_sum(T* lanes, int width) {
  for (int half = width / 2; half; half /= 2)
    for (int i = 0; i < half; ++i) lanes[i] = sum_of(lanes[i], lanes[i + half]);
  return lanes[0];
}
}  // namespace ashlar::inline ASHLAR_ABI::detail
