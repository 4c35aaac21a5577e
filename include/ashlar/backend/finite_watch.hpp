// SPDX-License-Identifier: MIT
#pragma once
#include <cmath>
#include <limits>

#include <ashlar/backend/run_memory.hpp>
#include <ashlar/core/list.hpp>
#include <ashlar/plan/program.hpp>

namespace ashlar::inline ASHLAR_ABI::detail {

/// The tables of a plan, whatever their sizes: for code that is compiled once.
struct plan_view {
  step_entry const* steps;
  operand_value const* values;
  operation_entry const* operations;
  int const* paths;
  char const* names;
  variable_info const *parameters, *states, *inputs, *outputs;
  plan_sizes const& sizes;
  plan_counts const* counts;
  bool fused;  // a kernel computes several operations
};
template <class Program>
constexpr plan_view view_of() {
  auto const& t = Program::tables;
  return {t.steps,  t.values, t.operations, t.paths, t.names,   t.parameters,
          t.states, t.inputs, t.outputs,    t.sizes, &t.counts, Program::options.fuse};
}

/// The numbers at an operand.
struct number_range {
  double lowest = std::numeric_limits<double>::infinity(), highest = -lowest;  // of the finite ones
  char const* bad = nullptr;                                                   // the first that is not finite

  void add(char const* at, double x) {
    if (!std::isfinite(x)) {
      if (!bad) bad = at;
    } else {
      lowest = x < lowest ? x : lowest;
      highest = x > highest ? x : highest;
    }
  }
};

template <class T>
ASHLAR_COLD void look_at(char const* at, std::int64_t count, number_range& r) {
  for (std::int64_t i = 0; i < count; ++i)
    r.add(at + i * static_cast<std::int64_t>(sizeof(T)), static_cast<double>(reinterpret_cast<T const*>(at)[i]));
}
ASHLAR_COLD inline void look_at(char const* at, operand_value const& v, std::int64_t rows, number_range& r) {
  std::int64_t const count = v.per_row && v.per_row * rows < v.elements ? v.per_row * rows : v.elements;
  for (int i = 0; i < v.slices[0]; ++i)
    for (int k = 0; k < v.slices[1]; ++k) {
      char const* const block = at + i * v.apart[0] + k * v.apart[1];
      if (v.type == dtype::float64)
        look_at<double>(block, count, r);
      else
        look_at<float>(block, count, r);
    }
}
constexpr std::int64_t bytes_between(operand_value const& v) {
  return (v.slices[0] - 1) * v.apart[0] + (v.slices[1] - 1) * v.apart[1] + v.elements * bytes_of(v.type);
}

/// What was not finite first on the way to a result.
struct finding {
  enum result_type : unsigned char { output, state, update };
  int step = -1;  // that made it of finite numbers; -1: it was given, at `given`
  std::uint64_t iteration = 0;
  double lowest = 0, highest = 0;  // of what it read
  char const* given = nullptr;
  result_type result = output;
};

/// Follows what is not finite from the step that made it to the results: what a later step masks away is no fault.
/// No update runs on gradients that are not finite.
class finite_watch final : public step_watch {
 public:
  finite_watch(plan_view const& p, run_memory const& m, bool updates) : p_(p), m_(m), updates_(updates) {}

  ASHLAR_COLD bool before(int step, char* const* operands, std::uint64_t) override {
    if (is_spoilt) return false;
    step_entry const& s = p_.steps[step];
    read_ = {};
    reads_bad_ = false;
    for (int o = 0; o < s.inputs; ++o) {
      if (!operands[o]) continue;
      if (is_bad_weight(operands[o])) {
        reads_bad_ = true;
        cause_ = {-1, 0, 0, 0, operands[o], finding::output};
      }
      operand_value const& v = p_.values[s.operands + o];
      read_.bad = nullptr;
      look_at(operands[o], v, m_.rows, read_);
      if (read_.bad && !reads_bad_) find_cause(operands[o], v, read_.bad);
    }
    bool runs = true;
    for (int o = 0; o < s.outputs; ++o) {
      char const* const at = operands[s.inputs + o];
      if (!is_lasting(at)) continue;
      if (reads_bad_) spoil(is_state(at) ? finding::state : finding::update);
      runs = updates_ || is_state(at);
    }
    return runs && !is_spoilt;
  }
  ASHLAR_COLD void after(int step, char* const* operands, std::uint64_t iteration) override {
    step_entry const& s = p_.steps[step];
    for (int o = 0; o < s.outputs; ++o) {
      char const* const at = operands[s.inputs + o];
      operand_value const& v = p_.values[s.operands + s.inputs + o];
      if (!at || v.elements == 0) continue;
      number_range made;
      look_at(at, v, m_.rows, made);
      if (v.slices[0] == 1) forget(at, bytes_between(v));
      if (!made.bad) continue;
      if (!reads_bad_) cause_ = {step, iteration, read_.lowest, read_.highest, nullptr, finding::output};
      reads_bad_ = true;
      known_.push({at, bytes_between(v), cause_});
      if (is_lasting(at)) spoil(is_state(at) ? finding::state : finding::update);
    }
  }
  /// Looks at the results of the program; sets is_spoilt and spoilt_by.
  ASHLAR_COLD bool look_at_results() {
    for (int k = 0; !is_spoilt && k < p_.sizes.outputs; ++k) {
      variable_info const& out = p_.outputs[k];
      if (!is_floating(out.type)) continue;
      operand_value v;
      v.type = out.type;
      v.elements = out.extents.size();
      if (out.rows) v.per_row = v.elements / out.extents[0] * out.rows;
      number_range r;
      look_at(m_.arena + out.at.offset, v, m_.rows, r);
      if (!r.bad) continue;
      find_cause(m_.arena + out.at.offset, v, r.bad);
      spoil(finding::output);
    }
    return is_spoilt;
  }

  bool is_spoilt = false;
  finding spoilt_by;

 private:
  struct spoilt_range {
    char const* begin = nullptr;
    std::int64_t bytes = 0;
    finding cause{};
    bool overlaps(char const* at, std::int64_t count) const { return begin < at + count && at < begin + bytes; }
  };

  void spoil(finding::result_type what) {
    if (is_spoilt) return;
    is_spoilt = true;
    spoilt_by = cause_;
    spoilt_by.result = what;
  }
  ASHLAR_COLD void find_cause(char const* at, operand_value const& v, char const* bad) {
    reads_bad_ = true;
    for (spoilt_range const& s : known_)
      if (s.overlaps(at, bytes_between(v))) {
        cause_ = s.cause;
        return;
      }
    cause_ = {-1, 0, 0, 0, bad, finding::output};
  }
  /// Something else lies there now.
  ASHLAR_COLD void forget(char const* at, std::int64_t bytes) {
    for (int i = known_.size() - 1; i >= 0; --i)
      if (known_[i].overlaps(at, bytes)) known_.erase(i);
  }
  /// Whether this is the weight of a loss, and not finite.
  ASHLAR_COLD bool is_bad_weight(char const* at) const {
    if (!m_.names || !m_.names->weights) return false;
    auto const* const first = m_.scalars + m_.names->first_weight;
    auto const* const weight = reinterpret_cast<double const*>(at);
    return weight >= first && weight < first + m_.names->weights && !std::isfinite(*weight);
  }
  /// Whether this is memory of parameters, states or the optimizer.
  bool is_lasting(char const* at) const { return at < m_.arena || at >= m_.arena + p_.counts->arena_bytes; }
  bool is_state(char const* at) const { return at >= m_.states && at < m_.states + p_.counts->state_bytes; }

  plan_view const& p_;
  run_memory const& m_;
  bool updates_;            // whether parameters and the optimizer's state are written
  number_range read_;       // by the step that runs
  bool reads_bad_ = false;  // that it reads, or made, what is not finite
  finding cause_;           // of that
  list<spoilt_range> known_;
};

}  // namespace ashlar::inline ASHLAR_ABI::detail
