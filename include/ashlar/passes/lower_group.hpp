// SPDX-License-Identifier: MIT
#pragma once
#include <ashlar/passes/groups.hpp>
#include <ashlar/passes/lowered.hpp>

namespace ashlar::inline ASHLAR_ABI::detail {

constexpr element element_of(dtype t) {
  switch (t) {
    case dtype::float32: return element::float32;
    case dtype::float64: return element::float64;
    case dtype::int32: return element::int32;
    case dtype::int64: return element::int64;
    default: return element::byte;
  }
}

constexpr lane_type lane_of(dtype t) {
  switch (t) {
    case dtype::float32:
    case dtype::float64: return lane_type::floating;
    case dtype::boolean: return lane_type::truth;
    case dtype::uint8: return lane_type::uint8;
    case dtype::int32: return lane_type::int32;
    default: return lane_type::int64;
  }
}

/// What computes an operation on bool: a sum is whether any is true, a difference whether two differ.
constexpr op op_on_truth(op code) {
  switch (code) {
    case op::neg:
    case op::abs:
    case op::sign:
    case op::relu: return op::convert;
    case op::add: return op::maximum;
    case op::div: return op::mul;
    case op::sum: return op::max;
    default: return code;
  }
}

/// Turns a fused group into a kernel's key and numbers: a small program over registers, and a nest of loops whose
/// axes are merged wherever all operands allow it.
class group_lowering {
 public:
  static constexpr int none = -1000000;

  /// `apart(node, axis)` is the distance along axis 0 or 1 of a node that does not lie densely (0: dense).
  /// `is_output(node)` tells which members others need in memory. `registers` has `none` for each node, before and
  /// after: making it for each group would take as long as all the rest.
  template <class Apart, class IsOutput>
  constexpr group_lowering(graph const& g, group const& m, list<int>& registers, Apart apart, IsOutput is_output)
      : g_(g), m_(m), register_of_(registers) {
    for (int i : m_.members) emit(i);
    bool column = m_.kind == group::column;
    for (int i : m_.members) {
      if (!is_output(i)) continue;
      out_.outputs.push(g_[i].code == op::assign ? g_[i].in[1] : i);
      out_register_.push(register_of_[i]);
      out_level_.push(column ? 0 : levels_[register_of_[i]]);
    }
    collect_strides(apart);
    merge_axes();
    write_code();
    write_numbers();
    std::int64_t elements = m_.space.size();
    for (int r = 0; r < count_; ++r) {
      double const times = static_cast<double>(levels_[r] ? elements / row_size() : elements);
      out_.flops += times;
      if (is_special_function(static_cast<op>(fused_code::without_lane(ops_[r])))) out_.nanoseconds += times;
    }
    // Cross entropy of rows of 10 was measured to take 180 nanoseconds a row, of which arithmetic is a fifth.
    if (passes_ && !column) out_.nanoseconds += 35.0 * (passes_ + 1) * static_cast<double>(elements / row_size());
    for (int i : known_) register_of_[i] = none;
  }
  constexpr lowered take() { return static_cast<lowered&&>(out_); }

 private:
  static constexpr std::int64_t block_terms = 64;  // that are added one after the other

  constexpr std::int64_t row_size() const { return m_.space.size() / without(m_.space, m_.axes).size(); }

  constexpr int input(int node) {
    int k = out_.inputs.find(node);
    if (k >= 0) return -1 - k;
    out_.inputs.push(node);
    return -out_.inputs.size();
  }

  constexpr int constant(node const& n) {
    out_.constants.push(n.number);
    return (is_whole(lane_of(n.type)) ? whole_constant_base : constant_base) - (out_.constants.size() - 1);
  }
  constexpr int set_register(int j, int number) {
    known_.push(j);
    return register_of_[j] = number;
  }
  /// The operand that stands for node j inside this kernel.
  constexpr int operand(int j) {
    if (register_of_[j] != none) return register_of_[j];
    op code = g_[j].code;
    if (code == op::constant) return set_register(j, constant(g_[j]));
    if (code == op::broadcast) return set_register(j, operand(g_[j].in[0]));
    return set_register(j, input(j));
  }

  /// Whether a reduction takes so many elements to one that adding them one after the other would be inaccurate; the
  /// code says so in operand 1. Along a row the lanes of a vector add side by side.
  constexpr bool is_long(node const& n) const {
    std::int64_t const terms = 4 * block_terms * (m_.kind == group::row ? 8 : 1);
    return g_[n.in[0]].extents.size() > terms * n.extents.size();
  }
  constexpr lane_type lane_of_result(node const& n) const {
    return m_.wide && n.type == dtype::float32 ? lane_type::single : lane_of(n.type);
  }
  constexpr void emit(int i) {
    node const& n = g_[i];
    int a[3]{0, 0, 0};
    op code = n.code;
    if (is_inlined(code)) {  // a free node that is needed in memory: a copy of what stands for it
      a[0] = code == op::broadcast ? operand(n.in[0]) : code == op::constant ? constant(n) : input(i);
      code = op::convert;
    } else {
      for (int k = 0; k < 3; ++k)
        if (n.in[k] >= 0 && !(code == op::assign && k == 1)) a[k] = operand(n.in[k]);
      if (code == op::assign) code = op::convert;
      if (n.type == dtype::boolean) code = op_on_truth(code);
    }
    bool reduces = is_reduction(n.code);
    bool row_level = m_.kind == group::row && m_.axes && (reduces || !(n.extents == m_.space));
    int stage = 0;
    int const used = code == op::select ? 3 : code >= op::add && code < op::assign ? 2 : 1;
    for (int k = 0; k < used; ++k)
      if (a[k] >= 0) {
        int s = stages_[a[k]] + (reduction_[a[k]] ? 1 : 0);
        stage = s > stage ? s : stage;
      }
    if (reduces && is_floating(n.type)) a[1] = is_long(n);
    set_register(i, count_++);
    levels_.push(row_level);
    stages_.push(stage);
    reduction_.push(reduces);
    ops_.push(fused_code::with_lane(static_cast<int>(code), lane_of_result(n)));
    for (int k : a) args_.push(k);
    if (reduces && stage + 1 > passes_) passes_ = stage + 1;
  }

  /// Row-major distances of node j, whose shape must be the space's up to extents of 1.
  template <class Apart>
  constexpr void push_strides(int j, Apart apart) {
    shape s = g_[j].extents;
    if (g_[j].code == op::scalar || s.rank < m_.space.rank) {  // a scalar stands for every element
      for (int i = 0; i < m_.space.rank; ++i) strides_.push(0);
      return;
    }
    list<std::int64_t> stride(s.rank, 0);
    std::int64_t step = 1;
    for (int i = s.rank - 1; i >= 0; --i) {
      stride[i] = s[i] == 1 ? 0 : step;
      if (i < 2 && apart(j, i)) stride[i] = apart(j, i);
      step *= s[i];
    }
    for (int i = 0; i < s.rank; ++i) strides_.push(stride[i]);
  }
  template <class Apart>
  constexpr void collect_strides(Apart apart) {
    for (int j : out_.inputs) push_strides(j, apart);
    for (int j : out_.outputs) push_strides(j, apart);
    operands_ = out_.inputs.size() + out_.outputs.size();
  }

  constexpr void merge_axes() {
    shape const& s = m_.space;
    for (int axis = 0; axis < s.rank; ++axis) {
      if (s[axis] == 1) continue;
      bool in_row = m_.kind == group::row && (m_.axes >> axis & 1);
      bool merges = !extent_.empty() && in_row_.back() == in_row;
      for (int o = 0; merges && o < operands_; ++o)
        merges = strides_[o * s.rank + source_.back()] == strides_[o * s.rank + axis] * s[axis];
      if (merges) {
        extent_.back() *= s[axis];
        source_.back() = axis;
      } else {
        extent_.push(s[axis]);
        in_row_.push(in_row);
        source_.push(axis);
      }
      if (axis == 0 && m_.rows) rows_axis_ = true;
    }
    if (extent_.empty() || (m_.kind == group::row && m_.axes && !in_row_.back())) {
      extent_.push(1);
      in_row_.push(m_.kind == group::row && m_.axes);
      source_.push(-1);
    }
  }
  constexpr std::int64_t stride(int operand, int axis) const {
    return source_[axis] < 0 ? 0 : strides_[operand * m_.space.rank + source_[axis]];
  }
  constexpr access access_of(int operand) const {
    std::int64_t s = stride(operand, extent_.size() - 1);
    return s == 0 ? access::splat : s == 1 ? access::contiguous : access::strided;
  }

  constexpr void write_code() {
    list<int>& c = out_.code;
    c.push(static_cast<int>(m_.kind == group::column ? kernel_kind::column : kernel_kind::row));
    c.push(m_.wide);
    c.push(out_.inputs.size());
    c.push(count_);
    c.push(out_.outputs.size());
    c.push(m_.kind == group::column ? 0 : passes_);
    for (int k = 0; k < out_.inputs.size(); ++k) {
      node const& n = g_[out_.inputs[k]];
      element e = element_of(n.type);
      if (n.code == op::iota) e = element::iota;
      if (n.code == op::random) e = element::random;
      if (g_[storage_of(g_, out_.inputs[k])].code == op::scalar) e = element::scalar;
      c.push(fused_code::with_lane(static_cast<int>(e), lane_of(n.type)));
      c.push(static_cast<int>(access_of(k)));
    }
    for (int r = 0; r < count_; ++r) {
      c.push(ops_[r]);
      c.push(levels_[r]);
      c.push(stages_[r]);
      for (int k = 0; k < 3; ++k) c.push(args_[3 * r + k]);
    }
    for (int k = 0; k < out_.outputs.size(); ++k) {
      c.push(out_register_[k]);
      c.push(static_cast<int>(element_of(g_[out_.outputs[k]].type)));
      c.push(static_cast<int>(access_of(out_.inputs.size() + k)));
      c.push(out_level_[k]);
    }
  }

  /// Sums of floats over many steps of outer axes: how many steps of the first of these axes make a block, and how
  /// many levels of blocks there are, for which the kernel has workspace.
  constexpr void write_blocks() {
    std::int64_t steps = 0, levels = 0;
    int const output = out_.inputs.size(), last = extent_.size() - 1;
    int const axis = stride(output, 0) == 0 ? 0 : 1;
    std::int64_t terms = 1;  // of a sum in a step
    for (int a = axis + 1; a < last; ++a)
      if (stride(output, a) == 0) terms *= extent_[a];
    if (axis < last && adds_long() && extent_[axis] * terms > 4 * block_terms) {
      steps = terms < block_terms ? block_terms / terms : 1;
      levels = 1;
      for (std::int64_t blocks = extent_[axis] / steps; blocks > 64 && levels < 4; blocks /= 64) ++levels;
      std::int64_t const elements = axis ? stride(output, 0) : g_.extents(out_.outputs[0]).size();
      out_.workspace = levels * out_.outputs.size() * elements * (m_.wide ? 8 : 4);
    }
    out_.numbers.push(steps);
    out_.numbers.push(levels);
  }
  constexpr bool adds_long() const {
    for (int j : out_.outputs)
      if (g_[j].code == op::sum && is_floating(g_[j].type) && is_long(g_[j])) return true;
    return false;
  }

  /// axes, row axes, units of axis 0 per valid row (0: all), extents, then the strides of every operand; a column
  /// kernel adds the elements of each output and its blocks; random inputs add their streams.
  constexpr void write_numbers() {
    list<std::int64_t>& n = out_.numbers;
    int axes = extent_.size(), row_axes = 0;
    for (int a = 0; a < axes; ++a) row_axes += in_row_[a];
    n.push(axes);
    n.push(row_axes);
    n.push(rows_axis_ ? extent_[0] / (m_.space[0] / m_.rows) : 0);
    for (int a = 0; a < axes; ++a) n.push(extent_[a]);
    for (int o = 0; o < operands_; ++o)
      for (int a = 0; a < axes; ++a) n.push(stride(o, a));
    if (m_.kind == group::column) {
      for (int j : out_.outputs) n.push(g_.extents(j).size());
      write_blocks();
    }
    for (int j : out_.inputs)
      if (g_[j].code == op::random) n.push(static_cast<std::int64_t>(g_[j].a[1]) << 32 | g_[j].a[0]);
  }

  graph const& g_;
  group const& m_;
  lowered out_;
  list<int>& register_of_;
  list<int> known_;  // nodes that have a register
  list<int> levels_, stages_, ops_, args_;
  list<char> reduction_;
  list<int> out_register_, out_level_;
  list<std::int64_t> strides_, extent_;
  list<char> in_row_;
  list<int> source_;
  int count_ = 0;
  int passes_ = 0;
  int operands_ = 0;
  bool rows_axis_ = false;
};

}  // namespace ashlar::inline ASHLAR_ABI::detail
