// SPDX-License-Identifier: MIT
#pragma once
#include <ashlar/backend/thrust/gpu/libraries/gelu_steps.hpp>

/// Which products of a loop's body a library multiplies by a GELU's gradient on the way to memory, where a loop of the
/// forward pass has the GELU: what its iterations keep for those of the backward pass lies in slices, in two stacks, of
/// products and of sigmoids. In the latter's place the library keeps what the GELU reads; the former is not written.
namespace ashlar::inline ASHLAR_ABI::detail::inline ASHLAR_DEVICE_ABI {

#if ASHLAR_HAS_CUBLASLT
/// What lies at an operand of a loop's body in all iterations, in memory outside.
struct loop_slices {
  address at{};
  std::int64_t apart = 0;
  int binding = -1;  // which argument or result it is; -1: none of those

  constexpr bool are(loop_slices const& o) const {
    return binding >= 0 && o.binding >= 0 && at.place == o.at.place && at.offset == o.at.offset && apart == o.apart;
  }
};

/// Finds them where both loops are steps of no other one.
template <class Tables, class Matches>
class looped_gelu_search : gelu_steps<Tables> {
 public:
  constexpr looped_gelu_search(step_tables<Tables> const& t, Matches& found)
      : gelu_steps<Tables>(t),
        t_(t),
        begin_(t.t.bodies[t.t.top].first_step),
        end_(begin_ + t.t.bodies[t.t.top].step_count),
        found_(found) {
    for (int l = begin_ + 1; l < end_; ++l) {
      if (t.t.steps[l].loop < 0 || !is_plain(l)) continue;
      for (int s = first_step(l) + 1; s < end_step(l); ++s)
        if (this->is_pointwise(s, 4, 1) && t.is_a(kernel_kind::matmul, s - 1)) find_forward(l, s);
    }
  }

 private:
  static constexpr int most_iterations = 64;  // bits that say in which of them it is kept

  constexpr loop_entry const& loop_at(int step) const { return t_.t.loops[t_.t.steps[step].loop]; }
  constexpr int first_step(int loop_step) const { return t_.t.bodies[loop_at(loop_step).body].first_step; }
  constexpr int end_step(int loop_step) const {
    return first_step(loop_step) + t_.t.bodies[loop_at(loop_step).body].step_count;
  }
  /// Whether a loop's body has no loops, and no other step runs it.
  constexpr bool is_plain(int loop_step) const {
    for (int s = 0; s < t_.t.sizes.steps; ++s) {
      int const l = t_.t.steps[s].loop;
      if (l < 0) continue;
      if ((s >= first_step(loop_step) && s < end_step(loop_step)) ||
          (s != loop_step && t_.t.loops[l].body == loop_at(loop_step).body))
        return false;
    }
    return loop_at(loop_step).count <= most_iterations;
  }
  /// Carries are none: they move from iteration to iteration.
  constexpr loop_slices slices_of(int loop_step, address const& at) const {
    loop_entry const& l = loop_at(loop_step);
    int const q = at.place - operand_place;
    if (q < 0 || q < l.carries || (q >= l.arguments && q < l.arguments + l.carries)) return {};
    loop_binding const& bound = t_.t.bindings[l.bindings + q];
    return {{bound.at.place, bound.at.offset + at.offset}, bound.stride, q};
  }
  constexpr loop_slices slices_of(int loop_step, int step, int k) const {
    return slices_of(loop_step, t_.place_of(step, k));
  }

  /// Step s of the body of loop `backward` may multiply the product before it by the slope at a GELU of another loop.
  constexpr void find_forward(int backward, int s) {
    for (int l = begin_; l < backward; ++l) {
      if (t_.t.steps[l].loop < 0 || !is_plain(l) || loop_at(l).count != loop_at(backward).count) continue;
      for (int g = first_step(l) + 1; g < end_step(l); ++g)
        if (this->is_pointwise(g, 2, 2) && t_.is_a(kernel_kind::matmul, g - 1) && match(l, g, backward, s)) return;
    }
  }
  constexpr bool match(int loop, int gelu, int backward, int s) {
    int const forward = gelu - 1, product = s - 1;
    int const bias_of_gelu = t_.is_same(t_.place_of(gelu, 0), t_.place_of(forward, 2)) ? 1 : 0;
    loop_slices const sums = slices_of(loop, forward, 2), biases = slices_of(loop, gelu, bias_of_gelu);
    int gradient = -1, of_sums = -1, bias = -1, sigmoid = -1, kept = -1;
    for (int k = 0; k < 4; ++k) {
      loop_slices const read = slices_of(backward, s, k);
      if (t_.is_same(t_.place_of(s, k), t_.place_of(product, 2))) gradient = k;
      if (read.are(sums)) of_sums = k;
      if (read.are(biases)) bias = k;
      for (int o = 2; o < 4; ++o)
        if (read.are(slices_of(loop, gelu, o))) sigmoid = k, kept = o;
    }
    if (gradient < 0 || of_sums < 0 || bias < 0 || sigmoid < 0) return false;
    auto variant = [&](int step) { return t_.t.steps[step].variant; };
    int const result = 5 - kept;
    bool const is_one =
        t_.is_same(t_.place_of(gelu, 1 - bias_of_gelu), t_.place_of(forward, 2)) && variant(forward) == variant(gelu) &&
        variant(product) == variant(s) && this->has_shape(forward, product, gelu, bias_of_gelu) &&
        this->has_shape(forward, product, s, bias) && this->is_gelu(gelu, bias_of_gelu, result - 2) &&
        this->is_slope(s, gradient, of_sums, bias, sigmoid) && found_.of[forward].kind == product_epilogue::none &&
        found_.of[product].kind == product_epilogue::none && this->may_be_kept(forward, gelu, kept, result) &&
        may_be_written(backward, product, s) && is_aligned(backward, product) &&
        is_between(loop, gelu, 1 - bias_of_gelu, backward, s, of_sums) &&
        is_between(loop, gelu, kept, backward, s, sigmoid);
    if (!is_one) return false;
    this->set(found_, forward, bias_of_gelu, kept, product, s);
    found_.of[product].kept = sigmoid;
    found_.of[forward].is_looped = found_.of[product].is_looped = true;
    return true;
  }
  /// Whether a product's factors lie at multiples of 16 bytes in each iteration, as the library is asked before: of
  /// parameters it may be the first alone.
  constexpr bool is_aligned(int loop_step, int product) const {
    for (int k = 0; k < 2; ++k) {
      loop_slices const factor = slices_of(loop_step, product, k);
      if (factor.binding >= 0 && (factor.at.offset % 16 || factor.apart % 16)) return false;
    }
    return true;
  }
  /// Whether nobody but the step behind a product reads that, and its result may be written while the factors are read.
  constexpr bool may_be_written(int loop_step, int product, int s) const {
    int const made = t_.operand(product, 2), result = t_.operand(s, 4);
    if (t_.t.operands[made].place != arena_place) return false;
    for (int k = 0; k < 2; ++k)
      if (t_.overlap(result, t_.operand(product, k))) return false;
    for (int r = s; r < end_step(loop_step); ++r) {
      if (r > s && t_.reads(r, made)) return false;
      if (t_.writes(r, made)) return true;  // memory is used again when nobody reads it
    }
    return true;
  }

  /// Whether what step `gelu` of a loop reads or writes as its operand k is read by nobody else, but as operand j of
  /// step s of the other loop.
  constexpr bool is_between(int loop, int gelu, int k, int backward, int s, int j) const {
    loop_slices const made = slices_of(loop, gelu, k), read = slices_of(backward, s, j);
    if (made.at.place != arena_place || made.apart <= 0 || t_.bytes(t_.operand(gelu, k)) > made.apart) return false;
    for (int r = first_step(loop); r < end_step(loop); ++r)
      if (r != gelu && t_.reads(r, t_.operand(gelu, k))) return false;
    for (int r = first_step(backward); r < end_step(backward); ++r)
      if (r != s && t_.reads(r, t_.operand(s, j))) return false;
    range const all{made.at.offset, made.at.offset + made.apart * loop_at(loop).count};
    if (touches(loop, all, 0, made.binding) || touches(backward, all, 0, read.binding)) return false;
    for (int q = 0; q < t_.t.sizes.outputs; ++q) {
      address const& at = t_.t.outputs[q].at;
      if (at.place == arena_place && at.offset >= all.begin && at.offset < all.end) return false;
    }
    for (int r = loop + 1; r < end_; ++r) {
      if (r == backward) continue;
      step_entry const& step = t_.t.steps[r];
      int const inputs = step.loop >= 0 ? loop_at(r).arguments : step.inputs;
      if (touches(r, all, 0, -1, inputs)) return false;
      if (touches(r, all, inputs, -1)) return r > backward;  // memory is used again when nobody reads it
    }
    return true;
  }
  struct range {
    std::int64_t begin, end;  // bytes of the arena
  };
  /// Whether any of a step's operands, or of a loop's arguments and results, from `first` on to `last` (-1: all), but
  /// for one, lies in that memory. Of the last slice the first byte will do: what is in use lies apart.
  constexpr bool touches(int step, range const& all, int first, int but, int last = -1) const {
    step_entry const& s = t_.t.steps[step];
    bool const is_loop = s.loop >= 0;
    int const count = last >= 0 ? last : is_loop ? loop_at(step).arguments + loop_at(step).results : s.operand_count;
    for (int k = first; k < count; ++k) {
      if (k == but) continue;
      loop_binding const bound = is_loop ? t_.t.bindings[loop_at(step).bindings + k] : loop_binding{};
      address const at = is_loop ? bound.at : t_.place_of(step, k);
      std::int64_t const bytes = is_loop ? bound.stride * (loop_at(step).count - 1) + 1 : t_.bytes(t_.operand(step, k));
      if (at.place == arena_place && at.offset < all.end && at.offset + (bytes > 0 ? bytes : 1) > all.begin)
        return true;
    }
    return false;
  }

  step_tables<Tables> const& t_;
  int begin_, end_;
  Matches& found_;
};
#endif

}  // namespace ashlar::inline ASHLAR_ABI::detail::inline ASHLAR_DEVICE_ABI
