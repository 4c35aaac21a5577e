// SPDX-License-Identifier: MIT
#pragma once
#include <ashlar/backend/thrust/system.hpp>

/// All that Ashlar asks of a GPU's runtime, by names of its own: devices, memory, streams, events, graphs, errors. CUDA
/// and HIP have the same calls but for the first letters.
#if defined(ASHLAR_GPU_RUNTIME)
#include ASHLAR_GPU_RUNTIME
#else
#include <dlfcn.h>

#include <cstring>
#include <string>

#include <ashlar/backend/thrust/in_mebibytes.hpp>
#include <ashlar/core/error.hpp>
#if defined(__HIPCC__)
#include <hip/hip_runtime.h>
#define ASHLAR_GPU_NAME(name) hip##name
#else
#include <cuda_runtime.h>
#define ASHLAR_GPU_NAME(name) cuda##name
#endif

namespace ashlar::inline ASHLAR_ABI::detail::inline ASHLAR_DEVICE_ABI {

using gpu_status = ASHLAR_GPU_NAME(Error_t);
using gpu_stream = ASHLAR_GPU_NAME(Stream_t);
using gpu_event = ASHLAR_GPU_NAME(Event_t);
using gpu_graph = ASHLAR_GPU_NAME(GraphExec_t);
inline constexpr gpu_status gpu_success = ASHLAR_GPU_NAME(Success);
#if defined(__HIPCC__)
inline constexpr char const* gpu_maker = "AMD";
inline constexpr gpu_status gpu_out_of_memory = hipErrorOutOfMemory;
inline std::string gpu_system() {
  return "HIP " + std::to_string(HIP_VERSION_MAJOR) + "." + std::to_string(HIP_VERSION_MINOR);
}
#else
inline constexpr char const* gpu_maker = "NVIDIA";
inline constexpr gpu_status gpu_out_of_memory = cudaErrorMemoryAllocation;
inline std::string version_in_words(int v) { return std::to_string(v / 1000) + "." + std::to_string(v % 1000 / 10); }
inline std::string gpu_system() { return "CUDA " + version_in_words(CUDART_VERSION); }
#endif

inline std::string gpu_words(gpu_status s) { return ASHLAR_GPU_NAME(GetErrorString)(s); }

/// What became of the last launch of a kernel, or of the last call that failed: nobody finds it afterwards.
inline gpu_status gpu_launch_status() { return ASHLAR_GPU_NAME(GetLastError)(); }

/// After a library has refused: what its calls left behind is not the next launch's.
inline void gpu_forget_failure() { static_cast<void>(gpu_launch_status()); }

/// errors: fails where a call did, saying what it was for
inline void gpu_check(gpu_status s, char const* what) {
  if (s == gpu_success) return;
  static_cast<void>(gpu_launch_status());  // it is reported here; the next launch shall not find it
  fail(error_parts{.place = "device", .problem = std::string(what) + ": " + gpu_words(s)});
}

/// What a program can run on.
struct gpu_properties {
  std::string name;
  int major = 0, minor = 0;          // compute capability
  std::int64_t free = 0, total = 0;  // bytes of memory
  std::string trouble;               // why this program does not run on it, or on any; empty where it does
};

/// Does nothing; asking for it says whether the GPU runs what this program was built for.
template <int>
__global__ void no_work() {}
inline gpu_status ask_for_no_work() {
  ASHLAR_GPU_NAME(FuncAttributes) attributes;
  return ASHLAR_GPU_NAME(FuncGetAttributes)(&attributes, reinterpret_cast<void const*>(no_work<0>));
}

/// Why there is no GPU to be asked; empty where there is one.
inline std::string why_no_gpu() {
  int count = 0;
  gpu_status const s = ASHLAR_GPU_NAME(GetDeviceCount)(&count);
  if (s == gpu_success && count > 0) return {};
  static_cast<void>(gpu_launch_status());
  if (s == ASHLAR_GPU_NAME(ErrorInsufficientDriver)) {
#if !defined(__HIPCC__)
    int driver = 0;
    cudaDriverGetVersion(&driver);
    if (driver != 0)
      return "the NVIDIA driver supports CUDA " + version_in_words(driver) + ", this program was built by " +
             version_in_words(CUDART_VERSION);
#endif
    return std::string("there is no ") + gpu_maker + " driver on this machine; the cpu policy runs without one";
  }
  if (s == ASHLAR_GPU_NAME(ErrorNoDevice) || s == gpu_success)
    return "there is no GPU on this machine (or an environment variable hides it); the cpu policy runs without one";
  return "looking for a GPU: " + gpu_words(s);
}
/// What is there, whether this program runs on it or not.
inline gpu_properties current_gpu() {
  gpu_properties gpu;
  gpu.trouble = why_no_gpu();
  auto ask = [&](auto const& call, char const* what) {
    if (!gpu.trouble.empty()) return false;
    gpu_status const s = call();
    if (s == gpu_success) return true;
    static_cast<void>(gpu_launch_status());
    gpu.trouble = what + gpu_words(s);
    return false;
  };
  int number = 0;
#if defined(__HIPCC__)
  hipDeviceProp_t p;
#else
  cudaDeviceProp p;
#endif
  std::size_t free = 0, total = 0;
  ask([&] { return ASHLAR_GPU_NAME(GetDevice)(&number); }, "asking for the current GPU: ");
  if (ask([&] { return ASHLAR_GPU_NAME(GetDeviceProperties)(&p, number); }, "asking for the GPU's properties: ")) {
    gpu.name = p.name;
    gpu.major = p.major;
    gpu.minor = p.minor;
  }
  if (ask([&] { return ASHLAR_GPU_NAME(MemGetInfo)(&free, &total); }, "asking for the GPU's memory: ")) {
    gpu.free = static_cast<std::int64_t>(free);
    gpu.total = static_cast<std::int64_t>(total);
  }
  std::string const capability = std::to_string(gpu.major) + "." + std::to_string(gpu.minor);
  if (gpu.trouble.empty() && !ask(ask_for_no_work, ""))
    gpu.trouble = gpu.name + " has compute capability " + capability + ", which this program was not built for (" +
                  gpu.trouble + "); build it with -arch=native, or for that capability";
  return gpu;
}
/// errors: fails where there is no driver, no GPU, or one that is too old for what the program was built for
inline void need_fitting_gpu() {
  if (why_no_gpu().empty() && ask_for_no_work() == gpu_success) return;
  std::string const trouble = current_gpu().trouble;
  if (!trouble.empty()) fail(error_parts{.place = "device", .problem = trouble});
}

/// errors: fails where there is not enough memory, saying how much is needed and free
inline char* gpu_allocate(std::int64_t bytes) {
  void* memory = nullptr;
  gpu_status const s = ASHLAR_GPU_NAME(Malloc)(&memory, static_cast<std::size_t>(bytes));
  if (s == gpu_out_of_memory) {
    static_cast<void>(gpu_launch_status());
    std::size_t free = 0, total = 0;
    gpu_check(ASHLAR_GPU_NAME(MemGetInfo)(&free, &total), "asking for the GPU's memory");
    fail(error_parts{.place = "device",
                     .problem = "not enough memory: {expected} are needed, {found} are free",
                     .found = in_mebibytes(static_cast<std::int64_t>(free)),
                     .expected = in_mebibytes(bytes)});
  }
  gpu_check(s, "allocating memory");
  gpu_check(ASHLAR_GPU_NAME(Memset)(memory, 0, static_cast<std::size_t>(bytes)), "clearing memory");
  gpu_check(ASHLAR_GPU_NAME(StreamSynchronize)(nullptr), "clearing memory");  // other streams do not wait for this one
  return static_cast<char*>(memory);
}
inline void gpu_free(char* memory) { static_cast<void>(ASHLAR_GPU_NAME(Free)(memory)); }
/// Memory of the host that copies read while the host goes on, and that the GPU may write.
inline char* gpu_allocate_pinned(std::int64_t bytes) {
  void* memory = nullptr;
#if defined(__HIPCC__)
  gpu_status const s = hipHostMalloc(&memory, static_cast<std::size_t>(bytes), hipHostMallocDefault);
#else
  gpu_status const s = cudaHostAlloc(&memory, static_cast<std::size_t>(bytes), cudaHostAllocDefault);
#endif
  if (s == gpu_out_of_memory) {
    static_cast<void>(gpu_launch_status());
    fail(error_parts{.place = "device",
                     .problem = "not enough memory on the host that can be pinned: {expected} are needed",
                     .expected = in_mebibytes(bytes)});
  }
  gpu_check(s, "allocating pinned memory");
  std::memset(memory, 0, static_cast<std::size_t>(bytes));
  return static_cast<char*>(memory);
}
inline void gpu_free_pinned(char* memory) {
#if defined(__HIPCC__)
  static_cast<void>(hipHostFree(memory));
#else
  static_cast<void>(cudaFreeHost(memory));
#endif
}

enum class copy_kind { to_device, to_host, on_device };
/// Copies in the order of a stream; the host goes on meanwhile where its memory is pinned.
inline void gpu_copy(copy_kind kind, void* to, void const* from, std::int64_t bytes, gpu_stream stream) {
  ASHLAR_GPU_NAME(MemcpyKind)
  const kinds[] = {ASHLAR_GPU_NAME(MemcpyHostToDevice), ASHLAR_GPU_NAME(MemcpyDeviceToHost),
                   ASHLAR_GPU_NAME(MemcpyDeviceToDevice)};
  gpu_check(
      ASHLAR_GPU_NAME(MemcpyAsync)(to, from, static_cast<std::size_t>(bytes), kinds[static_cast<int>(kind)], stream),
      "copying memory");
}
/// Waits for all that runs on the GPU.
inline void gpu_wait() { gpu_check(ASHLAR_GPU_NAME(DeviceSynchronize)(), "waiting for the GPU"); }

inline gpu_stream gpu_make_stream() {
  gpu_stream stream = nullptr;
  gpu_check(ASHLAR_GPU_NAME(StreamCreateWithFlags)(&stream, ASHLAR_GPU_NAME(StreamNonBlocking)), "making a stream");
  return stream;
}
inline void gpu_free_stream(gpu_stream stream) { static_cast<void>(ASHLAR_GPU_NAME(StreamDestroy)(stream)); }
inline void gpu_wait(gpu_stream stream) { gpu_check(ASHLAR_GPU_NAME(StreamSynchronize)(stream), "running a program"); }
/// Waits where nobody can be told of a mistake.
inline void gpu_finish(gpu_stream stream) { static_cast<void>(ASHLAR_GPU_NAME(StreamSynchronize)(stream)); }

inline gpu_event gpu_make_event() {
  gpu_event event = nullptr;
  gpu_check(ASHLAR_GPU_NAME(EventCreateWithFlags)(&event, ASHLAR_GPU_NAME(EventDisableTiming)), "making an event");
  return event;
}
inline void gpu_free_event(gpu_event event) { static_cast<void>(ASHLAR_GPU_NAME(EventDestroy)(event)); }
inline void gpu_record(gpu_event event, gpu_stream stream) {
  gpu_check(ASHLAR_GPU_NAME(EventRecord)(event, stream), "recording an event");
}
/// What is launched on the stream from here on begins behind the event.
inline void gpu_order_behind(gpu_stream stream, gpu_event event) {
  gpu_check(ASHLAR_GPU_NAME(StreamWaitEvent)(stream, event, 0), "ordering two streams");
}
/// The host waits for an event.
inline void gpu_wait_for(gpu_event event) { gpu_check(ASHLAR_GPU_NAME(EventSynchronize)(event), "running a step"); }

/// From here on what is launched on the stream is written down instead.
inline void gpu_begin_capture(gpu_stream stream) {
  gpu_check(ASHLAR_GPU_NAME(StreamBeginCapture)(stream, ASHLAR_GPU_NAME(StreamCaptureModeThreadLocal)),
            "beginning to capture a step");
}
/// Ends that; what was written down can be launched at once, as often as one likes.
inline gpu_graph gpu_end_capture(gpu_stream stream) {
  ASHLAR_GPU_NAME(Graph_t) captured = nullptr;
  gpu_check(ASHLAR_GPU_NAME(StreamEndCapture)(stream, &captured), "capturing a step");
  gpu_graph made = nullptr;
  gpu_status const s = ASHLAR_GPU_NAME(GraphInstantiateWithFlags)(&made, captured, 0);
  static_cast<void>(ASHLAR_GPU_NAME(GraphDestroy)(captured));
  gpu_check(s, "making a graph of a captured step");
  return made;
}
/// Ends it without a graph, after something failed.
inline void gpu_abandon_capture(gpu_stream stream) {
  ASHLAR_GPU_NAME(Graph_t) captured = nullptr;
  if (ASHLAR_GPU_NAME(StreamEndCapture)(stream, &captured) == gpu_success && captured)
    static_cast<void>(ASHLAR_GPU_NAME(GraphDestroy)(captured));
  static_cast<void>(gpu_launch_status());
}
inline void gpu_free_graph(gpu_graph graph) { static_cast<void>(ASHLAR_GPU_NAME(GraphExecDestroy)(graph)); }
inline void gpu_launch(gpu_graph graph, gpu_stream stream) {
  gpu_check(ASHLAR_GPU_NAME(GraphLaunch)(graph, stream), "launching a step");
}
/// A library that is looked for when the program runs, and what it has under a name; null where there is none.
inline void* gpu_open_library(char const* file) { return dlopen(file, RTLD_NOW | RTLD_LOCAL); }
inline void* gpu_find_function(void* library, char const* name) { return dlsym(library, name); }

}  // namespace ashlar::inline ASHLAR_ABI::detail::inline ASHLAR_DEVICE_ABI
#undef ASHLAR_GPU_NAME
#endif
