// SPDX-License-Identifier: MIT
#pragma once
#include <ashlar/backend/step_walk.hpp>
#include <ashlar/backend/thrust/gpu/libraries/epilogues.hpp>
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
    std::lock_guard const alone(gpu_capturing());
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

/// How a program's steps are launched. Own: without libraries.
template <class Program, bool Own>
class program_launches {
  static constexpr auto const& tables = Program::tables;
  using walk = step_walk<Program>;

 public:
  /// One more than the variants of the update.
  static constexpr int variants = [] {
    int n = 0;
    for (int s = 0; s < tables.sizes.steps; ++s) n = tables.steps[s].variant > n ? tables.steps[s].variant : n;
    return n + 1;
  }();
  /// How many rows a batch has; 0: its inputs have none.
  static constexpr std::int64_t batch = [] {
    std::int64_t n = 0;
    for (int k = 0; k < tables.sizes.inputs; ++k)
      if (tables.inputs[k].rows) n = tables.inputs[k].extents[0] / tables.inputs[k].rows;
    return n;
  }();
  /// Memory that libraries need beside a program.
  static std::int64_t workspace_bytes() {
    constexpr bool any = [] {
      bool found = false;
      for (int k = 0; k + 1 < tables.sizes.kernels; ++k) {
        int const kind = tables.code[tables.kernel_begin[k]];
        found = found ||
                (kind >= static_cast<int>(kernel_kind::matmul) && kind <= static_cast<int>(kernel_kind::conv_weight));
      }
      return found;
    }();
    return any && !Own ? library_calls::workspace_bytes() : 0;
  }
  static bool is_whole(run_memory const& m) { return batch == 0 || m.rows == batch; }

  /// Launches all steps; `judge()` stands before those of the update.
  template <int Slots, class Judge>
  static void run(device_program_memory<Program, Slots> const& memory, run_memory m, gpu_stream stream,
                  library_calls* libraries, Judge const& judge) {
    m.arena = memory.arena();
    m.scalars = memory.scalars();
    one_run now{memory.numbers(), memory.constants(), &memory.state()->now, stream, libraries, is_whole(m)};
    walk::run(
        m, [&](int s, char* const* operands, std::uint64_t iteration) { now.step(s, operands, iteration); },
        [&] {
          judge();
          return now.is_update = true;
        });
  }

 private:
  struct one_run {
    std::int64_t const* numbers;
    double const* constants;
    step_values const* now;
    gpu_stream stream;
    library_calls* libraries;
    bool is_whole;
    bool is_update = false;
    char* product[3] = {};  // the operands of a product that waits for its epilogue

    void step(int s, char* const* operands, std::uint64_t iteration) {
#if ASHLAR_HAS_CUBLASLT
      if constexpr (!Own) {
        using found = epilogues_of<Program>;
        if (is_whole && found::steps.of[s].kind != product_epilogue::none) {
          for (int k = 0; k < 3; ++k) product[k] = operands[k];
          return;
        }
        if (is_whole && s > 0 && found::steps.of[s - 1].kind != product_epilogue::none) {
          if (multiply(s - 1, found::steps.of[s - 1], operands)) return;
          launch_step(s - 1, product, iteration);
        }
      }
#endif
      launch_step(s, operands, iteration);
    }

   private:
#if ASHLAR_HAS_CUBLASLT
    /// The product with what the step behind it does.
    bool multiply(int s, matched_epilogue const& e, char* const* behind) const {
      step_entry const& step = tables.steps[s];
      std::int64_t const* const n = tables.numbers + step.numbers;
      int const* const code = tables.code + tables.kernel_begin[step.kernel];
      product_shape const p{n[0], n[1], n[2], n[3], code[2] != 0, code[3] != 0, code[1] != 0};
      return libraries &&
             libraries->multiply(s, p, e.kind, product[0], product[1], behind[e.bias], behind[e.result], stream);
    }
#endif
    void launch_step(int s, char* const* operands, std::uint64_t iteration) const {
      step_entry const& step = tables.steps[s];
      gpu_status const status =
          launch_table<Program, Own>::functions.of[step.kernel]({.operands = operands,
                                                                 .operand_count = step.operand_count,
                                                                 .numbers = tables.numbers + step.numbers,
                                                                 .device_numbers = numbers + step.numbers,
                                                                 .device_constants = constants + step.constants,
                                                                 .now = now,
                                                                 .iteration = iteration,
                                                                 .stream = stream,
                                                                 .is_update = is_update,
                                                                 .step = s,
                                                                 .is_whole = is_whole,
                                                                 .libraries = libraries});
      if (status != gpu_success) refuse_launch(s, status);
    }
  };
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
