// SPDX-License-Identifier: MIT
#pragma once
#include <cublasLt.h>
#include <cudnn.h>

#include <map>
#include <set>

#include "support/emulated_gpu.hpp"

/// cuBLASLt and cuDNN on the emulated GPU: the functions that Ashlar calls, by plain loops, as NVIDIA documents them.
/// What they are told is kept word for word, and what the documentation forbids is refused.
namespace emulated_libraries {

using ashlar::detail::emulated_stream;

/// What the tests set and count.
struct state {
  int products = 0, epilogues = 0, convolutions = 0;  // launched
  int failed_convolutions = 0;                        // whose launch was refused
  int activations = 0;                                // launched with a convolution
  bool refuses_activations = false;                   // with a convolution
  bool relu_is_bounded = false;                       // the one with a convolution, by 0
  int last_activation = -1;                           // launched with a convolution before they fail; -1: none
  std::map<cublasLtEpilogue_t, int> with;             // products launched with each epilogue
  bool refuses = false;                               // everything that is asked for from now on
  bool refuses_epilogues = false;                     // products with one
  std::set<cublasLtEpilogue_t> refused;               // products with one of these
  bool masks_hold_zeros = false;                      // whether a ReLU's mask has a bit for a sum of 0
  bool relu_takes_nan = false;                        // whether its ReLU makes 0 of NaN
  int sums = 0;                                       // products launched that begin from something
  std::map<cublasLtEpilogue_t, int> with_sum;         // with each epilogue
  bool refuses_sums = false;                          // those
  int most_sums = -1;                                 // before they fail, but for the first one; -1: none does
  int ways_in_place = 0;                              // before that of a product that may lie elsewhere than its addend
  bool refuses_unaligned = false;                     // products below 16 bytes
  bool rounds_addends = false;                        // what they begin from, by 1 in 4096
  int most_kept = -1;                                 // operands of GELUs, before they fail; -1: all are kept
  bool refuses_unaligned_slopes = false;              // of GELUs, below 16 bytes
  bool gelu_is_rough = false;                         // by some 1e-4, and so is its slope
  cublasComputeType_t compute = CUBLAS_COMPUTE_32F;   // of the last product
  cudnnMathType_t math = CUDNN_DEFAULT_MATH;          // of the last convolution
  cudnnDataType_t type = CUDNN_DATA_FLOAT;            // of its operands
};
inline state& calls() {
  static state s;
  return s;
}

/// What a handle of a library stands for.
template <class T, class Handle>
T& at(Handle handle) {
  return *reinterpret_cast<T*>(handle);
}

}  // namespace emulated_libraries
