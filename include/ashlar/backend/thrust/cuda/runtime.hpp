// SPDX-License-Identifier: MIT
#pragma once
#include <string>

#include <cuda_runtime.h>
#include <cub/block/block_reduce.cuh>

#include <ashlar/backend/thrust/in_mebibytes.hpp>
#include <ashlar/backend/thrust/system.hpp>
#include <ashlar/core/error.hpp>

/// All that Ashlar asks of a GPU's runtime, by names of its own: memory, streams, devices, errors, a reduction over the
/// threads of a block. HIP has the same calls under the same names but for their first letters.
namespace ashlar::inline ASHLAR_ABI::detail::inline ASHLAR_DEVICE_ABI {

using gpu_status = cudaError_t;
using gpu_stream = cudaStream_t;
inline constexpr gpu_status gpu_success = cudaSuccess;

/// The threads of a block that share a unit of work.
inline constexpr int block_threads = 256;
template <class T>
using block_reduction = cub::BlockReduce<T, block_threads>;

inline std::string gpu_words(gpu_status s) { return cudaGetErrorString(s); }

/// errors: fails where a call did, saying what it was for
inline void gpu_check(gpu_status s, char const* what) {
  if (s == gpu_success) return;
  fail(error_parts{.place = "device", .problem = std::string(what) + ": " + gpu_words(s)});
}

/// What a program can run on.
struct gpu_properties {
  std::string name;
  int major = 0, minor = 0;          // compute capability
  std::int64_t free = 0, total = 0;  // bytes of memory
};
/// errors: fails where there is no driver or no device
inline void need_gpu() {
  int count = 0;
  gpu_status const s = cudaGetDeviceCount(&count);
  if (s == cudaErrorInsufficientDriver) {
    int driver = 0;
    cudaDriverGetVersion(&driver);
    if (driver == 0) fail(error("device: there is no NVIDIA driver on this machine; cpu runs without one"));
    fail(error_parts{
        .place = "device",
        .problem = "the NVIDIA driver supports CUDA {found}, this program was built by {expected}",
        .found = std::to_string(driver / 1000) + "." + std::to_string(driver % 1000 / 10),
        .expected = std::to_string(CUDART_VERSION / 1000) + "." + std::to_string(CUDART_VERSION % 1000 / 10)});
  }
  if (s == cudaErrorNoDevice || (s == gpu_success && count == 0))
    fail(error("device: there is no GPU on this machine (or CUDA_VISIBLE_DEVICES hides it); cpu runs without one"));
  gpu_check(s, "looking for a GPU");
}
inline gpu_properties current_gpu() {
  need_gpu();
  int number = 0;
  cudaDeviceProp p;
  gpu_check(cudaGetDevice(&number), "asking for the current GPU");
  gpu_check(cudaGetDeviceProperties(&p, number), "asking for the GPU's properties");
  std::size_t free = 0, total = 0;
  gpu_check(cudaMemGetInfo(&free, &total), "asking for the GPU's memory");
  return {p.name, p.major, p.minor, static_cast<std::int64_t>(free), static_cast<std::int64_t>(total)};
}

/// errors: fails where there is not enough memory, saying how much is needed and free
inline char* gpu_allocate(std::int64_t bytes) {
  void* memory = nullptr;
  gpu_status const s = cudaMalloc(&memory, static_cast<std::size_t>(bytes));
  if (s == cudaErrorMemoryAllocation) {
    cudaGetLastError();  // it is reported here; the next call shall not find it
    std::size_t free = 0, total = 0;
    cudaMemGetInfo(&free, &total);
    fail(error_parts{.place = "device",
                     .problem = "not enough memory: {expected} are needed, {found} are free",
                     .found = in_mebibytes(static_cast<std::int64_t>(free)),
                     .expected = in_mebibytes(bytes)});
  }
  gpu_check(s, "allocating memory");
  gpu_check(cudaMemset(memory, 0, static_cast<std::size_t>(bytes)), "clearing memory");
  return static_cast<char*>(memory);
}
inline void gpu_free(char* memory) { cudaFree(memory); }
/// Memory of the host from which copies run while the host goes on.
inline char* gpu_allocate_pinned(std::int64_t bytes) {
  void* memory = nullptr;
  gpu_check(cudaMallocHost(&memory, static_cast<std::size_t>(bytes)), "allocating pinned memory");
  return static_cast<char*>(memory);
}
inline void gpu_free_pinned(char* memory) { cudaFreeHost(memory); }

enum class copy_kind { to_device, to_host, on_device };
/// Copies in the order of a stream; the host goes on meanwhile where its memory is pinned.
inline void gpu_copy(copy_kind kind, void* to, void const* from, std::int64_t bytes, gpu_stream stream) {
  cudaMemcpyKind const kinds[] = {cudaMemcpyHostToDevice, cudaMemcpyDeviceToHost, cudaMemcpyDeviceToDevice};
  gpu_check(cudaMemcpyAsync(to, from, static_cast<std::size_t>(bytes), kinds[static_cast<int>(kind)], stream),
            "copying memory");
}
/// Copies after everything that was launched before, on any stream, and waits.
inline void gpu_copy_and_wait(copy_kind kind, void* to, void const* from, std::int64_t bytes) {
  gpu_check(cudaDeviceSynchronize(), "waiting for the GPU");
  gpu_copy(kind, to, from, bytes, nullptr);
  gpu_check(cudaDeviceSynchronize(), "copying memory");
}

inline gpu_stream gpu_make_stream() {
  gpu_stream stream = nullptr;
  gpu_check(cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking), "making a stream");
  return stream;
}
inline void gpu_free_stream(gpu_stream stream) { cudaStreamDestroy(stream); }
inline void gpu_wait(gpu_stream stream) { gpu_check(cudaStreamSynchronize(stream), "running a program"); }
inline gpu_status gpu_launch_status() { return cudaGetLastError(); }

}  // namespace ashlar::inline ASHLAR_ABI::detail::inline ASHLAR_DEVICE_ABI
