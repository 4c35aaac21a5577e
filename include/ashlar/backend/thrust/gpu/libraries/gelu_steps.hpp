// SPDX-License-Identifier: MIT
#pragma once
#include <ashlar/backend/thrust/gpu/libraries/product_gradients.hpp>

/// What steps of a program are to the GELU by a hyperbolic tangent.
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

/// Which pointwise steps make that GELU of a product and a bias, or multiply by its slope there.
template <class Tables>
class gelu_steps {
 public:
  constexpr explicit gelu_steps(step_tables<Tables> const& t) : t_(t) {}

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
  /// Whether the library may write a GELU, the result, and what it read, in a sigmoid's place, while it reads the
  /// factors.
  constexpr bool may_be_kept(int forward, int gelu, int kept, int result) const {
    int const of_kept = t_.operand(gelu, kept), of_result = t_.operand(gelu, result);
    for (int k = 0; k < 2; ++k)
      if (t_.overlap(of_kept, t_.operand(forward, k)) || t_.overlap(of_result, t_.operand(forward, k))) return false;
    return !t_.overlap(of_kept, of_result);
  }
  /// Product `forward` makes the GELU and keeps what that reads; `product`, with step s behind it, takes its gradient.
  template <class Matches>
  static constexpr void set(Matches& found, int forward, int bias, int kept, int product, int s) {
    matched_epilogue& f = found.of[forward];
    f.kind = product_epilogue::bias_and_kept_gelu;
    f.bias = bias;
    f.result = 5 - kept;
    f.kept = kept;
    f.gradient = product;
    matched_epilogue& e = found.of[product];
    e.kind = product_epilogue::gelu_gradient;
    e.mask = forward;
    e.step = s;
  }

 private:
  using layout = fused_code;

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

  step_tables<Tables> const& t_;
};
#endif

}  // namespace ashlar::inline ASHLAR_ABI::detail::inline ASHLAR_DEVICE_ABI
