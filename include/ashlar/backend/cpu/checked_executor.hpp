// SPDX-License-Identifier: MIT
#pragma once
#include <ashlar/backend/cpu/executor.hpp>
#include <ashlar/backend/cpu/finding_text.hpp>
#include <ashlar/core/error.hpp>

namespace ashlar::inline ASHLAR_ABI::detail {

/// As cpu_executor, with a look at the numbers of every step.
/// errors: fails where a result is not finite, naming the operation that made it so; a training step then has not
/// changed what its gradients would have spoilt
template <class Program>
struct checked_executor {
  static bool run(run_memory m, instruction_set set = machine_instruction_set()) {
    if (m.watch) return cpu_executor<Program>::run(m, set);
    static constexpr plan_view p = view_of<Program>();
    finite_watch watch(p, m, true);
    m.watch = &watch;
    bool const ran = cpu_executor<Program>::run(m, set);
    if (watch.look_at_results()) refuse_results(p, m, watch.spoilt_by);
    return ran;
  }
  static bool run(run_memory const& m, cpu_threads const&) { return run(m); }

 private:
  [[noreturn]] ASHLAR_COLD static void refuse_results(plan_view const& p, run_memory const& m, finding const& f) {
    char const* const results[] = {m.step ? "the loss" : "a result", "a state", "the update"};
    non_finite why;
    finding_text(p, m, f).write(why);
    fail(error_parts{.place = m.step ? "step " + std::to_string(m.step) : "",
                     .problem = std::string(results[f.result]) + " is not finite: " + why.sentence});
  }
};

}  // namespace ashlar::inline ASHLAR_ABI::detail
