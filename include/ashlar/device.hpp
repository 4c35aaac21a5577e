// SPDX-License-Identifier: MIT
#pragma once
/// The device is a GPU: what the user writes for one is compiled for it.
#if (defined(__CUDACC__) || defined(__HIPCC__) || defined(ASHLAR_GPU_RUNTIME)) && !defined(ASHLAR_HAS_GPU)
#define ASHLAR_HAS_GPU
#endif
#include <ashlar/ashlar.hpp>
#include <ashlar/backend/thrust/policy.hpp>
