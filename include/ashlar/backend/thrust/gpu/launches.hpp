// SPDX-License-Identifier: MIT
#pragma once
#include <ashlar/backend/step_walk.hpp>
#include <ashlar/backend/thrust/gpu/program_memory.hpp>
#include <ashlar/backend/thrust/kernels.hpp>

namespace ashlar::inline ASHLAR_ABI::detail::inline ASHLAR_DEVICE_ABI {

/// Launches of a program that are written down once and replayed from then on: the first time they run one by one, so
/// that everything they need is loaded, the second time they are captured into a graph.
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
  static gpu_graph captured(Launch const& launch) {
    owned_stream const own;
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
    } writing(own.get());
    launch(own.get());
    return writing.end();
  }
  void forget() {
    if (graph_) gpu_free_graph(graph_);
    graph_ = gpu_graph{};
    ran_ = false;
  }

  gpu_graph graph_{};
  char* parameters_ = nullptr;
  char* states_ = nullptr;
  bool ran_ = false;
};

/// How a program's steps are launched.
template <class Program, bool Own>
struct program_launches {
  static constexpr auto const& tables = Program::tables;
  using walk = step_walk<Program>;

  /// One more than the variants of the update.
  static constexpr int variants = [] {
    int n = 0;
    for (int s = 0; s < tables.sizes.steps; ++s) n = tables.steps[s].variant > n ? tables.steps[s].variant : n;
    return n + 1;
  }();

  /// Launches all steps; `judge()` stands before those of the update.
  template <int Slots, class Judge>
  static void run(device_program_memory<Program, Slots> const& memory, run_memory m, gpu_stream stream,
                  Judge const& judge) {
    m.arena = memory.arena();
    m.scalars = memory.scalars();
    bool is_update = false;
    walk::run(
        m,
        [&](int s, char* const* operands, std::uint64_t iteration) {
          step_entry const& step = tables.steps[s];
          gpu_status const status = launch_table<Program, Own>::functions.of[step.kernel](
              {.operands = operands,
               .operand_count = step.operand_count,
               .numbers = tables.numbers + step.numbers,
               .device_numbers = memory.numbers() + step.numbers,
               .device_constants = memory.constants() + step.constants,
               .now = &memory.state()->now,
               .iteration = iteration,
               .stream = stream,
               .is_update = is_update});
          if (status != gpu_success) refuse_launch(s, status);
        },
        [&] {
          judge();
          return is_update = true;
        });
  }

 private:
  [[noreturn]] ASHLAR_COLD static void refuse_launch(int s, gpu_status status) {
    int const path = tables.steps[s].path;
    std::string const layer(tables.names + tables.paths[2 * path],
                            static_cast<std::size_t>(tables.paths[2 * path + 1]));
    fail(error_parts{.place = "device",
                     .problem = "kernel " + std::to_string(s + 1) + " of " + std::to_string(tables.sizes.steps) +
                                (layer.empty() ? "" : " (layer '" + layer + "')") +
                                " could not be launched: " + gpu_words(status)});
  }
};

}  // namespace ashlar::inline ASHLAR_ABI::detail::inline ASHLAR_DEVICE_ABI
