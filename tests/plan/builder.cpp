// SPDX-License-Identifier: MIT
#include <ashlar/plan/builder.hpp>

#include <doctest/doctest.h>

#include <map>

#include "support/networks.hpp"
#include "support/random_graph.hpp"

using namespace ashlar;
using namespace ashlar::detail;
using proof::planned;

namespace {

/// Compares a plan with the one that never reuses memory: there every block has an address of its own, which names it.
/// Finds the life of each block and where it lies, and whether two that live together overlap.
class overlap_search {
 public:
  overlap_search(planned const& reusing, planned const& naming, bool has_exchange)
      : p_(reusing.plan), q_(naming.plan), exchange_(has_exchange ? aligned(p_.pools.counts.trained_bytes) : 0) {}

  /// The text of the first overlap, or nothing.
  std::string run() {
    if (p_.pools.steps.size() != q_.pools.steps.size()) return "the plans differ in more than memory";
    search_body(p_.top, q_.top, true);
    return found_;
  }

 private:
  struct block {
    std::int64_t at = 0, bytes = 0;
    int first = 1 << 30, last = -1;
    bool is_product = false, is_pointwise = false;  // what wrote it first
  };
  using blocks = std::map<std::int64_t, block>;  // by name

  void use(blocks& all, address const& p, address const& q, int step, std::int64_t bytes = 0,
           step_entry const* writer = nullptr) {
    if (p.place != q.place) found_ = "an operand has another place";
    if (p.place != arena_place) return;
    bool const exchanged = in_top_ && q.offset < exchange_;
    block& b = all[exchanged ? 0 : q.offset];
    std::int64_t const at = exchanged ? 0 : p.offset;
    if (b.last >= 0 && b.at != at) found_ = "a block moved";
    b.at = at;
    if (writer && step < b.first) {
      b.is_product = is_a(*writer, kernel_kind::matmul) || is_a(*writer, kernel_kind::conv) ||
                     is_a(*writer, kernel_kind::conv_data);
      b.is_pointwise = is_a(*writer, kernel_kind::row) && p_.drafted.numbers[writer->numbers + 1] == 0;
    }
    b.first = std::min(b.first, step);
    b.last = std::max(b.last, step);
    b.bytes = std::max(b.bytes, bytes);
  }

  bool is_a(step_entry const& s, kernel_kind k) const {
    return s.kernel >= 0 && p_.pools.kernel_code[p_.pools.kernel_begin[s.kernel]] == static_cast<int>(k);
  }
  /// Pointwise work is done where a product lies that nobody reads later.
  static bool takes_place(block const& product, block const& other) {
    return product.is_product && other.is_pointwise && product.last == other.first && product.at == other.at;
  }

  /// Returns how far the body's blocks reach.
  std::int64_t search_body(int p_body, int q_body, bool top) {
    body_entry const &p = p_.pools.bodies[p_body], &q = q_.pools.bodies[q_body];
    blocks all;
    if (top) {
      for (int k = 0; k < p_.inputs.size(); ++k) use(all, p_.inputs[k].at, q_.inputs[k].at, 0);
      for (int k = 0; k < p_.outputs.size(); ++k) use(all, p_.outputs[k].at, q_.outputs[k].at, p.step_count);
    }
    for (int s = 0; s < p.step_count; ++s) {
      step_entry const &a = p_.pools.steps[p.first_step + s], &b = q_.pools.steps[q.first_step + s];
      in_top_ = top;
      for (int o = 0; o < a.operand_count; ++o)
        use(all, p_.pools.operands[a.operands + o], q_.pools.operands[b.operands + o], s, 0,
            o >= a.inputs ? &a : nullptr);
      if (a.loop < 0) continue;
      loop_entry const &l = p_.pools.loops[a.loop], &m = q_.pools.loops[b.loop];
      std::int64_t scratch = search_body(l.body, m.body, false);
      in_top_ = top;
      for (int k = 0; k < l.arguments + l.results; ++k) {
        loop_binding const &x = p_.pools.bindings[l.bindings + k], &y = q_.pools.bindings[m.bindings + k];
        if (x.at.place >= 0) use(all, x.at, y.at, s);
        scratch = std::max(scratch, x.slot + 2 * x.slot_bytes);
      }
      use(all, {arena_place, l.scratch}, {arena_place, m.scratch}, s, aligned(scratch));
    }
    return compare(all);
  }

  std::int64_t compare(blocks& all) {
    std::int64_t reach = 0;
    for (auto i = all.begin(); i != all.end(); ++i) {
      block& b = i->second;
      auto const next = std::next(i);
      if (b.bytes == 0) b.bytes = next == all.end() ? block_alignment : next->first - i->first;
      if (i->first == 0 && in_top_) b.bytes = std::max(b.bytes, exchange_);
      reach = std::max(reach, b.at + b.bytes);
    }
    for (auto i = all.begin(); i != all.end(); ++i)
      for (auto j = std::next(i); j != all.end(); ++j) {
        block const &a = i->second, &b = j->second;
        bool const together = a.first <= b.last && b.first <= a.last;
        if (takes_place(a, b) || takes_place(b, a)) continue;
        if (together && a.at < b.at + b.bytes && b.at < a.at + a.bytes)
          found_ = "blocks " + std::to_string(i->first) + " and " + std::to_string(j->first) + " overlap";
      }
    return reach;
  }

  full_plan const &p_, &q_;
  std::int64_t exchange_;
  bool in_top_ = true;
  std::string found_;
};

/// All checks of a recording's plans; how many bytes reuse saves.
std::int64_t check_memory(proof::recording const& r) {
  std::int64_t saved = 0;
  for (bool fuse : {true, false}) {
    CAPTURE(fuse);
    planned const reusing(r, {fuse, true}), naming(r, {fuse, false});
    CHECK(overlap_search(reusing, naming, !r.g.exchanged.empty()).run() == "");
    CHECK(reusing.counts().arena_bytes_without_reuse == naming.counts().arena_bytes);
    CHECK(reusing.counts().arena_bytes <= naming.counts().arena_bytes);
    saved = naming.counts().arena_bytes - reusing.counts().arena_bytes;
  }
  return saved;
}

}  // namespace

TEST_CASE("no two blocks that live together overlap, and reuse makes every network's arena smaller") {
  proof::recording images, loops, penalised;
  proof::record<proof::image_step<float, 8>>(images);
  proof::record<proof::loop_step<float, 8>>(loops);
  proof::record<proof::penalised_step<float, 8>>(penalised);
  for (proof::recording const* r : {&images, &loops, &penalised}) CHECK(check_memory(*r) > 0);
}

TEST_CASE("the search finds an overlap that is put into a plan") {
  proof::recording r;
  proof::record<proof::penalised_step<float, 8>>(r);
  planned const naming(r, {true, false});
  planned spoilt(r, {true, true});
  list<address>& all = spoilt.plan.pools.operands;
  step_entry const& first = spoilt.plan.pools.steps[0];
  REQUIRE(first.operand_count >= 2);
  std::int64_t const moved = all[first.operands + first.operand_count - 1].offset;
  for (address& a : all)
    if (a.place == arena_place && a.offset == moved) a.offset = spoilt.plan.inputs[0].at.offset;
  CHECK(overlap_search(spoilt, naming, true).run() != "");
}

TEST_CASE("no two blocks that live together overlap in plans of random graphs") {
  for (unsigned number = 1; number <= 100; ++number) {
    CAPTURE(number);
    proof::recording raw, r;
    proof::random_graph(raw, number).run();
    r.outputs = raw.outputs;
    rebuild(raw.g, r.g, r.outputs);
    check_memory(r);
  }
}

TEST_CASE("every plan of whole networks computes what the oracle does, step after step") {
  auto check = [](auto recorder, auto const& optimizer, int classes, int rows) {
    proof::recording r;
    proof::record<decltype(recorder)>(r);
    proof::environment e = proof::first_step(r, optimizer, {.classes = classes, .rows = rows});
    for (int step = 0; step < 2; ++step) {
      proof::results const after = proof::interpret(r, e);
      proof::check_plans(r, e, after, 1e-11);
      e = proof::next_step(e, after, optimizer);
    }
  };
  check(proof::image_step<double, 8>{}, adam{}, 5, 5);
  check(proof::loop_step<double, 8>{}, sgd{.momentum = 0.5f}, 2, 3);
  check(proof::penalised_step<double, 8>{}, sgd{}, 3, 8);
}

TEST_CASE("what a plan counts") {
  proof::recording r;
  proof::record<proof::loop_step<float, 8>>(r);
  planned const p(r, {true, true});
  plan_counts const& c = p.counts();
  CHECK(c.parameters == 24 + 3 * (42 + 12) + 2 * (42 + 2 * 42) + 12 + 14);
  CHECK(c.parameter_bytes == 4 * c.parameters);
  CHECK(c.kernels <= c.steps);
  CHECK(c.flops > 0);
  // Of an update's variants, here with momentum and without, the first one counts.
  constexpr auto plain = training_plan(linear<3>, input<4>, mse, sgd{}, batch<2>);
  constexpr auto more = training_plan(linear<3>, input<4>, mse, nesterov{}, batch<2>);
  CHECK(plain.flops < more.flops);
  CHECK(plain.bytes_moved < more.bytes_moved);
  // A body's work counts once for each iteration.
  auto counts_of = [](auto const& net) {
    proof::recording s;
    proof::record<prediction_recorder<std::remove_cvref_t<decltype(net)>, input_type<float, 6>, 8>>(s);
    return planned(s, {true, true}).counts();
  };
  plan_counts const one = counts_of(linear<6>), four = counts_of(repeat<4>(linear<6>)),
                    twelve = counts_of(repeat<4>(repeat<3>(linear<6>)));
  CHECK(four.flops == 4 * one.flops);
  CHECK(twelve.flops == 12 * one.flops);
  // The product reads 8 x 6 and 6 x 6 numbers and writes 8 x 6; the bias is a pass of its own.
  CHECK(one.bytes_at_least == 4 * (48 + 36 + 48));
  CHECK(one.bytes_moved == one.bytes_at_least + 4 * (48 + 6 + 48));
  CHECK(four.bytes_moved == 4 * one.bytes_moved);
  CHECK(twelve.bytes_at_least == 12 * one.bytes_at_least);
}

TEST_CASE("saved values of a loop that nobody reads are not stored") {
  proof::recording r;
  proof::record<
      prediction_recorder<std::remove_cvref_t<decltype(repeat<100>(linear<6> | tanh))>, input_type<float, 6>, 8>>(r);
  CHECK(planned(r, {true, true}).counts().arena_bytes < 2048);  // two slots and a few values of 8 x 6
}
