// SPDX-License-Identifier: MIT
#pragma once
#include <algorithm>
#include <condition_variable>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include <ashlar/backend/thrust/system.hpp>
#include <ashlar/backend/thrust/team.hpp>
#include <ashlar/core/error.hpp>

/// A GPU made of the host's memory and threads, under the names of backend/thrust/gpu/runtime.hpp: a stream is a thread
/// that does what was launched in its order while the host goes on, a graph is a list of launches. What the device
/// backend says to a GPU's runtime is tested with it, where there is none, also under sanitizers:
/// -DASHLAR_GPU_RUNTIME='"support/emulated_gpu.hpp"'.
namespace ashlar::inline ASHLAR_ABI::detail::inline ASHLAR_DEVICE_ABI {

using gpu_status = int;
inline constexpr gpu_status gpu_success = 0;

/// What the tests set and count.
struct emulated_gpu_state {
  std::mutex changing;
  bool is_there = true, fits = true;
  std::int64_t memory = std::int64_t{1} << 30, used = 0;
  std::int64_t allocations = 0, waits = 0, graphs = 0, graph_launches = 0, launches = 0;
  std::int64_t launch_that_fails = -1;                            // from here on; -1: none
  std::map<std::string, std::map<std::string, void*>> libraries;  // by file: what it has under which name
};
inline emulated_gpu_state& emulated_gpu() {
  static emulated_gpu_state state;
  return state;
}

class emulated_stream {
 public:
  using work = std::function<void()>;

  emulated_stream() : thread_([this] { run(); }) {}
  ~emulated_stream() {
    {
      std::lock_guard const lock(changing_);
      ends_ = true;
    }
    changed_.notify_all();
    thread_.join();
  }
  void push(work w) {
    std::unique_lock const lock(changing_);
    if (written_) return written_->push_back(std::move(w));
    queue_.push_back(std::move(w));
    changed_.notify_all();
  }
  void wait() {
    std::unique_lock lock(changing_);
    changed_.wait(lock, [this] { return queue_.empty() && !busy_; });
  }
  void begin_capture() {
    std::lock_guard const lock(changing_);
    written_ = std::make_shared<std::vector<work>>();
  }
  std::shared_ptr<std::vector<work>> end_capture() {
    std::lock_guard const lock(changing_);
    return std::move(written_);
  }

 private:
  void run() {
    std::unique_lock lock(changing_);
    for (;;) {
      changed_.wait(lock, [this] { return ends_ || !queue_.empty(); });
      if (queue_.empty()) return;
      work const w = std::move(queue_.front());
      queue_.pop_front();
      busy_ = true;
      lock.unlock();
      w();
      lock.lock();
      busy_ = false;
      changed_.notify_all();
    }
  }

  std::mutex changing_;
  std::condition_variable changed_;
  std::deque<work> queue_;
  std::shared_ptr<std::vector<work>> written_;
  bool busy_ = false, ends_ = false;
  std::thread thread_;
};

class emulated_event {
 public:
  std::int64_t next() {
    std::lock_guard const lock(changing_);
    return ++recorded_;
  }
  std::int64_t recorded() {
    std::lock_guard const lock(changing_);
    return recorded_;
  }
  void reach(std::int64_t n) {
    std::lock_guard const lock(changing_);
    reached_ = std::max(reached_, n);
    changed_.notify_all();
  }
  void wait(std::int64_t n) {
    std::unique_lock lock(changing_);
    changed_.wait(lock, [&] { return reached_ >= n; });
  }

 private:
  std::mutex changing_;
  std::condition_variable changed_;
  std::int64_t recorded_ = 0, reached_ = 0;
};

using gpu_stream = emulated_stream*;
using gpu_event = emulated_event*;
using gpu_graph = std::shared_ptr<std::vector<emulated_stream::work>>*;

struct emulated_streams {
  std::mutex changing;
  std::vector<gpu_stream> all;
};
inline emulated_streams& all_streams() {
  static emulated_streams streams;
  return streams;
}

inline std::string gpu_system() { return "an emulated GPU"; }
inline std::string gpu_words(gpu_status s) { return "status " + std::to_string(s); }
inline void gpu_check(gpu_status s, char const* what) {
  if (s != gpu_success) fail(error_parts{.place = "device", .problem = std::string(what) + ": " + gpu_words(s)});
}

inline void gpu_forget_failure() {}

struct gpu_properties {
  std::string name;
  int major = 0, minor = 0;
  std::int64_t free = 0, total = 0;
  std::string trouble;
};
inline gpu_properties current_gpu() {
  emulated_gpu_state& gpu = emulated_gpu();
  if (!gpu.is_there) return {{}, 0, 0, 0, 0, "there is no emulated GPU"};
  std::lock_guard const lock(gpu.changing);
  return {"emulation", 1, 0, gpu.memory - gpu.used, gpu.memory, gpu.fits ? "" : "the emulation is too old"};
}
inline void need_fitting_gpu() {
  std::string const trouble = current_gpu().trouble;
  if (!trouble.empty()) fail(error_parts{.place = "device", .problem = trouble});
}

/// Each block is behind its own size, and before what nobody may write: as a GPU's memory checker sees it.
inline constexpr std::size_t bytes_behind = 64;
inline constexpr int mark_behind = 0xa5;
inline char* gpu_allocate(std::int64_t bytes) {
  emulated_gpu_state& gpu = emulated_gpu();
  std::lock_guard const lock(gpu.changing);
  if (gpu.used + bytes > gpu.memory)
    fail(error_parts{.place = "device",
                     .problem = "not enough memory: {expected} bytes are needed, {found} are free",
                     .found = std::to_string(gpu.memory - gpu.used),
                     .expected = std::to_string(bytes)});
  gpu.used += bytes;
  ++gpu.allocations;
  std::size_t const size = static_cast<std::size_t>(bytes);
  char* const all = static_cast<char*>(std::aligned_alloc(256, (size + bytes_behind + 511) / 256 * 256));
  std::memcpy(all, &bytes, sizeof bytes);
  std::memset(all + 256, 0, size);
  std::memset(all + 256 + size, mark_behind, bytes_behind);
  return all + 256;
}
inline void gpu_free(char* memory) {
  emulated_gpu_state& gpu = emulated_gpu();
  std::lock_guard const lock(gpu.changing);
  std::int64_t bytes = 0;
  std::memcpy(&bytes, memory - 256, sizeof bytes);
  for (std::size_t i = 0; i < bytes_behind; ++i)
    if (memory[static_cast<std::size_t>(bytes) + i] != static_cast<char>(mark_behind)) {
      std::fprintf(stderr, "emulated GPU: something was written behind %lld bytes\n", static_cast<long long>(bytes));
      std::abort();
    }
  gpu.used -= bytes;
  std::free(memory - 256);
}
inline char* gpu_allocate_pinned(std::int64_t bytes) {
  emulated_gpu_state& gpu = emulated_gpu();
  std::lock_guard const lock(gpu.changing);
  ++gpu.allocations;
  char* const memory = static_cast<char*>(std::aligned_alloc(64, static_cast<std::size_t>((bytes + 63) / 64 * 64)));
  std::memset(memory, 0, static_cast<std::size_t>(bytes));
  return memory;
}
inline void gpu_free_pinned(char* memory) { std::free(memory); }

inline void count(std::int64_t emulated_gpu_state::*what) {
  std::lock_guard const lock(emulated_gpu().changing);
  ++(emulated_gpu().*what);
}
inline void gpu_wait(gpu_stream stream) {
  count(&emulated_gpu_state::waits);
  stream->wait();
}
inline void gpu_wait() {
  count(&emulated_gpu_state::waits);
  std::lock_guard const lock(all_streams().changing);
  for (gpu_stream s : all_streams().all) s->wait();
}
inline void gpu_finish(gpu_stream stream) { stream->wait(); }

enum class copy_kind { to_device, to_host, on_device };
inline void gpu_copy(copy_kind, void* to, void const* from, std::int64_t bytes, gpu_stream stream) {
  auto copy = [=] { std::memcpy(to, from, static_cast<std::size_t>(bytes)); };
  if (stream)
    stream->push(copy);
  else
    copy();
}

inline gpu_stream gpu_make_stream() {
  gpu_stream const made = new emulated_stream;
  std::lock_guard const lock(all_streams().changing);
  all_streams().all.push_back(made);
  return made;
}
inline void gpu_free_stream(gpu_stream stream) {
  {
    std::lock_guard const lock(all_streams().changing);
    std::erase(all_streams().all, stream);
  }
  delete stream;
}

inline gpu_event gpu_make_event() { return new emulated_event; }
inline void gpu_free_event(gpu_event event) { delete event; }
inline void gpu_record(gpu_event event, gpu_stream stream) {
  stream->push([event, n = event->next()] { event->reach(n); });
}
inline void gpu_order_behind(gpu_stream stream, gpu_event event) {
  stream->push([event, n = event->recorded()] { event->wait(n); });
}
inline void gpu_wait_for(gpu_event event) { event->wait(event->recorded()); }

inline void gpu_begin_capture(gpu_stream stream) { stream->begin_capture(); }
inline gpu_graph gpu_end_capture(gpu_stream stream) {
  count(&emulated_gpu_state::graphs);
  return new std::shared_ptr(stream->end_capture());
}
inline void gpu_abandon_capture(gpu_stream stream) { stream->end_capture(); }
inline void gpu_free_graph(gpu_graph graph) { delete graph; }
inline void gpu_launch(gpu_graph graph, gpu_stream stream) {
  count(&emulated_gpu_state::graph_launches);
  stream->push([all = *graph] {
    for (auto const& w : *all) w();
  });
}

inline void* gpu_open_library(char const* file) {
  auto const found = emulated_gpu().libraries.find(file);
  return found == emulated_gpu().libraries.end() ? nullptr : &found->second;
}
inline void* gpu_find_function(void* library, char const* name) {
  auto const& functions = *static_cast<std::map<std::string, void*>*>(library);
  auto const found = functions.find(name);
  return found == functions.end() ? nullptr : found->second;
}

inline gpu_status launch_emulated(gpu_stream stream, emulated_stream::work w) {
  emulated_gpu_state& gpu = emulated_gpu();
  {
    std::lock_guard const lock(gpu.changing);
    if (gpu.launch_that_fails >= 0 && gpu.launches >= gpu.launch_that_fails) return 77;
    ++gpu.launches;
  }
  stream->push(std::move(w));
  return gpu_success;
}
template <class Unit>
gpu_status run_by_threads(Unit const& unit, std::int64_t units, gpu_stream stream) {
  return launch_emulated(stream, [=] {
    for (std::int64_t u = 0; u < units; ++u) unit(team_of_one{}, u);
  });
}
template <class Unit>
gpu_status run_by_blocks(Unit const& unit, std::int64_t units, gpu_stream stream) {
  return run_by_threads(unit, units, stream);
}

}  // namespace ashlar::inline ASHLAR_ABI::detail::inline ASHLAR_DEVICE_ABI
