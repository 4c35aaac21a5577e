// SPDX-License-Identifier: MIT
#pragma once
#include <cstdio>
#include <cstring>

#include <ashlar/backend/finite_watch.hpp>
#include <ashlar/backend/non_finite.hpp>
#include <ashlar/plan/variable_name.hpp>

namespace ashlar::inline ASHLAR_ABI::detail {

/// A short text. Not a string: every program that trains would compile the adding of strings.
struct short_text {
  char at[512] = "";

  ASHLAR_COLD void add(char const* what) { std::strncat(at, what, sizeof at - 1 - std::strlen(at)); }
  ASHLAR_COLD void add_number(char const* format, double x) {
    char digits[64];
    std::snprintf(digits, sizeof digits, format, x);
    add(digits);
  }
};

/// Puts what a watch found into words.
class finding_text {
 public:
  finding_text(plan_view const& p, run_memory const& m, finding const& f) : p_(p), m_(m), f_(f) {}

  ASHLAR_COLD void write(non_finite& to) {
    to.found = true;
    to.lowest = f_.lowest <= f_.highest ? f_.lowest : 0;
    to.highest = f_.lowest <= f_.highest ? f_.highest : 0;
    if (f_.step >= 0) {
      name_operations(p_.steps[f_.step], to);
    } else {
      name_given();
      sentence_.add(" was not finite before");
    }
    to.operation = operations_.at;
    to.layer = layer_.at;
    to.sentence = sentence_.at;
  }

 private:
  /// A kernel of several operations: those at one place of the user's together, then the next place.
  ASHLAR_COLD void name_operations(step_entry const& s, non_finite& to) {
    operation_entry const* const all = p_.operations + s.operations;
    int shown = -1, count = 0;
    for (int k = 0; k < s.operation_count; ++k) {
      if (!is_suspect(s, k) || is_named(s, k, k, false)) continue;
      if (shown >= 0) sentence_.add(", or ");
      for (int j = k; j < s.operation_count; ++j) {
        if (!is_suspect(s, j) || !together(all[j], all[k]) || is_named(s, j, k, true)) continue;
        for (short_text* const text : {&sentence_, &operations_}) {
          if (j > k || (text == &operations_ && count)) text->add(" or ");
          text->add(name_of(all[j].code));
        }
        ++count;
      }
      short_text layer;
      write_layer_name(all[k].path, layer);
      write_place(all[k], layer);
      if (shown < 0) {
        shown = k;
        layer_ = layer;
        if (all[k].at.file) to.file = all[k].at.file;
        to.line = all[k].at.file ? all[k].at.line : 0;
      }
    }
    sentence_.add(count ? " made" : "a step made");
    sentence_.add(" the first number that is not finite");
    if (f_.lowest <= f_.highest) {
      sentence_.add(s.operation_count > 1 ? "; its kernel read numbers in [" : "; it read numbers in [");
      sentence_.add_number("%.3g, ", f_.lowest);
      sentence_.add_number("%.3g]", f_.highest);
    }
    if (p_.fused && count > 1) sentence_.add("; a model on cpu.with(debug), or device.with(debug), says which of them");
  }
  static bool together(operation_entry const& a, operation_entry const& b) {
    return a.path == b.path && a.at.line == b.at.line;
  }
  /// Whether an operation between `from` and k has the place (and the code) of k.
  ASHLAR_COLD bool is_named(step_entry const& s, int k, int from, bool code) const {
    operation_entry const* const all = p_.operations + s.operations;
    for (int j = code ? from : 0; j < k; ++j)
      if (is_suspect(s, j) && together(all[j], all[k]) && (!code || all[j].code == all[k].code)) return true;
    return false;
  }
  /// Sums and products of moderate numbers overflow only after another operation has made large ones of them.
  ASHLAR_COLD bool is_suspect(step_entry const& s, int k) const {
    operation_entry const* const all = p_.operations + s.operations;
    auto has_poles = [](op code) {
      return code != op::add && code != op::sub && code != op::mul && code != op::sum && code != op::convert;
    };
    if (has_poles(all[k].code) || f_.lowest < -1e6 || f_.highest > 1e6) return true;
    for (int j = 0; j < s.operation_count; ++j)
      if (has_poles(all[j].code)) return false;
    return true;
  }
  ASHLAR_COLD void write_place(operation_entry const& e, short_text const& layer) {
    if (!layer.at[0] && !e.at.file) {
      sentence_.add(" in the objective");
    } else if (std::strcmp(layer.at, optimizer_path) == 0) {
      sentence_.add(" in the optimizer");
    } else if (layer.at[0]) {
      sentence_.add(" in layer '");
      sentence_.add(layer.at);
      sentence_.add("'");
    }
    if (!e.at.file) return;
    char const* const slash = std::strrchr(e.at.file, '/');
    sentence_.add(" (");
    sentence_.add(slash ? slash + 1 : e.at.file);
    sentence_.add_number(":%.0f)", e.at.line);
  }
  /// The path with the iterations of loops filled in.
  ASHLAR_COLD void write_layer_name(int path, short_text& to) const {
    char const* const text = p_.names + p_.paths[2 * path];
    int const length = p_.paths[2 * path + 1];
    int loops = 0;
    for (int i = 0; i < length; ++i) loops += text[i] == '\1';
    for (int i = 0; i < length; ++i) {
      if (text[i] != '\1') {
        char const letter[2] = {text[i], 0};
        to.add(letter);
        continue;
      }
      std::uint64_t key = f_.iteration;
      for (int inner = --loops; inner > 0; --inner) key /= iteration_key;
      to.add_number("%.0f", static_cast<double>(key % iteration_key) - 1);
    }
  }

  ASHLAR_COLD void name_given() {
    if (is_within(m_.parameters, p_.counts->parameter_bytes)) return name_variable("parameter '", p_.parameters);
    if (is_within(m_.states, p_.counts->state_bytes)) return name_variable("state '", p_.states);
    for (int k = 0; k < p_.sizes.inputs; ++k)
      if (is_within(m_.arena + p_.inputs[k].at.offset, p_.inputs[k].extents.size() * bytes_of(p_.inputs[k].type)))
        return name_argument(k);
    if (given_names const* const names = m_.names) {
      char const* const weights = reinterpret_cast<char const*>(m_.scalars + names->first_weight);
      for (int k = 0; k < names->weights; ++k)
        if (f_.given == weights + k * static_cast<int>(sizeof(double)))
          return name_given("the weight of loss ", names->arguments[names->inputs + k], k);
    }
    sentence_.add("the optimizer's state");
  }
  ASHLAR_COLD void name_argument(int k) {
    given_names const* const names = m_.names;
    if (!names || !names->arguments[k][0]) return sentence_.add_number("input %.0f", k + 1);
    name_given(k < names->inputs ? "input " : "target ", names->arguments[k], k);
  }
  /// "input 'image'", or "input 2" where it has no name.
  ASHLAR_COLD void name_given(char const* kind, char const* name, int number) {
    sentence_.add(kind);
    if (!name[0]) return sentence_.add_number("%.0f", number + 1);
    layer_.add(name);
    sentence_.add("'");
    sentence_.add(name);
    sentence_.add("'");
  }
  ASHLAR_COLD void name_variable(char const* kind, variable_info const* all) {
    char const* const memory = all == p_.parameters ? m_.parameters : m_.states;
    for (int k = 0; k < (all == p_.parameters ? p_.sizes.parameters : p_.sizes.states); ++k)
      for (std::int64_t copy = 0; copy < all[k].copies(); ++copy)
        if (is_within(memory + all[k].at.offset + copy_offset(all[k], copy),
                      all[k].extents.size() * bytes_of(all[k].type)))
          layer_.add(variable_name(p_.names, all[k], copy).c_str());
    sentence_.add(kind);
    sentence_.add(layer_.at);
    sentence_.add("'");
  }
  bool is_within(char const* begin, std::int64_t bytes) const { return f_.given >= begin && f_.given < begin + bytes; }

  plan_view const& p_;
  run_memory const& m_;
  finding const& f_;
  short_text sentence_, operations_, layer_;
};

/// Runs a program by `run(memory)`, with a look at every step, and says what spoils its results; parameters and the
/// optimizer's state stay as they are.
template <class Program, class Run>
ASHLAR_COLD void explain(run_memory m, non_finite& why, Run const& run) {
  static constexpr plan_view p = view_of<Program>();
  finite_watch watch(p, m, false);
  m.watch = &watch;
  run(m);
  if (watch.look_at_results()) finding_text(p, m, watch.spoilt_by).write(why);
}

}  // namespace ashlar::inline ASHLAR_ABI::detail
