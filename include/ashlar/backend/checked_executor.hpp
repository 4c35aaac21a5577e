// SPDX-License-Identifier: MIT
#pragma once
#include <ashlar/backend/finding_text.hpp>
#include <ashlar/core/error.hpp>

namespace ashlar::inline ASHLAR_ABI::detail {

/// As another executor, with a look at the numbers of every step.
/// errors: fails where a result is not finite, naming the operation that made it so; a training step then has not
/// changed what its gradients would have spoilt
template <class Program, class Executor>
struct checked_executor {
  static bool run(run_memory m) {
    if (m.watch) return Executor::run(m);
    static constexpr plan_view p = view_of<Program>();
    finite_watch watch(p, m, true);
    m.watch = &watch;
    bool const ran = Executor::run(m);
    if (watch.look_at_results()) refuse_results(p, m, watch.spoilt_by);
    return ran;
  }
  template <class Resources>
  static bool run(run_memory const& m, Resources const&) {
    return run(m);
  }

 private:
  [[noreturn]] ASHLAR_COLD static void refuse_results(plan_view const& p, run_memory const& m, finding const& f) {
    char const* const results[] = {m.step ? "the loss" : "a result", "a state", "the update"};
    non_finite why;
    finding_text(p, m, f).write(why);
    fail(error_parts{.place = m.step ? "step " + std::to_string(m.step) : "",
                     .problem = std::string(results[f.result]) + " is not finite: " + why.sentence});
  }
};

/// The executor of a policy: with a look at every number, or without.
template <bool Checked, class Program, class Executor>
using executor_for = std::conditional_t<Checked, checked_executor<Program, Executor>, Executor>;

}  // namespace ashlar::inline ASHLAR_ABI::detail
