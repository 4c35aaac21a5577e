// SPDX-License-Identifier: MIT
#pragma once
#include <ashlar/plan/frozen_recording.hpp>
#include <ashlar/plan/plan_tables.hpp>
#include <ashlar/plan/stages.hpp>

namespace ashlar::inline ASHLAR_ABI::detail {

/// Nodes of a recording that are planned in one constant: clang evaluates about 2,000 statements for each, and a
/// million for a constant.
inline constexpr int nodes_at_once = 450;

/// Records, rebuilds and plans: the pipeline as one function. A refusal takes the place of a plan.
constexpr void plan_recording(recording const& raw, recording& clean, full_plan& p) {
  rebuild_recording(raw, clean);
  if (clean.g.refused.why == refusal::none) return make_plan(clean.g, clean.outputs, p);
  p.pools.counts.refused = clean.g.refused.why;
  p.pools.counts.refused_at = clean.g.refused.at.line;
  clean.g.paths.write(clean.g.refused.path, p.pools.names);
}
template <class Recorder>
constexpr void run_pipeline(full_plan& p, recording& clean) {
  recording raw;
  Recorder::record(raw);
  plan_recording(raw, clean, p);
}

constexpr recording_size size_of(recording const& r) {
  frozen_recording<0, 0, 0, 0> f;
  f.freeze(r);
  return f.size();
}

/// A plan in one constant, in tables that are large enough; none where the recording is too large for that.
template <class Recorder, bool Fuse, bool Reuse, bool Winograd = false, bool Strided = false>
struct plan_at_once {
  template <int Scale>
  static constexpr tables_of<roomy_sizes<Scale>> make() {
    tables_of<roomy_sizes<Scale>> t;
    recording raw, clean;
    full_plan p({Fuse, Reuse, Winograd, Strided});
    Recorder::record(raw);
    if (raw.g.refused.why == refusal::none && all_nodes(raw.g) > nodes_at_once) {
      t.recorded = size_of(raw);
      return t;
    }
    plan_recording(raw, clean, p);
    t.sizes = sizes_of(p);
    if (!t.sizes.fits(roomy_sizes<Scale>::value)) return t;
    copy_plan(p, t.sizes, t);
    copy_drafts(p.parts, t);
    return t;
  }
  template <int Scale>
  struct stage {
    static constexpr tables_of<roomy_sizes<Scale>> tables = make<Scale>();  // too large? -fconstexpr-steps=N
    static constexpr bool fits = tables.sizes.fits(roomy_sizes<Scale>::value);
  };
  static constexpr int first_scale = 1;
};

/// The program of a recorder, as constexpr tables. Evaluated once, into tables that are large enough, then copied into
/// exact ones; large programs in several stages.
template <class Recorder, bool Fuse = true, bool Reuse = true, bool Winograd = false, bool Strided = false>
struct program {
  using recorder = Recorder;
  using planned_recorder = std::conditional_t<Strided, recorder_with_panels<Recorder>, Recorder>;
  static constexpr pass_options options{Fuse, Reuse, Winograd, Strided};

  using at_once = plan_at_once<planned_recorder, Fuse, Reuse, Winograd, Strided>;
  static constexpr recording_size size = at_once::template stage<1>::tables.recorded;
  static constexpr bool staged = size.nodes > 0;
  using recorded = stage_recorder<planned_recorder, size.nodes, size.numbers, size.paths, size.variables>;
  using in_stages = plan_in_stages<recorded, Fuse, Reuse, steps_at_once, Winograd, Strided>;
  using source = std::conditional_t<staged, in_stages, at_once>;

  template <int Scale>
  static constexpr int fitting_scale() {
    // In this order: where the compiler gave up on `tables`, `fits` is neither true nor false.
    if constexpr (Scale == largest_scale)
      return Scale;
    else if constexpr (source::template stage<Scale>::fits)
      return Scale;
    else
      return fitting_scale<8 * Scale>();
  }
  static constexpr int largest_scale = 64;  // about 8,000 steps
  static constexpr int scale = fitting_scale<source::first_scale>();
  using roomy = typename source::template stage<scale>;
  struct exact {
    static constexpr plan_sizes value = roomy::tables.sizes;
  };
  static_assert(roomy::fits, "ashlar: this network's plan is larger than the tables for plans; use repeat<N>");
  static constexpr auto freeze() {
    tables_of<exact> t;
    auto const& s = roomy::tables;
    copy_tables(s, exact::value, t);
    copy_pool(s.code, exact::value.code, t.code);
    copy_variables(s, exact::value, t);
    copy_ends(s, exact::value, t);
    if constexpr (staged)
      source::copy_drafts_into(t);
    else
      copy_drafts(s, exact::value, t);
    return t;
  }
  static constexpr tables_of<exact> tables = freeze();
};

}  // namespace ashlar::inline ASHLAR_ABI::detail
