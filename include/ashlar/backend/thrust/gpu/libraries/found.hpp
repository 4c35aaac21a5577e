// SPDX-License-Identifier: MIT
#pragma once
#include <ashlar/backend/thrust/gpu/runtime.hpp>

/// NVIDIA's libraries for products and convolutions: those whose headers are there when a program is compiled are
/// looked for when it runs, so that it needs no flag of the linker and runs without them too.
/// ASHLAR_LINK_CUDA_LIBRARIES: they are linked instead (-lcublasLt, -lcudnn).
#if (defined(__CUDACC__) || defined(ASHLAR_TEST_GPU_LIBRARIES)) && __has_include(<cublasLt.h>)
#include <cublasLt.h>
#define ASHLAR_HAS_CUBLASLT 1
#else
#define ASHLAR_HAS_CUBLASLT 0
#endif
#if (defined(__CUDACC__) || defined(ASHLAR_TEST_GPU_LIBRARIES)) && __has_include(<cudnn.h>)
#include <cudnn.h>
#define ASHLAR_HAS_CUDNN 1
#else
#define ASHLAR_HAS_CUDNN 0
#endif

#if ASHLAR_HAS_CUBLASLT || ASHLAR_HAS_CUDNN
#include <string>

namespace ashlar::inline ASHLAR_ABI::detail::inline ASHLAR_DEVICE_ABI {

/// Functions of a library that may not be there.
class found_library {
 public:
  /// `file`: without the number of its version, which is tried first.
  found_library(std::string const& file, int version)
      : at_(gpu_open_library((file + "." + std::to_string(version)).c_str())) {
    if (!at_) at_ = gpu_open_library(file.c_str());
  }
  /// Sets `function`; returns whether the library has one of this name.
  template <class F>
  bool find(F*& function, char const* name) const {
    function = at_ ? reinterpret_cast<F*>(gpu_find_function(at_, name)) : nullptr;
    return function != nullptr;
  }

 private:
  void* at_;
};

#if defined(ASHLAR_LINK_CUDA_LIBRARIES)
#define ASHLAR_FIND(name) (name = &::name, true)
#else
#define ASHLAR_FIND(name) library.find(name, #name)
#endif

/// How exactly products and convolutions of float are computed.
enum class library_precision { full, tf32, bf16 };

/// A status of a library as the runtime's: where a call fails, the kernel could not be launched.
inline cudaStream_t native_stream(gpu_stream stream) { return reinterpret_cast<cudaStream_t>(stream); }

}  // namespace ashlar::inline ASHLAR_ABI::detail::inline ASHLAR_DEVICE_ABI
#endif
