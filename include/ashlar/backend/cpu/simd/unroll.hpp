// SPDX-License-Identifier: MIT
#pragma once

/// Before a loop over at most so many registers: an array of vectors is in registers only where the loop is unrolled.
/// nvcc hands GCC's pragmas on to GCC, but warns of them: where such loops stand, its warning 1675 is turned off, by
/// lines of the header's own, as it heeds none that come from a macro. Loops that are kept are slow paths.
#if defined(__clang__)
#define ASHLAR_UNROLL_UP_TO(Most) _Pragma("unroll")
#define ASHLAR_KEEP_LOOP _Pragma("nounroll")
#else
#define ASHLAR_PRAGMA(Text) _Pragma(#Text)
#define ASHLAR_UNROLL_UP_TO(Most) ASHLAR_PRAGMA(GCC unroll Most)
#define ASHLAR_KEEP_LOOP ASHLAR_PRAGMA(GCC unroll 1)
#endif
