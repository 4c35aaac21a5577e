// SPDX-License-Identifier: MIT
#include "support/run_plan.hpp"

#include "support/memory_image.hpp"
#include "support/reference_kernels.hpp"

namespace proof {
namespace {

/// Walks a plan made at run time with the reference kernels.
class plan_runner {
 public:
  plan_runner(full_plan const& p, environment const& e) : p_(p), e_(e) {}

  results run() {
    memory_map const map = memory_map::of(p_, p_.inputs.size(), p_.outputs.size(), p_.parameters.size(),
                                          p_.states.size(), p_.pools.counts);
    memory_image image(map, e_);
    run_body(
        p_.top,
        {image.arena(), reinterpret_cast<char*>(image.scalars()), image.parameters(), image.states(), image.slots()},
        0);
    return image.read(e_);
  }

 private:
  using places = std::vector<char*>;

  static char* at(address const& a, places const& from) {
    return a.place < 0 ? nullptr : from[static_cast<std::size_t>(a.place)] + a.offset;
  }
  void run_body(int body, places const& from, std::uint64_t iteration) {
    body_entry const& b = p_.pools.bodies[body];
    for (int s = b.first_step; s < b.first_step + b.step_count; ++s) {
      step_entry const& step = p_.pools.steps[s];
      if (step.variant && step.variant != e_.variant) continue;
      if (step.loop >= 0) {
        run_loop(p_.pools.loops[step.loop], from, iteration);
        continue;
      }
      kernel_call c{p_.pools.kernel_code.begin() + p_.pools.kernel_begin[step.kernel],
                    p_.pools.kernel_begin[step.kernel + 1] - p_.pools.kernel_begin[step.kernel],
                    p_.drafted.numbers.begin() + step.numbers,
                    p_.drafted.constants.begin() + step.constants,
                    {},
                    &e_,
                    iteration};
      for (int o = 0; o < step.operand_count; ++o) c.operands.push_back(at(p_.pools.operands[step.operands + o], from));
      run_reference(c);
    }
  }
  void run_loop(loop_entry const& l, places const& from, std::uint64_t iteration) {
    char* const scratch = from[arena_place] + l.scratch;
    auto binding = [&](int k) -> loop_binding const& { return p_.pools.bindings[l.bindings + k]; };
    for (int i = 0; i < l.count; ++i) {
      int const position = l.reversed ? l.count - 1 - i : i;
      places inner(operand_place, nullptr);
      inner[arena_place] = scratch;
      inner[scalar_place] = from[scalar_place];
      auto slot = [&](int k, int turn) {
        return scratch + binding(l.arguments + k).slot + (turn & 1) * binding(l.arguments + k).slot_bytes;
      };
      for (int q = 0; q < l.arguments; ++q)
        inner.push_back(q < l.carries && i > 0 ? slot(q, i) : at(binding(q).at, from) + position * binding(q).stride);
      for (int k = 0; k < l.results; ++k) {
        loop_binding const& b = binding(l.arguments + k);
        bool const last = i + 1 == l.count && b.at.place >= 0;
        inner.push_back(k < l.carries ? (last ? at(b.at, from) : slot(k, i + 1))
                                      : at(b.at, from) + position * b.stride);
      }
      run_body(l.body, inner, iteration * 1000003u + static_cast<std::uint64_t>(position) + 1);
    }
  }

  full_plan const& p_;
  environment const& e_;
};

}  // namespace

planned::planned(recording const& from, pass_options options) : plan(options) {
  r.outputs = from.outputs;
  rebuild(from.g, r.g, r.outputs);
  make_plan(r.g, r.outputs, plan);
}
results planned::run(environment const& e) const { return plan_runner(plan, e).run(); }

}  // namespace proof
