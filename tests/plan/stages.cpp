// SPDX-License-Identifier: MIT
#include <ashlar/plan/program.hpp>

#include <doctest/doctest.h>

#include "support/networks.hpp"

using namespace ashlar;
using namespace ashlar::detail;

namespace {

bool same(address const& a, address const& b) { return a.place == b.place && a.offset == b.offset; }
bool same(int a, int b) { return a == b; }
bool same(char a, char b) { return a == b; }
bool same(std::int64_t a, std::int64_t b) { return a == b; }
bool same(double a, double b) { return a == b; }
bool same(step_entry const& a, step_entry const& b) {
  return a.kernel == b.kernel && a.loop == b.loop && a.operands == b.operands && a.operand_count == b.operand_count &&
         a.inputs == b.inputs && a.outputs == b.outputs && a.numbers == b.numbers && a.constants == b.constants &&
         a.path == b.path && a.operations == b.operations && a.operation_count == b.operation_count &&
         a.variant == b.variant && a.phases == b.phases && a.work == b.work;
}
bool same(loop_entry const& a, loop_entry const& b) {
  return a.body == b.body && a.count == b.count && a.reversed == b.reversed && a.carries == b.carries &&
         a.arguments == b.arguments && a.results == b.results && a.bindings == b.bindings && a.scratch == b.scratch;
}
bool same(loop_binding const& a, loop_binding const& b) {
  return same(a.at, b.at) && a.stride == b.stride && a.slot == b.slot && a.slot_bytes == b.slot_bytes;
}
bool same(body_entry const& a, body_entry const& b) {
  return a.first_step == b.first_step && a.step_count == b.step_count && a.places == b.places;
}
bool same(operation_entry const& a, operation_entry const& b) {
  return a.code == b.code && a.path == b.path && a.at.line == b.at.line;
}
bool same(operand_value const& a, operand_value const& b) {
  return a.type == b.type && a.slices[0] == b.slices[0] && a.slices[1] == b.slices[1] && a.apart[0] == b.apart[0] &&
         a.apart[1] == b.apart[1] && a.elements == b.elements && a.per_row == b.per_row;
}
bool same(variable_info const& a, variable_info const& b) {
  return a.name == b.name && a.name_length == b.name_length && a.type == b.type && a.extents == b.extents &&
         a.depth == b.depth && a.stride[0] == b.stride[0] && a.stride[1] == b.stride[1] && same(a.at, b.at) &&
         a.rows == b.rows && a.index_limit == b.index_limit && a.ignored_index == b.ignored_index;
}
template <class T>
bool same(T const* a, list<T> const& b) {
  for (int i = 0; i < b.size(); ++i)
    if (!same(a[i], b[i])) return false;
  return true;
}

template <class Recorder>
constexpr recording_size recorded_size() {
  recording r;
  Recorder::record(r);
  return size_of(r);
}

template <class Staged>
struct sizes_of_stage {
  static constexpr plan_sizes value = Staged::template stage<8>::tables.sizes;
};

/// Compares a plan that the compiler makes in stages, AtOnce steps at a time, with the plan of the same recording that
/// is made at once while the test runs: entry by entry. Returns in how many parts the steps were drafted.
template <class Recorder, bool Fuse, bool Reuse, int AtOnce>
int check_stages() {
  constexpr recording_size n = recorded_size<Recorder>();
  using recorded = stage_recorder<Recorder, n.nodes, n.numbers, n.paths, n.variables>;
  using staged = plan_in_stages<recorded, Fuse, Reuse, AtOnce>;
  constexpr auto const& stage = staged::template stage<8>::tables;
  static_assert(staged::template stage<8>::fits);
  static tables_of<sizes_of_stage<staged>> drafted;
  staged::copy_drafts_into(drafted);

  recording r;
  rebuilt_stage<recorded>::fit().thaw(r);
  full_plan made({Fuse, Reuse});
  make_plan(r.g, r.outputs, made);
  plan_sizes const z = sizes_of(made);
  CHECK(z.fits(stage.sizes));
  CHECK(stage.sizes.fits(z));
  CHECK(same(stage.steps, made.pools.steps));
  CHECK(same(stage.operands, made.pools.operands));
  CHECK(same(stage.loops, made.pools.loops));
  CHECK(same(stage.bindings, made.pools.bindings));
  CHECK(same(stage.bodies, made.pools.bodies));
  CHECK(same(stage.code, made.pools.kernel_code));
  CHECK(same(stage.kernel_begin, made.pools.kernel_begin));
  CHECK(same(stage.paths, made.pools.paths));
  CHECK(same(stage.names, made.pools.names));
  CHECK(same(stage.parameters, made.parameters));
  CHECK(same(stage.states, made.states));
  CHECK(same(stage.inputs, made.inputs));
  CHECK(same(stage.outputs, made.outputs));
  CHECK(stage.top == made.top);
  CHECK(stage.counts.arena_bytes == made.pools.counts.arena_bytes);
  CHECK(stage.counts.arena_bytes_without_reuse == made.pools.counts.arena_bytes_without_reuse);
  CHECK(stage.counts.flops == made.pools.counts.flops);
  CHECK(stage.counts.bytes_moved == made.pools.counts.bytes_moved);
  CHECK(stage.counts.bytes_at_least == made.pools.counts.bytes_at_least);
  CHECK(same(drafted.values, made.drafted.values));
  CHECK(same(drafted.operations, made.drafted.operations));
  CHECK(same(drafted.numbers, made.drafted.numbers));
  CHECK(same(drafted.constants, made.drafted.constants));
  return staged::parts;
}

inline constexpr auto four_layers = linear<8> | tanh | linear<7> | relu | linear<6> | sigmoid | linear<5> | tanh;
inline constexpr auto twelve_layers = four_layers | four_layers | four_layers;
inline constexpr auto deep_network = twelve_layers | twelve_layers | twelve_layers | twelve_layers;

}  // namespace

TEST_CASE("a plan made in stages is the plan made at once") {
  CHECK(check_stages<proof::image_step<float, 8>, true, true, 200>() == 1);
  CHECK(check_stages<proof::loop_step<float, 8>, true, true, 7>() > 5);
  CHECK(check_stages<proof::penalised_step<float, 8>, false, false, 40>() > 1);
}

TEST_CASE("what is known of a step's operands is known of those, in the bodies of loops too") {
  recording r;
  record_and_rebuild<proof::loop_step<float, 8>>(r);
  plan_trace trace;
  full_plan made({false, false});
  made.pools.trace = &trace;
  make_plan(r.g, r.outputs, made);
  int checked = 0;
  for (int b = 0; b < trace.bodies.size(); ++b) {
    traced_body const& body = trace.bodies[b];
    for (int s = 0; s < body.steps.size(); ++s) {
      step_entry const& step = made.pools.steps[made.pools.bodies[b].first_step + s];
      if (step.loop >= 0) continue;
      traced_step const& traced = body.steps[s];
      REQUIRE(step.inputs == traced.inputs.size());
      REQUIRE(step.outputs == traced.outputs.size());
      for (int k = 0; k < step.inputs + step.outputs; ++k) {
        int const id = k < step.inputs ? traced.inputs[k] : traced.outputs[k - step.inputs];
        node const& n = (*body.planned)[id];
        operand_value const& v = made.drafted.values[step.operands + k];
        CHECK(v.type == n.type);
        if (v.elements) CHECK(v.elements * v.slices[0] * v.slices[1] == n.extents.size());
        CHECK(made.pools.operands[step.operands + k].place >= (is_free(n.code) ? -1 : 0));
        checked += v.elements > 0 && b + 1 < trace.bodies.size();
      }
    }
  }
  CHECK(checked > 100);
}

TEST_CASE("networks are planned in stages where one constant would cost a compiler too much") {
  CHECK(!program<proof::image_step<float, 8>>::staged);
  using deep = typename proof::step_of<float, std::remove_cvref_t<decltype(deep_network)>, input_type<float, 5>,
                                       proof::mse_loss, adam, 4>::recorder;
  CHECK(program<deep>::staged);
}
