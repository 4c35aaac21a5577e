// SPDX-License-Identifier: MIT
#pragma once
#include <string>

#include <ashlar/core/error.hpp>
#include <ashlar/plan/program.hpp>

/// Indices that a program makes, or takes without a look at them: those out of range read NaN (0 of whole numbers) and
/// write nothing; a run counts them and fails when it is over, a training step without its update.
namespace ashlar::inline ASHLAR_ABI::detail {

/// The indices out of range of the first step of a run that has some.
struct index_faults {
  std::int64_t count = 0, step = -1;

  ASHLAR_HD constexpr void add(std::int64_t at, std::int64_t found) {
    if (found == 0 || (step >= 0 && step != at)) return;
    step = at;
    count += found;
  }
};

/// Whether a step of a program reads indices: its operand 1.
template <class Tables>
constexpr bool reads_indices(Tables const& t, int step) {
  if (t.steps[step].kernel < 0 || t.steps[step].variant) return false;
  int const kind = t.code[t.kernel_begin[t.steps[step].kernel]];
  return kind == static_cast<int>(kernel_kind::gather) || kind == static_cast<int>(kernel_kind::scatter);
}
/// Whether one does.
template <class Program>
inline constexpr bool has_indices = [] {
  bool found = false;
  for (int s = 0; s < Program::tables.sizes.steps; ++s) found = found || reads_indices(Program::tables, s);
  return found;
}();

/// The indices of a step, by the numbers of gather and scatter (passes/lower_node.hpp): of the valid rows every
/// `apart`-th from `first` on.
ASHLAR_HD constexpr std::int64_t indices_out_of_range(std::int32_t const* index, std::int64_t const* numbers,
                                                      std::int64_t rows, std::int64_t first = 0,
                                                      std::int64_t apart = 1) {
  std::int64_t const extent = numbers[1], full = numbers[2];
  std::int64_t const outer = numbers[4] ? numbers[4] * rows : numbers[0], valid = numbers[5] ? numbers[5] * rows : full;
  std::int64_t found = 0;
  for (std::int64_t i = first; i < outer * valid; i += apart) {
    std::int32_t const at = index[i / valid * full + i % valid];
    found += at < 0 || at >= extent;
  }
  return found;
}
/// Looks at a step that has run, where it reads indices.
template <class Program>
void look_at_indices(int step, char* const* operands, std::int64_t rows, index_faults& faults) {
  static constexpr auto const& t = Program::tables;
  if (reads_indices(t, step))
    faults.add(step, indices_out_of_range(reinterpret_cast<std::int32_t const*>(operands[1]),
                                          t.numbers + t.steps[step].numbers, rows));
}

/// Fails, naming the layer. `training_step`: its number, 0 where it is none.
template <class Program>
[[noreturn]] ASHLAR_COLD void refuse_indices(index_faults const& faults, std::uint64_t training_step) {
  static constexpr auto const& t = Program::tables;
  step_entry const& step = t.steps[static_cast<int>(faults.step)];
  std::string layer;
  for (int i = 0; i < t.paths[2 * step.path + 1]; ++i) {
    char const letter = t.names[t.paths[2 * step.path] + i];
    if (letter == '\1')
      layer += "{i}";
    else
      layer += letter;
  }
  std::int64_t const extent = t.numbers[step.numbers + 1];
  fail(error_parts{.place = training_step ? "step " + std::to_string(training_step) : "",
                   .problem = std::to_string(faults.count) + (faults.count == 1 ? " index" : " indices") +
                              (layer.empty() ? "" : " in layer '" + layer + "'") + " out of range, of an axis of " +
                              std::to_string(extent) + ": " + (training_step ? "nothing is changed" : "no result")});
}
template <class Program>
void check_indices(index_faults const& faults, std::uint64_t training_step) {
  if constexpr (has_indices<Program>)
    if (faults.count) refuse_indices<Program>(faults, training_step);
}

}  // namespace ashlar::inline ASHLAR_ABI::detail
