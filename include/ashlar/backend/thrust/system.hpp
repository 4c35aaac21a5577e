// SPDX-License-Identifier: MIT
#pragma once
#include <ashlar/core/config.hpp>

/// Where programs of the device policy run: on a GPU by CUDA under nvcc or by HIP under hipcc, else on the CPU by
/// Thrust's OpenMP, TBB or plain C++. A program says which by -DTHRUST_DEVICE_SYSTEM=THRUST_DEVICE_SYSTEM_OMP (or _TBB,
/// _CPP); without it, it is OpenMP where the compiler's flag for that is given, and C++ where not.
///
/// What runs on the device stands in an inline namespace of its system: units of one program that are built for
/// different ones share no symbol. ASHLAR_GPU: memory of the device is not the host's. ASHLAR_GPU_RUNTIME: a header
/// with the names of gpu/runtime.hpp that stands for it (tests have a GPU made of the host's memory and threads).
/// ASHLAR_HOST_SYSTEM: a header with the names of host_system.hpp that stands for it (tests are compiled once for all
/// systems).
#if defined(ASHLAR_GPU_RUNTIME)
#define ASHLAR_DEVICE_ABI on_another_runtime
#define ASHLAR_GPU 1
#elif defined(ASHLAR_HOST_SYSTEM)
#define ASHLAR_DEVICE_ABI on_another_system
#define ASHLAR_GPU 0
#elif defined(__HIPCC__)
#define ASHLAR_DEVICE_ABI on_hip
#define ASHLAR_GPU 1
#else

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

#if THRUST_DEVICE_SYSTEM == THRUST_DEVICE_SYSTEM_CUDA
#define ASHLAR_DEVICE_ABI on_cuda
#define ASHLAR_GPU 1
#if !defined(__CUDACC__)
#error \
    "ashlar: Thrust's CUDA system needs nvcc; other compilers take -DTHRUST_DEVICE_SYSTEM=THRUST_DEVICE_SYSTEM_OMP (or _TBB, _CPP)"
#endif
#elif THRUST_DEVICE_SYSTEM == THRUST_DEVICE_SYSTEM_OMP
#define ASHLAR_DEVICE_ABI on_omp
#define ASHLAR_GPU 0
#if !defined(_OPENMP)
#error "ashlar: Thrust's OMP system needs OpenMP: add -fopenmp"
#endif
#elif THRUST_DEVICE_SYSTEM == THRUST_DEVICE_SYSTEM_TBB
#define ASHLAR_DEVICE_ABI on_tbb
#define ASHLAR_GPU 0
#elif THRUST_DEVICE_SYSTEM == THRUST_DEVICE_SYSTEM_CPP
#define ASHLAR_DEVICE_ABI on_cpp
#define ASHLAR_GPU 0
#else
#error "ashlar: THRUST_DEVICE_SYSTEM is none of THRUST_DEVICE_SYSTEM_CUDA, _OMP, _TBB and _CPP"
#endif
#endif

/// Whether the compiler is at the code of a device.
#if defined(__CUDA_ARCH__) || defined(__HIP_DEVICE_COMPILE__)
#define ASHLAR_DEVICE_CODE 1
/// Stands before a loop over the numbers of a packet, which are to stay in registers.
#define ASHLAR_UNROLL _Pragma("unroll")
/// Stands before a loop over a few things outside of what takes the time: compilers for GPUs would write four of its
/// turns, and the registers of each.
#define ASHLAR_ROLL _Pragma("unroll 1")
#else
#define ASHLAR_DEVICE_CODE 0
#define ASHLAR_UNROLL
#define ASHLAR_ROLL
#endif
