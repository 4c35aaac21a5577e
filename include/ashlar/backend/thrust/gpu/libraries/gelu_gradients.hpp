// SPDX-License-Identifier: MIT
#pragma once
#include <ashlar/backend/thrust/gpu/libraries/factor_sums.hpp>
#include <ashlar/backend/thrust/gpu/libraries/relu_gradients.hpp>

/// Which products a library multiplies by a GELU's gradient on the way to memory. The plan keeps the product of the
/// forward pass until then, and the sigmoid that the GELU multiplies by; in the latter's place the library keeps what
/// the GELU reads, and needs neither.
namespace ashlar::inline ASHLAR_ABI::detail::inline ASHLAR_DEVICE_ABI {

#if ASHLAR_HAS_CUBLASLT
/// What a pointwise step computes for one element: an analytic function is known by its values at a few places.
template <class Tables>
class element_of_step {
 public:
  static constexpr int most = 48;  // instructions

  constexpr element_of_step(step_tables<Tables> const& tables, int step) : t_(tables), step_(step) {}

  /// Whether its instructions are of analytic functions that are known here.
  constexpr bool is_known() const {
    int const count = t_.code(step_, fused_code::instructions);
    for (int i = 0; i < count; ++i) {
      op const o = static_cast<op>(t_.field(step_, i, 0));
      if (o != op::add && o != op::sub && o != op::mul && o != op::neg && o != op::sigmoid) return false;
    }
    return count <= most;
  }
  /// Output `o` of it.
  constexpr double output(int o, double const* inputs) const {
    double made[most]{};
    int const count = t_.code(step_, fused_code::instructions);
    auto value = [&](int argument) {
      if (argument >= 0) return made[argument];
      if (argument > constant_base) return inputs[-1 - argument];
      int const from = argument > whole_constant_base ? constant_base : whole_constant_base;
      return t_.t.constants[t_.t.steps[step_].constants + from - argument];
    };
    for (int i = 0; i < count; ++i) {
      double const x = value(t_.field(step_, i, 3));
      switch (static_cast<op>(t_.field(step_, i, 0))) {
        case op::add: made[i] = x + value(t_.field(step_, i, 4)); break;
        case op::sub: made[i] = x - value(t_.field(step_, i, 4)); break;
        case op::mul: made[i] = x * value(t_.field(step_, i, 4)); break;
        case op::neg: made[i] = -x; break;
        default: made[i] = sigmoid(x); break;
      }
    }
    return made[t_.output_field(step_, o * fused_code::output_size)];
  }
  /// For numbers of moderate size.
  static constexpr double sigmoid(double x) {
    double const small = -x / 1024;
    double e = 1, term = 1;
    for (int k = 1; k < 12; ++k) e += term *= small / k;
    for (int k = 0; k < 10; ++k) e *= e;
    return 1 / (1 + e);
  }

 private:
  step_tables<Tables> const& t_;
  int step_;
};

/// Finds the product of a step that multiplies by a GELU's gradient, outside of loops.
template <class Tables, class Matches>
class gelu_gradient_search {
 public:
  constexpr gelu_gradient_search(step_tables<Tables> const& t, Matches& found) : t_(t), steps_(t), found_(found) {
    for (int s = steps_.begin + 1; s < steps_.end; ++s)
      if (is_pointwise(s, 4, 1)) match(s);
  }

 private:
  using layout = fused_code;

  /// Whether a step is pointwise on so many dense operands of float, of functions that are known.
  constexpr bool is_pointwise(int s, int inputs, int outputs) const {
    if (!t_.is_a(kernel_kind::row, s) || t_.code(s, layout::inputs) != inputs ||
        t_.code(s, layout::outputs) != outputs || t_.code(s, layout::passes) != 0 || t_.numbers(s)[0] != 2 ||
        !element_of_step(t_, s).is_known())
      return false;
    auto fits = [](int element_of, int how) {
      return element_of == static_cast<int>(element::float32) && how == static_cast<int>(access::contiguous);
    };
    for (int k = 0; k < inputs; ++k)
      if (!fits(t_.code(s, layout::head + 2 * k), t_.code(s, layout::head + 2 * k + 1))) return false;
    for (int o = 0; o < outputs; ++o)
      if (!fits(t_.output_field(s, o * layout::output_size + 1), t_.output_field(s, o * layout::output_size + 2)))
        return false;
    return true;
  }
  /// Whether a step is what multiplies a product by the slope at P + b, where P is a product of the forward pass.
  constexpr void match(int s) {
    int product = -1, forward = -1, gradient = -1, sums = -1;
    for (int k = 0; k < 4; ++k) {
      int const maker = steps_.maker_of(s, k);
      if (maker < 0 || !t_.is_a(kernel_kind::matmul, maker)) continue;
      if (forward < 0 || maker < forward)
        product = forward, gradient = sums, forward = maker, sums = k;
      else if (product < 0)
        product = maker, gradient = k;
      else
        return;
    }
    int const gelu = forward + 1;
    auto variant = [&](int step) { return t_.t.steps[step].variant; };
    if (product < 0 || product == gelu || !is_pointwise(gelu, 2, 2) || variant(forward) != variant(gelu) ||
        variant(product) != variant(s))
      return;
    int const bias_of_gelu = t_.is_same(t_.place_of(gelu, 0), t_.place_of(forward, 2)) ? 1 : 0;
    int sigmoid = -1, bias = -1;
    for (int k = 0; k < 4; ++k) {
      if (k == gradient || k == sums) continue;
      if (steps_.maker_of(s, k) == gelu) sigmoid = k;
      if (t_.is_same(t_.place_of(s, k), t_.place_of(gelu, bias_of_gelu))) bias = k;
    }
    if (sigmoid < 0 || bias < 0 || sigmoid == bias) return;
    int const kept = t_.is_same(t_.place_of(gelu, 2), t_.place_of(s, sigmoid)) ? 2 : 3, result = 5 - kept;
    bool const is_one = t_.is_same(t_.place_of(gelu, 1 - bias_of_gelu), t_.place_of(forward, 2)) &&
                        t_.is_same(t_.place_of(gelu, kept), t_.place_of(s, sigmoid)) &&
                        has_shape(forward, product, gelu, bias_of_gelu) && has_shape(forward, product, s, bias) &&
                        is_gelu(gelu, bias_of_gelu, result - 2) && is_slope(s, gradient, sums, bias, sigmoid) &&
                        is_free(forward, gelu, kept, result, s) && may_be_written(product, s, t_.operand(gelu, kept));
    if (!is_one) return;
    matched_epilogue& f = found_.of[forward];
    f.kind = product_epilogue::bias_and_kept_gelu;
    f.bias = bias_of_gelu;
    f.result = result;
    f.kept = kept;
    f.gradient = product;
    matched_epilogue& e = found_.of[product];
    e.kind = product_epilogue::gelu_gradient;
    e.mask = forward;
    e.step = s;
    if (steps_.sums_columns(product, s)) e.bias_gradient_step = s + 1;
  }
  /// Whether both products are [m, n], as is the nest of the step, with one row of the bias for all. What is kept has
  /// rows of n numbers, of which the library wants a multiple of 8.
  constexpr bool has_shape(int forward, int product, int s, int bias) const {
    std::int64_t const *const f = t_.numbers(forward), *const p = t_.numbers(product), *const n = t_.numbers(s);
    if (f[0] != 1 || p[0] != 1 || f[1] != p[1] || f[2] != p[2] || p[2] % 8 || n[3] != p[1] || n[4] != p[2])
      return false;
    if (t_.code(product, 1) || t_.code(forward, 1)) return false;  // of double
    for (int k = 0; k < t_.t.steps[s].inputs + t_.t.steps[s].outputs; ++k)
      if (n[5 + 2 * k] != (k == bias ? 0 : p[2]) || n[6 + 2 * k] != 1) return false;
    return true;
  }
  /// Whether nobody else reads what is not made: the product, the sigmoid; and the library may write while it reads.
  constexpr bool is_free(int forward, int gelu, int kept, int result, int s) const {
    int const of_kept = t_.operand(gelu, kept), of_result = t_.operand(gelu, result);
    if (!steps_.is_read_by(gelu, s, forward, t_.operand(forward, 2)) || !steps_.is_read_by(s, s, gelu, of_kept))
      return false;
    for (int k = 0; k < 2; ++k)
      if (t_.overlap(of_kept, t_.operand(forward, k)) || t_.overlap(of_result, t_.operand(forward, k))) return false;
    return !t_.overlap(of_kept, of_result);
  }
  /// Whether the step's result may be written when the product is launched, which reads what was kept.
  constexpr bool may_be_written(int product, int s, int kept) const {
    int const result = steps_.result_of(s);
    if (t_.t.operands[result].place != arena_place || t_.overlap(result, kept)) return false;
    for (int k = 0; k < 2; ++k)
      if (t_.overlap(result, t_.operand(product, k))) return false;
    for (int r = product + 1; r < s; ++r)
      if (t_.reads(r, result) || t_.writes(r, result) || t_.reads(r, t_.operand(product, 2))) return false;
    return steps_.is_read_by(s, s, product, t_.operand(product, 2));
  }

  // x * sigmoid(x * (x * x * a + b)), as nn/gelu.hpp writes it
  static constexpr double b = 1.5957691216057308, a = b * 0.044715;
  static constexpr double sigmoid_at(double x) { return element_of_step<Tables>::sigmoid(x * (x * x * a + b)); }
  static constexpr bool is_near(double x, double y) { return x - y < 1e-9 && y - x < 1e-9; }
  /// f(x, P, b) for some x = P + b.
  template <class F>
  static constexpr bool at_some_places(F f) {
    for (double const x : {-2.71, -0.83, -0.19, 0.37, 1.13, 2.29})
      if (!f(x, x * 0.37 + 0.11, x - (x * 0.37 + 0.11))) return false;
    return true;
  }
  /// Whether a step makes the GELU and its sigmoid of P + b.
  constexpr bool is_gelu(int s, int bias, int result) const {
    element_of_step const element(t_, s);
    return at_some_places([&](double x, double sum, double of_bias) {
      double const inputs[] = {bias == 0 ? of_bias : sum, bias == 1 ? of_bias : sum};
      double const sigmoid = sigmoid_at(x);
      return is_near(element.output(1 - result, inputs), sigmoid) &&
             is_near(element.output(result, inputs), x * sigmoid);
    });
  }
  /// Whether a step is d times the derivative of the GELU by x = P + b.
  constexpr bool is_slope(int s, int gradient, int sums, int bias, int of_sigmoid) const {
    element_of_step const element(t_, s);
    return at_some_places([&](double x, double sum, double of_bias) {
      double const d = 0.7 - x, sigmoid = sigmoid_at(x);
      double inputs[4]{};
      inputs[gradient] = d;
      inputs[sums] = sum;
      inputs[bias] = of_bias;
      inputs[of_sigmoid] = sigmoid;
      return is_near(element.output(0, inputs), d * (sigmoid + x * sigmoid * (1 - sigmoid) * (3 * a * x * x + b)));
    });
  }

  step_tables<Tables> const& t_;
  gradient_steps<Tables> steps_;
  Matches& found_;
};

/// Of each step of a program.
template <class Program>
struct epilogues_of {
  static constexpr auto const& tables = Program::tables;
  static constexpr auto steps = [] {
    matched_epilogues<tables.sizes.steps> found;
    step_tables const t(tables);
    for (int s = 0; s + 1 < tables.sizes.steps; ++s) found.of[s] = epilogue_search(t, s).found;
    relu_gradient_search(t, found);
    gelu_gradient_search(t, found);
    factor_sum_search(t, found);
    return found;
  }();
};
#endif

}  // namespace ashlar::inline ASHLAR_ABI::detail::inline ASHLAR_DEVICE_ABI
