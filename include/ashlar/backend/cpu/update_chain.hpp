// SPDX-License-Identifier: MIT
#pragma once
#include <ashlar/backend/cpu/product/row_product.hpp>
#include <ashlar/backend/cpu/simd/subnormals.hpp>
#include <ashlar/backend/index_faults.hpp>
#include <ashlar/backend/step_walk.hpp>

namespace ashlar::inline ASHLAR_ABI::detail {

/// Weight gradients that nobody but the update reads, and that no other step adds to: the update takes them block by
/// block while they are computed, so that they are never stored. Every number is computed by the same operations as
/// by steps of their own. Behind the backward pass the update goes over what is left.
template <class Program>
struct update_chain {
  static constexpr auto const& tables = Program::tables;
  /// Elements of a gradient that does not stay in a cache until the update, or is all that its product costs.
  static constexpr std::int64_t fewest = 1 << 20, fewest_shallow = 1 << 14;
  static constexpr int most_operands = 32;  // of the update

  /// A gradient: the step that computes it, and its elements among those that the update goes over.
  struct link {
    int step;
    std::int64_t first, size;
  };

 private:
  using walk = step_walk<Program>;
  static constexpr std::int64_t number(step_entry const& s, int i) { return tables.numbers[s.numbers + i]; }
  static constexpr int code(step_entry const& s, int i) { return tables.code[tables.kernel_begin[s.kernel] + i]; }
  static constexpr address operand(step_entry const& s, int o) { return tables.operands[s.operands + o]; }

  /// How many updates there are; a run takes one of them.
  static constexpr int variants = [] {
    int n = 0;
    for (int s = walk::update; s < walk::end_step; ++s) n = tables.steps[s].variant > n ? tables.steps[s].variant : n;
    return n;
  }();
  static constexpr int first_update = walk::end_step - variants;

  /// One pass over ranges of floats, of which none is computed of others. In the arena it reads one of them, the
  /// gradients, and writes nothing.
  static constexpr bool is_flat(step_entry const& s) {
    using layout = fused_code;
    if (s.kernel < 0 || s.phases != 1 || s.operand_count > most_operands) return false;
    if (code(s, layout::kind) != static_cast<int>(kernel_kind::row) || code(s, layout::wide) != 0 ||
        code(s, layout::passes) != 0 || number(s, 0) != 1 || number(s, 1) != 0 || number(s, 2) != 0)
      return false;
    int const inputs = code(s, layout::inputs), outputs = code(s, layout::outputs);
    if (inputs + outputs != s.operand_count) return false;
    int gradients = 0;
    for (int i = 0; i < inputs; ++i) {
      auto const e = static_cast<element>(layout::without_lane(code(s, layout::head + layout::input_size * i)));
      bool const moves = number(s, 4 + i) != 0;
      if (moves ? e != element::float32 || number(s, 4 + i) != 1 : e != element::float32 && e != element::scalar)
        return false;
      if (operand(s, i).place != arena_place) continue;
      if (!moves) return false;
      ++gradients;
    }
    int const first_output =
        layout::head + inputs * layout::input_size + code(s, layout::instructions) * layout::instruction_size;
    for (int o = 0; o < outputs; ++o) {
      int const to = operand(s, inputs + o).place;
      if (code(s, first_output + layout::output_size * o + 1) != static_cast<int>(element::float32) ||
          number(s, 4 + inputs + o) != 1 || (to != parameter_place && to != slot_place))
        return false;
    }
    return gradients == 1;
  }
  static constexpr int gradients_of(step_entry const& s) {
    int o = 0;
    while (operand(s, o).place != arena_place) ++o;
    return o;
  }
  /// Where the update writes parameters; -1: at several places, or nowhere.
  static constexpr std::int64_t parameters_of(step_entry const& s) {
    std::int64_t at = -1;
    for (int o = 0; o < s.outputs; ++o) {
      address const a = operand(s, s.inputs + o);
      if (a.place != parameter_place) continue;
      if (at >= 0) return -1;
      at = a.offset;
    }
    return at;
  }
  /// Whether there is one step for each variant of the update, and all go over the same ranges.
  static constexpr bool has_flat_update() {
    if (variants == 0 || first_update < walk::first_step || !is_flat(tables.steps[first_update])) return false;
    step_entry const& first = tables.steps[first_update];
    for (int s = first_update; s < walk::end_step; ++s) {
      step_entry const& u = tables.steps[s];
      if (u.variant != s - first_update + 1 || !is_flat(u)) return false;
      if (number(u, 3) != number(first, 3) || parameters_of(u) != parameters_of(first)) return false;
      if (operand(u, gradients_of(u)).offset != operand(first, gradients_of(first)).offset) return false;
    }
    return parameters_of(first) >= 0;
  }
  /// A^T B: what a linear layer's weight gradient is, however its weight lies.
  static constexpr bool is_product(step_entry const& s) {
    return s.kernel >= 0 && (s.variant == 0 || variants == 1) && code(s, 0) == static_cast<int>(kernel_kind::matmul) &&
           code(s, 1) == 0 && code(s, 2) == 1 && code(s, 3) == 0 && number(s, 0) == 1 &&
           (number(s, 4) == 0 || number(s, 4) == 3) &&
           number(s, 1) * number(s, 2) >= (number(s, 3) <= shallow_depth ? fewest_shallow : fewest) &&
           operand(s, 2).place == arena_place;
  }
  static constexpr int most = [] {
    int n = 0;
    for (int s = walk::first_step; s < first_update; ++s) n += is_product(tables.steps[s]);
    return n;
  }();

  struct links {
    int count = 0;
    link of[most + 1]{};  // in the order of the parameters
    int first_step = walk::update;

    constexpr void insert(link const& l) {
      int at = count++;
      for (; at > 0 && of[at - 1].first > l.first; --at) of[at] = of[at - 1];
      of[at] = l;
    }
    /// Those that share elements with [begin, end) are none.
    constexpr void refuse(std::int64_t begin, std::int64_t end) {
      int low = 0, high = count;
      while (low < high) {
        int const middle = (low + high) / 2;
        if (of[middle].first + of[middle].size <= begin)
          low = middle + 1;
        else
          high = middle;
      }
      for (; low < count && of[low].first < end; ++low) of[low].step = -1;
    }
  };
  /// Bytes from the beginning of an operand to its end.
  static constexpr std::int64_t bytes(int o) {
    operand_value const& v = tables.values[o];
    std::int64_t n = v.elements * bytes_of(v.type);
    for (int k = 1; k >= 0; --k)
      if (v.apart[k]) n += (v.slices[k] - 1) * v.apart[k];
    return n;
  }
  /// Whether step s must stand before the first block is updated: because of it the update may be left out (indices,
  /// the loss, a primitive of the user's that throws), or it works on what the optimizer keeps.
  static constexpr bool decides_or_shares(int s) {
    step_entry const& step = tables.steps[s];
    if (reads_indices(tables, s) || code(step, 0) == static_cast<int>(kernel_kind::custom)) return true;
    for (int o = 0; o < step.operand_count; ++o) {
      address const a = operand(step, o);
      if (a.place == slot_place) return true;
      if (o >= step.inputs && tables.sizes.outputs > 0 && a.place == tables.outputs[0].at.place &&
          a.offset == tables.outputs[0].at.offset)
        return true;
    }
    return false;
  }
  static constexpr links find() {
    links made;
    if (most == 0 || !has_flat_update()) return made;
    step_entry const& update = tables.steps[first_update];
    std::int64_t const all = number(update, 3), unit = sizeof(float);
    std::int64_t const parameters = parameters_of(update), gradients = operand(update, gradients_of(update)).offset;
    auto refuse = [&](int o) {
      address const a = tables.operands[o];
      if (a.place != parameter_place && a.place != arena_place) return;
      std::int64_t const from = a.offset - (a.place == parameter_place ? parameters : gradients);
      made.refuse(from / unit, (from + bytes(o) + unit - 1) / unit);
    };
    // In the order of the steps: each one takes the gradients away that it touches, or whose parameters it reads.
    for (int s = walk::first_step; s < first_update; ++s) {
      step_entry const& step = tables.steps[s];
      if (step.loop >= 0 || decides_or_shares(s)) made.count = 0;
      if (step.loop >= 0) continue;
      if (is_product(step)) {
        std::int64_t const first = (operand(step, 2).offset - gradients) / unit,
                           size = number(step, 1) * number(step, 2);
        if (operand(step, 2).offset >= gradients && first + size <= all) {
          made.refuse(first, first + size);
          made.insert({s, first, size});
          for (int o = 0; o < step.inputs; ++o) refuse(step.operands + o);
          continue;
        }
      }
      for (int o = 0; o < step.operand_count; ++o) refuse(step.operands + o);
    }
    for (int k = 0; k < tables.sizes.outputs; ++k) {
      address const a = tables.outputs[k].at;
      std::int64_t const first = (a.offset - gradients) / unit;
      if (a.place == arena_place && a.offset >= gradients) made.refuse(first, first + tables.outputs[k].elements());
    }
    int kept = 0;
    for (int k = 0; k < made.count; ++k) {
      if (made.of[k].step < 0) continue;
      if (made.of[k].step < made.first_step) made.first_step = made.of[k].step;
      made.of[kept++] = made.of[k];
    }
    made.count = kept;
    return made;
  }

 public:
  static constexpr links found = find();
  static constexpr bool is_used = found.count > 0;
  /// From here on steps may change parameters.
  static constexpr int first_step = found.first_step;
  /// The gradient that a step computes for the update; nullptr: none.
  static constexpr link const* of(int step) {
    for (int k = 0; k < found.count; ++k)
      if (found.of[k].step == step) return found.of + k;
    return nullptr;
  }

  static constexpr int end_step = first_update;
  static constexpr step_entry const& update_of(int variant) { return tables.steps[first_update + variant - 1]; }

  /// The update of one run, on some elements at a time.
  class update {
   public:
    update(run_memory const& m, kernel_function run, step_entry const& step)
        : run_(run), step_(step), gradients_(gradients_of(step)) {
      for (int i = 0; i < 4 + step_.operand_count; ++i) numbers_[i] = number(step_, i);
      for (int o = 0; o < step_.operand_count; ++o) whole_[o] = walk::at(tables.operands[step_.operands + o], m);
    }
    /// A block of the gradients; args: of its kernel, but for what it works on.
    void run_on(kernel_arguments args, result_block const& b) {
      if (b.rows == 0 || b.columns == 0) return;
      subnormals_as_zero const mode(true);
      char* operands[most_operands];
      for (int o = 0; o < step_.operand_count; ++o)
        operands[o] = whole_[o] + numbers_[4 + o] * b.first * static_cast<std::int64_t>(sizeof(float));
      if (b.at) operands[gradients_] = b.at;
      args.operands = operands;
      args.constants = tables.constants + step_.constants;
      args.numbers = numbers_;
      numbers_[3] = b.rows * b.columns;
      if (b.rows == 1 || b.columns == b.apart) return run_(args);
      std::int64_t in_rows[5 + 2 * most_operands];
      in_rows[0] = 2;
      in_rows[1] = in_rows[2] = 0;
      in_rows[3] = b.rows;
      in_rows[4] = b.columns;
      for (int o = 0; o < step_.operand_count; ++o) {
        in_rows[5 + 2 * o] = numbers_[4 + o] * b.apart;
        in_rows[6 + 2 * o] = numbers_[4 + o];
      }
      args.numbers = in_rows;
      run_(args);
    }
    /// All whose gradients it did not take while they were computed.
    void run_on_rest(kernel_arguments const& args) {
      std::int64_t begin = 0;
      for (int k = 0; k < found.count; ++k) {
        run_on(args, {begin, 1, found.of[k].first - begin, 0, nullptr});
        begin = found.of[k].first + found.of[k].size;
      }
      run_on(args, {begin, 1, number(step_, 3) - begin, 0, nullptr});
    }

   private:
    kernel_function run_;
    step_entry const& step_;
    int gradients_;
    char* whole_[most_operands];
    std::int64_t numbers_[4 + most_operands];
  };

  /// What takes the blocks of a gradient for the update.
  class taker {
   public:
    taker(update& u, kernel_arguments const& args, link const& l) : update_(u), args_(args), link_(l) {
      args_.part = 0;
      args_.parts = 1;
      args_.shares = nullptr;
    }
    block_reader reader() const { return {take, this}; }

   private:
    static void take(void const* self, result_block const& block) {
      auto const& t = *static_cast<taker const*>(self);
      result_block b = block;
      b.first += t.link_.first;
      t.update_.run_on(t.args_, b);
    }
    update& update_;
    kernel_arguments args_;
    link const& link_;
  };
};

}  // namespace ashlar::inline ASHLAR_ABI::detail
