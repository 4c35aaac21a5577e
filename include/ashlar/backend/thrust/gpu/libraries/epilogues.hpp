// SPDX-License-Identifier: MIT
#pragma once
#include <ashlar/backend/epilogue_pattern.hpp>
#include <ashlar/backend/thrust/gpu/libraries/calls.hpp>

/// Which steps a product's library does on the way to memory: a bias for each column, and a ReLU or the GELU by a
/// hyperbolic tangent, that alone read what the product makes. (The library has no exact GELU.)
namespace ashlar::inline ASHLAR_ABI::detail::inline ASHLAR_DEVICE_ABI {

#if ASHLAR_HAS_CUBLASLT
/// What a step behind a product is to it.
struct matched_epilogue {
  product_epilogue kind = product_epilogue::none;
  int bias = 0, result = 0;     // operands of the step, which is the next one
  int kept = -1;                // of a GELU whose gradient is matched: the operand where what it read is kept
  int gradient = -1;            // and the product that has its gradient
  int mask = -1;                // the product whose ReLU says where there is a gradient
  std::int64_t mask_at = -1;    // of a ReLU whose gradient is matched: where its mask lies among all of them
  int step = -1;                // of a gradient: what is done besides the product
  int bias_gradient_step = -1;  // and the sum of its columns; -1: none
  int addend = -1;              // operand of the next step that the product begins from
  bool is_chained = false;      // where the product before it in the same sum has begun from another one
  std::int64_t addend_apart =
      0;                     // of such a one, which is added by `step`: bytes from its result to what it begins from
  bool is_looped = false;    // in a loop, where the GELU's gradient takes what was kept as operand `kept` of `step`
  int summing_product = -1;  // of a sum of columns: the product behind it that has them as a factor

  constexpr bool sums_factor() const {
    return kind == product_epilogue::sums_of_first || kind == product_epilogue::sums_of_second;
  }
  constexpr bool is_of_next_step() const { return kind != product_epilogue::none && step < 0 && !sums_factor(); }
};

/// Finds what the step behind a product is to it.
template <class Tables>
class epilogue_search : epilogue_pattern<Tables> {
 public:
  constexpr epilogue_search(step_tables<Tables> const& t, int product) : epilogue_pattern<Tables>(t, product) {
    if (this->is_pair()) find();
  }
  matched_epilogue found;

 private:
  using epilogue_pattern<Tables>::t_;
  using epilogue_pattern<Tables>::product_;
  using epilogue_pattern<Tables>::next_;

  constexpr void find() {
    product_epilogue const kind = this->kind_of();
    if (kind == product_epilogue::none) return;
    address const made = t_.place_of(product_, 2);
    int const result = t_.operand(next_, 2);
    if (!t_.is_same(made, t_.t.operands[result]) &&  // the library reads the factors while it writes the result
        (t_.overlap(result, t_.operand(product_, 0)) || t_.overlap(result, t_.operand(product_, 1))))
      return;
    for (int k = 0; k < 2; ++k)
      if (t_.is_same(t_.place_of(next_, k), made) && strides_fit(k, 1 - k)) {
        found.kind = kind;
        found.bias = 1 - k;
        found.result = 2;
      }
  }
  /// The nest of the next step is [m, n], its operands the product's result, dense, and one row for all.
  constexpr bool strides_fit(int product, int bias) const {
    std::int64_t const* const p = t_.numbers(product_);
    std::int64_t const* const n = t_.numbers(next_);
    auto stride = [&](int operand, int axis) { return n[5 + 2 * operand + axis]; };
    return p[0] == 1 && n[0] == 2 && n[3] == p[1] && n[4] == p[2] && stride(product, 0) == p[2] &&
           stride(product, 1) == 1 && stride(bias, 0) == 0 && stride(bias, 1) == 1 && stride(2, 0) == p[2] &&
           stride(2, 1) == 1;
  }
};

#endif

}  // namespace ashlar::inline ASHLAR_ABI::detail::inline ASHLAR_DEVICE_ABI
