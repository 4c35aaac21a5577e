// SPDX-License-Identifier: MIT
#pragma once
#include <string>

#include <ashlar/backend/step_walk.hpp>
#include <ashlar/backend/thrust/gpu/captured_launches.hpp>
#include <ashlar/backend/thrust/gpu/libraries/convolution_epilogues.hpp>
#include <ashlar/backend/thrust/gpu/libraries/product_alignments.hpp>
#include <ashlar/backend/thrust/gpu/program_memory.hpp>
#include <ashlar/backend/thrust/kernels.hpp>

namespace ashlar::inline ASHLAR_ABI::detail::inline ASHLAR_DEVICE_ABI {

/// How a program's steps are launched. Own: without libraries.
template <class Program, bool Own, library_precision Precision>
class program_launches {
  static constexpr auto const& tables = Program::tables;
  using walk = step_walk<Program>;
  using launchers = launch_table<Program, Own, Precision == library_precision::bf16>;

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
  /// Memory that libraries and kernels of our own need beside a program.
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
    return (any && !Own ? bytes_of_libraries() : 0) + own_bytes();
  }
  /// Of it what libraries work in.
  static std::int64_t library_workspace() {
    std::int64_t most = 0;
#if ASHLAR_HAS_CUDNN
    each_convolution([&](kernel_kind, std::int64_t const* n, bool is_wide) {
      convolution_shape const c(n, is_wide);
      std::int64_t const size = is_wide ? 8 : Precision == library_precision::bf16 ? 2 : 4;
      std::int64_t const bytes = size * (c.of_images() + c.of_filters() + c.of_results());
      if (bytes > most) most = bytes;
    });
#endif
    return library_calls::workspace_bytes(most);
  }
  static bool is_whole(run_memory const& m) { return batch == 0 || m.rows == batch; }

  /// Launches all steps; `judge()` stands before those of the update, and says whether they are launched. A watch of
  /// the memory's looks at each kernel.
  template <int Slots, class Judge>
  static void run(device_program_memory<Program, Slots> const& memory, run_memory m, gpu_stream stream,
                  library_calls* libraries, Judge const& judge) {
    m.arena = memory.arena();
    m.scalars = memory.scalars();
    run_state* const state = memory.state();
    one_run now{memory.numbers(), memory.constants(), &memory.state()->now,
                stream,           libraries,          memory.own() + workspace_bytes() - own_bytes(),
                is_whole(m)};
#if ASHLAR_HAS_CUBLASLT
    now.arena = m.arena;
#endif
    walk::run(
        m,
        [&](int s, char* const* operands, std::uint64_t iteration) {
          if (m.watch && !m.watch->before(s, operands, iteration)) return;
          now.step(s, operands, iteration);
          if (m.watch) m.watch->after(s, operands, iteration);
          if constexpr (has_indices<Program>)
            if (reads_indices(tables, s)) launch_count(s, operands[1], memory.numbers(), state, stream);
        },
        [&] { return now.is_update = judge(); });
  }

 private:
  static void launch_count(int s, char const* index, std::int64_t const* numbers, run_state* state, gpu_stream on) {
    count_indices const count{state, reinterpret_cast<std::int32_t const*>(index), numbers + tables.steps[s].numbers,
                              s};
    gpu_check(run_by_blocks(count, 1, on), "looking at indices");
  }
  /// What libraries work in, then the masks that they leave.
  static std::int64_t bytes_of_libraries() {
    std::int64_t const bytes = library_workspace();
#if ASHLAR_HAS_CUBLASLT
    if (bytes) return bytes + epilogues_of<Program>::steps.mask_bytes;
#endif
    return bytes;
  }
  /// What one kernel of our own works in, or what a library's convolution is given of numbers in bf16.
  static std::int64_t own_bytes() {
    [[maybe_unused]] bool const rounds = !Own && library_calls::rounds_convolutions(Precision);
    std::int64_t most = 0;
    auto need = [&](std::int64_t bytes) { most = bytes > most ? bytes : most; };
    for (std::int64_t const bytes : launchers::functions.bytes) need(bytes);
    each_convolution([&](kernel_kind kind, std::int64_t const* n, bool is_wide) {
      if (kind == kernel_kind::conv_weight) need(weight_workspace(n, is_wide));
#if ASHLAR_HAS_CUDNN
      if (rounds && !is_wide) need(rounded_convolution(convolution_shape(n, false)).bytes);
#endif
    });
    return (most + 255) / 256 * 256;
  }
  /// use(kind, numbers, whether of doubles) for each.
  template <class Use>
  static void each_convolution(Use const& use) {
    for (int s = 0; s < tables.sizes.steps; ++s) {
      if (tables.steps[s].kernel < 0) continue;
      int const* const code = tables.code + tables.kernel_begin[tables.steps[s].kernel];
      auto const kind = static_cast<kernel_kind>(code[0]);
      if (kind >= kernel_kind::conv && kind <= kernel_kind::conv_weight)
        use(kind, tables.numbers + tables.steps[s].numbers, code[1] != 0);
    }
  }

  struct one_run {
    std::int64_t const* numbers;
    double const* constants;
    step_values const* now;
    gpu_stream stream;
    library_calls* libraries;
    char* workspace;
    bool is_whole;
    bool is_update = false;
#if ASHLAR_HAS_CUDNN
    char* convolution[4] = {};  // the operands of one that waits for its bias and ReLU
#endif
#if ASHLAR_HAS_CUBLASLT
    char* arena = nullptr;
    char* product[3] = {};                    // the operands of a product that waits for its epilogue
    char* summed[2] = {};                     // the operands of a sum of columns that waits for a product
    int waiting_sum = -1;                     // and its step; -1: none waits
    bool has_mask[tables.sizes.steps + 1]{};  // of which products
    bool is_done[tables.sizes.steps + 1]{};   // with a product before
    bool is_begun[tables.sizes.steps + 1]{};  // of which sums products have begun from each other
    struct kept_gelu {
      char* at = nullptr;  // its operand, where that is no slice of a loop's
      product_epilogue how = product_epilogue::none;
      std::uint64_t iterations = 0;  // a bit for each of a loop's where it was kept

      static std::uint64_t bit(std::uint64_t iteration) { return std::uint64_t{1} << (iteration - 1) % 64; }
    } kept[tables.sizes.steps + 1]{};  // of which products that have its gradient
#endif

    void step(int s, char* const* operands, std::uint64_t iteration) {
#if ASHLAR_HAS_CUBLASLT
      if constexpr (!Own)
        if (is_whole && libraries && is_of_library(s, operands, iteration)) return;
#endif
#if ASHLAR_HAS_CUDNN
      if constexpr (!Own)
        if (is_whole && libraries && is_with_relu(s, operands, iteration)) return;
#endif
      launch_step(s, operands, iteration);
    }

   private:
#if ASHLAR_HAS_CUDNN
    /// Whether a step is a convolution that waits for its bias and ReLU, or is these and launched here with it.
    bool is_with_relu(int s, char* const* operands, std::uint64_t iteration) {
      using found = convolution_epilogues_of<Program>;
      if (found::steps.of[s]) {
        for (int k = 0; k < 4 && k < tables.steps[s].operand_count; ++k) convolution[k] = operands[k];
        return true;
      }
      if (s == 0 || !found::steps.of[s - 1]) return false;
      step_entry const& step = tables.steps[s - 1];
      convolution_shape const shape(tables.numbers + step.numbers,
                                    tables.code[tables.kernel_begin[step.kernel] + 1] != 0);
      char* const with_bias[] = {convolution[0], convolution[1], operands[2], operands[1]};
      if (libraries->convolve_with_relu(s - 1, shape, with_bias, stream)) return true;
      launch_step(s - 1, convolution, iteration);
      return false;
    }
#endif
#if ASHLAR_HAS_CUBLASLT
    /// Whether a step has been launched with another, waits for its epilogue, or is launched here with what follows.
    bool is_of_library(int s, char* const* operands, std::uint64_t iteration) {
      using found = epilogues_of<Program>;
      if (is_done[s]) return true;
      matched_epilogue const& own = found::steps.of[s];
      if (own.summing_product >= 0) return will_sum(s, own.summing_product, operands);
      if (own.sums_factor()) return multiply_and_sum(s, own, operands, iteration);
      if (own.is_of_next_step()) {
        for (int k = 0; k < 3; ++k) product[k] = operands[k];
        return true;
      }
      if (own.kind == product_epilogue::relu_gradient) return differentiate(s, own, operands);
      if (own.kind == product_epilogue::gelu_gradient) {
        if (!own.is_looped) return kept[s].at && take_kept(s, own, operands);
        for (int k = 0; k < 3; ++k) product[k] = operands[k];
        return is_kept(s, iteration);
      }
      if (own.kind == product_epilogue::addend && own.step >= 0) return begin_from(s, own, operands);
      if (s == 0) return false;
      matched_epilogue const& before = found::steps.of[s - 1];
      if (before.step == s && before.is_looped) return is_kept(s - 1, iteration) && take_slice(s - 1, before, operands);
      if (!before.is_of_next_step()) return false;
      if (multiply(s - 1, before, operands, iteration)) return true;
      launch_step(s - 1, product, iteration);
      return false;
    }
    /// Whether a sum of columns will be launched with a product behind it.
    bool will_sum(int s, int product_step, char* const* operands) {
      product_places at{};
      at.bias = operands[1];
      if (waiting_sum >= 0 || !will_multiply(product_step, epilogues_of<Program>::steps.of[product_step].kind, at))
        return false;
      for (int k = 0; k < 2; ++k) summed[k] = operands[k];  // without the workspace, which is nothing to a device
      waiting_sum = s;
      return true;
    }
    /// A product with the sum of columns that waits for it, if one does.
    bool multiply_and_sum(int s, matched_epilogue const& e, char* const* operands, std::uint64_t iteration) {
      if (waiting_sum < 0 || epilogues_of<Program>::steps.of[waiting_sum].summing_product != s) return false;
      product_places at{operands[0], operands[1], operands[2]};
      at.bias = summed[1];
      int const sum = waiting_sum;
      waiting_sum = -1;
      if (is_multiplied(s, e.kind, at)) return true;
      launch_step(sum, summed, iteration);
      return false;
    }
    /// A product with what the step behind it does.
    bool multiply(int s, matched_epilogue const& e, char* const* behind, std::uint64_t iteration) {
      product_places at{product[0], product[1], behind[e.result], behind[e.bias]};
      if (e.addend >= 0) {
        at.addend = behind[e.addend];
        if (!e.is_chained) return is_multiplied(s, e.kind, at);
        bool& is_ours = is_begun[s + 1];  // else all are added by the step behind
        if (is_ours && !is_multiplied(s, e.kind, at))
          refuse_launch(s, "cuBLASLt refuses a product that it had accepted");
        bool const is_done_so = is_ours;
        is_ours = false;
        return is_done_so;
      }
      if (e.gradient >= 0) {
        at.mask = behind[e.kept];
        return keep(s, e, at, iteration);
      }
      if (e.mask_at >= 0) {
        at.mask = libraries->mask(e.mask_at);
        has_mask[s] = is_multiplied(s, e.kind, at);
        if (has_mask[s]) return true;
      }
      product_epilogue const kind = e.mask_at >= 0 ? product_epilogue::bias_and_relu : e.kind;
      return is_multiplied(s, kind, at);
    }
    static constexpr bool is_begun_by(matched_epilogue const& e, int sum) {
      return e.kind == product_epilogue::addend && e.step == sum;
    }
    /// A product of a sum that begins from the one before it, where all of that sum's will.
    bool begin_from(int s, matched_epilogue const& e, char* const* operands) {
      using found = epilogues_of<Program>;
      bool& is_ours = is_begun[e.step];
      bool is_first = true;
      for (int p = 0; p < s; ++p) is_first = is_first && !is_begun_by(found::steps.of[p], e.step);
      if (!is_first && !is_ours) return false;
      for (int p = s + 1; p < e.step && is_first; ++p)
        if (is_begun_by(found::steps.of[p], e.step) || p == e.step - 1)
          if (!will_multiply(p, product_epilogue::addend, {})) return false;
      product_places at{operands[0], operands[1], operands[2]};
      at.addend = operands[2] + e.addend_apart;
      bool const is_launched = is_multiplied(s, e.kind, at);
      if (!is_launched && !is_first) refuse_launch(s, "cuBLASLt refuses a product that it had accepted");
      return is_ours = is_launched;
    }
    /// A product with the steps that make of it the gradient of what a ReLU read, and of a bias.
    bool differentiate(int s, matched_epilogue const& e, char* const* operands) {
      if (!has_mask[e.mask]) return false;
      product_places at{operands[0], operands[1], operands[2]};
      at.mask = libraries->mask(epilogues_of<Program>::steps.of[e.mask].mask_at);
      if (e.bias_gradient_step >= 0) {
        at.bias = result_of(e.bias_gradient_step);
        is_done[e.bias_gradient_step] = is_multiplied(s, product_epilogue::relu_and_bias_gradient, at);
        is_done[e.step] = is_done[e.bias_gradient_step];
      }
      if (!is_done[e.step]) is_done[e.step] = is_multiplied(s, product_epilogue::relu_gradient, at);
      return is_done[e.step];
    }
    /// A product, its bias and GELU, whose operand is kept: where the product that takes it from there will be
    /// launched.
    bool keep(int s, matched_epilogue const& e, product_places const& at, std::uint64_t iteration) {
      int const next = e.gradient;
      matched_epilogue const& behind = epilogues_of<Program>::steps.of[next];
      product_places taken{};
      taken.mask = at.mask;
      if (behind.bias_gradient_step >= 0) taken.bias = result_of(behind.bias_gradient_step);
      auto will = [&](product_epilogue how) { return will_multiply(next, how, taken); };
      product_epilogue const how = taken.bias && will(product_epilogue::gelu_and_bias_gradient)
                                       ? product_epilogue::gelu_and_bias_gradient
                                   : will(product_epilogue::gelu_gradient) ? product_epilogue::gelu_gradient
                                                                           : product_epilogue::none;
      if (how == product_epilogue::none || !is_multiplied(s, product_epilogue::bias_and_kept_gelu, at)) return false;
      kept_gelu& k = kept[next];
      k.at = static_cast<char*>(at.mask);
      k.how = how;
      if (e.is_looped) k.iterations |= kept_gelu::bit(iteration);
      return true;
    }
    /// Whether a product of a loop takes what that iteration of another one has kept.
    bool is_kept(int s, std::uint64_t iteration) const { return (kept[s].iterations & kept_gelu::bit(iteration)) != 0; }
    /// A product of a loop with the step behind it, which makes of it the gradient of what a GELU read. Nobody else
    /// could: what that step reads is not there.
    bool take_slice(int s, matched_epilogue const& e, char* const* behind) {
      product_places at{product[0], product[1], behind[tables.steps[e.step].inputs]};
      at.mask = behind[e.kept];
      if (!is_multiplied(s, e.kind, at)) refuse_launch(s, "cuBLASLt refuses a product that it had accepted");
      return true;
    }
    /// A product with the steps that make of it the gradient of what a GELU read, and of a bias. Nobody else could:
    /// what they read is not there.
    bool take_kept(int s, matched_epilogue const& e, char* const* operands) {
      product_places at{operands[0], operands[1], result_of(e.step)};
      at.mask = kept[s].at;
      is_done[e.step] = true;
      if (kept[s].how == product_epilogue::gelu_and_bias_gradient) {
        at.bias = result_of(e.bias_gradient_step);
        is_done[e.bias_gradient_step] = true;
      }
      if (!is_multiplied(s, kept[s].how, at)) refuse_launch(s, "cuBLASLt refuses a product that it had accepted");
      return true;
    }
    /// Where the first result of a step lies, in the arena.
    char* result_of(int s) const {
      return arena + tables.operands[tables.steps[s].operands + tables.steps[s].inputs].offset;
    }
    bool is_multiplied(int s, product_epilogue how, product_places const& at) {
      return libraries->multiply(s, shape_of(s), how, at, stream, product_alignments<Program>::found.of[s]);
    }
    bool will_multiply(int s, product_epilogue how, product_places const& at) {
      return libraries->will_multiply(s, shape_of(s), how, at, stream, product_alignments<Program>::found.of[s]);
    }
    static product_shape shape_of(int s) {
      step_entry const& step = tables.steps[s];
      std::int64_t const* const n = tables.numbers + step.numbers;
      int const* const code = tables.code + tables.kernel_begin[step.kernel];
      return {n[0], n[1], n[2], n[3], code[2] != 0, code[3] != 0, code[1] != 0};
    }
#endif
    void launch_step(int s, char* const* operands, std::uint64_t iteration) const {
      step_entry const& step = tables.steps[s];
      gpu_status const status = launchers::functions.of[step.kernel]({.operands = operands,
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
                                                                      .libraries = libraries,
                                                                      .workspace = workspace});
      if (status != gpu_success) refuse_launch(s, gpu_words(status));
    }
  };
  [[noreturn]] ASHLAR_COLD static void refuse_launch(int s, std::string const& why) {
    int const path = tables.steps[s].path;
    std::string const layer(tables.names + tables.paths[2 * path],
                            static_cast<std::size_t>(tables.paths[2 * path + 1]));
    fail(error_parts{.place = "device",
                     .problem = "kernel " + std::to_string(s + 1) + " of " + std::to_string(tables.sizes.steps) +
                                (layer.empty() ? "" : " (layer '" + layer + "')") + " could not be launched: " + why});
  }
};

}  // namespace ashlar::inline ASHLAR_ABI::detail::inline ASHLAR_DEVICE_ABI
