// SPDX-License-Identifier: MIT
#pragma once
#include <ashlar/core/config.hpp>

/// Where Thrust runs what it is given: on a GPU by CUDA under nvcc, else on the CPU by OpenMP, TBB or plain C++. A
/// program says which by -DTHRUST_DEVICE_SYSTEM=THRUST_DEVICE_SYSTEM_OMP (or _TBB, _CPP); without it, it is OpenMP
/// where the compiler's flag for that is given, and C++ where not.
#if !defined(THRUST_DEVICE_SYSTEM) && !defined(__CUDACC__)
#if defined(_OPENMP)
#define THRUST_DEVICE_SYSTEM THRUST_DEVICE_SYSTEM_OMP
#else
#define THRUST_DEVICE_SYSTEM THRUST_DEVICE_SYSTEM_CPP
#endif
#endif

#if !__has_include(<thrust/for_each.h>)
#error "ashlar: device.hpp needs Thrust: install Debian's libthrust-dev, or add -I .../include/cccl of a CUDA toolkit"
#endif
#include <thrust/detail/config.h>

/// What runs on the device stands in an inline namespace of its system: units of one program that are built for
/// different ones share no symbol.
#if THRUST_DEVICE_SYSTEM == THRUST_DEVICE_SYSTEM_CUDA
#define ASHLAR_DEVICE_ABI on_cuda
#define ASHLAR_CUDA 1
#if !defined(__CUDACC__)
#error \
    "ashlar: Thrust's CUDA system needs nvcc; other compilers take -DTHRUST_DEVICE_SYSTEM=THRUST_DEVICE_SYSTEM_OMP (or _TBB, _CPP)"
#endif
#elif THRUST_DEVICE_SYSTEM == THRUST_DEVICE_SYSTEM_OMP
#define ASHLAR_DEVICE_ABI on_omp
#if !defined(_OPENMP)
#error "ashlar: Thrust's OMP system needs OpenMP: add -fopenmp"
#endif
#elif THRUST_DEVICE_SYSTEM == THRUST_DEVICE_SYSTEM_TBB
#define ASHLAR_DEVICE_ABI on_tbb
#else
#define ASHLAR_DEVICE_ABI on_cpp
#endif
#if !defined(ASHLAR_CUDA)
#define ASHLAR_CUDA 0
#endif

/// Stands before a loop over the numbers of a packet, which are to stay in registers.
#if defined(__CUDA_ARCH__)
#define ASHLAR_UNROLL _Pragma("unroll")
#else
#define ASHLAR_UNROLL
#endif
