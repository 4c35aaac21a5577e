// SPDX-License-Identifier: MIT
#pragma once
#include <ashlar/backend/finite_watch.hpp>
#include <ashlar/backend/thrust/gpu/memory.hpp>

namespace ashlar::inline ASHLAR_ABI::detail::inline ASHLAR_DEVICE_ABI {

/// Lets a watch that reads memory of the host look at steps that run on a device: it is shown their operands' image on
/// the host, where what each step has written is copied. So a program needs no kernels for both.
class image_watch final : public step_watch {
 public:
  /// A part of the device's memory and its image, equal at first.
  struct mirrored {
    char const* there = nullptr;
    char* here = nullptr;
    std::int64_t bytes = 0;
  };
  image_watch(plan_view const& p, step_watch& shown) : p_(p), shown_(shown) {}

  void add(mirrored const& part) { parts_.push(part); }

  ASHLAR_COLD bool before(int step, char* const* operands, std::uint64_t iteration) override {
    here_ = list<char*>();
    for (int o = 0; o < p_.steps[step].operand_count; ++o) here_.push(image_of(operands[o]));
    return shown_.before(step, here_.begin(), iteration);
  }
  ASHLAR_COLD void after(int step, char* const* operands, std::uint64_t iteration) override {
    step_entry const& s = p_.steps[step];
    for (int o = s.inputs; o < s.inputs + s.outputs; ++o) {
      operand_value const& v = p_.values[s.operands + o];
      if (here_[o] && v.elements) read_device(here_[o], operands[o], bytes_between(v));
    }
    shown_.after(step, here_.begin(), iteration);
  }

 private:
  ASHLAR_COLD char* image_of(char const* there) const {
    for (mirrored const& part : parts_)
      if (there && there >= part.there && there < part.there + part.bytes) return part.here + (there - part.there);
    return nullptr;
  }

  plan_view const& p_;
  step_watch& shown_;
  list<mirrored> parts_;
  list<char*> here_;  // the operands of the step that runs
};

}  // namespace ashlar::inline ASHLAR_ABI::detail::inline ASHLAR_DEVICE_ABI
