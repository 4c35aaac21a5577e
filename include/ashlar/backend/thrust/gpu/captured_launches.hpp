// SPDX-License-Identifier: MIT
#pragma once
#include <memory>
#include <mutex>

#include <ashlar/backend/run_memory.hpp>
#include <ashlar/backend/thrust/gpu/memory.hpp>

namespace ashlar::inline ASHLAR_ABI::detail::inline ASHLAR_DEVICE_ABI {

/// Launches of a program that are written down once and replayed from then on: the first time they run one by one, so
/// that everything they need is loaded, the second time they are captured into a graph. What it was captured on stays
/// as long as this: a library may have kept that stream.
class captured_launches {
 public:
  captured_launches() = default;
  captured_launches(captured_launches const&) = delete;
  captured_launches& operator=(captured_launches const&) = delete;
  ~captured_launches() { forget(); }

  /// Runs `launch(stream)`, which launches the same each time as long as `m` says the same of where memory lies.
  template <class Launch>
  void run(run_memory const& m, gpu_stream stream, Launch const& launch) {
    if (m.parameters != parameters_ || m.states != states_) {
      forget();
      parameters_ = m.parameters;
      states_ = m.states;
    }
    if (!graph_ && ran_) graph_ = captured(launch);
    if (graph_) return gpu_launch(graph_, stream);
    launch(stream);
    ran_ = true;
  }

 private:
  template <class Launch>
  gpu_graph captured(Launch const& launch) {
    std::lock_guard const alone(gpu_capturing());
    if (!own_) own_ = std::make_unique<owned_stream>();
    struct capture {
      gpu_stream stream;
      bool ended = false;

      explicit capture(gpu_stream s) : stream(s) { gpu_begin_capture(s); }
      capture(capture const&) = delete;
      capture& operator=(capture const&) = delete;
      ~capture() {
        if (!ended) gpu_abandon_capture(stream);
      }
      gpu_graph end() {
        ended = true;
        return gpu_end_capture(stream);
      }
    } writing(own_->get());
    launch(own_->get());
    return writing.end();
  }
  void forget() {
    if (graph_) gpu_free_graph(graph_);
    graph_ = gpu_graph{};
    ran_ = false;
  }

  std::unique_ptr<owned_stream> own_;
  gpu_graph graph_{};
  char* parameters_ = nullptr;
  char* states_ = nullptr;
  bool ran_ = false;
};

}  // namespace ashlar::inline ASHLAR_ABI::detail::inline ASHLAR_DEVICE_ABI
