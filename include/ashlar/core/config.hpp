// SPDX-License-Identifier: MIT
#pragma once

/// The version of the library, as numbers and, with the configuration, as the name of an inline namespace: units
/// built with different versions or error channels never share a symbol.
#define ASHLAR_VERSION_MAJOR 0
/// Rises where a program may have to change.
#define ASHLAR_VERSION_MINOR 1
/// Rises where no program has to.
#define ASHLAR_VERSION_PATCH 0

/// The name of the inline namespace: it encodes the version and the error channel.
#if defined(__cpp_exceptions)
#define ASHLAR_ABI v0_1_throws
#else
#define ASHLAR_ABI v0_1_aborts
#endif

// Parts of -ffast-math are as bad: those that a compiler tells of are refused as well.
#if defined(__FAST_MATH__) || (defined(__FINITE_MATH_ONLY__) && __FINITE_MATH_ONLY__) || defined(__ASSOCIATIVE_MATH__)
#error "ashlar: -ffast-math breaks NaN handling, the order of sums and the promise of equal bits; compile without it"
#endif

#if __cplusplus < 202002L
#error "ashlar needs C++20: add -std=c++20"
#endif

/// Of functions that run on the host and on a device.
#if defined(__CUDACC__)
#define ASHLAR_HD __host__ __device__
#elif defined(__HIPCC__)
#define ASHLAR_HD __attribute__((host, device))  // the words are macros of a header that nothing here includes
#else
#define ASHLAR_HD
#endif

/// Of functions that run on a device alone.
#if defined(__CUDACC__)
#define ASHLAR_DEVICE_ALONE __device__
#elif defined(__HIPCC__)
#define ASHLAR_DEVICE_ALONE __attribute__((device))
#else
#define ASHLAR_DEVICE_ALONE
#endif

/// Of functions that run once or on the way to an error: made small, not fast, so that programs compile sooner.
#define ASHLAR_COLD [[gnu::cold]]

/// Of kernels in which no time is spent, above all those for processors without AVX2, made before 2013: g++ leaves out
/// passes that take half of its time, and were measured to make these kernels no faster.
#if defined(__x86_64__) && defined(__OPTIMIZE__) && defined(__GNUC__) && !defined(__clang__) && \
    !defined(__CUDACC__) && !defined(ASHLAR_BASELINE_ONLY)
#define ASHLAR_COMPILED_SOON [[gnu::optimize("O1")]]
#else
#define ASHLAR_COMPILED_SOON
#endif

/// Of functions that take vectors: their calling convention would depend on the compiler's flags. What g++'s slower
/// passes find in them, they find again in the functions that they are inlined into: here they are left out.
#define ASHLAR_INLINE ASHLAR_COMPILED_SOON [[gnu::always_inline]] inline

/// Of such functions that are a level of a kernel, which holds most of it and is inlined in one place: g++ would
/// optimise every level anew, with all that stands in it. Small functions, inlined in many places, are better made
/// smaller first. A lambda in one is a function like others: g++ inlines it only where its attributes say so.
#if defined(__x86_64__) && defined(__OPTIMIZE__) && defined(__GNUC__) && !defined(__clang__) && \
    !defined(__CUDACC__) && !defined(ASHLAR_BASELINE_ONLY)
#define ASHLAR_INLINE_LEVEL [[gnu::optimize("O0"), gnu::always_inline]] inline
#else
#define ASHLAR_INLINE_LEVEL ASHLAR_INLINE
#endif

/// Of slow paths that many functions share: neither inlined nor, by g++, compiled again for the constants of a caller.
#if defined(__GNUC__) && !defined(__clang__) && !defined(__CUDACC__)
#define ASHLAR_COMPILED_ONCE [[gnu::noinline, gnu::noclone]]
#else
#define ASHLAR_COMPILED_ONCE [[gnu::noinline]]
#endif
