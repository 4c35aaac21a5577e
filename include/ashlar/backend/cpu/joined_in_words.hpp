// SPDX-License-Identifier: MIT
#pragma once
#include <string>

#include <ashlar/backend/cpu/product/product_tails.hpp>
#include <ashlar/backend/cpu/update_chain.hpp>

namespace ashlar::inline ASHLAR_ABI::detail {

/// What a kernel does of the step behind its own, before its numbers are in memory.
constexpr char const* in_words(product_epilogue kind) {
  switch (kind) {
    case product_epilogue::bias: return "adds the bias";
    case product_epilogue::bias_and_relu: return "adds the bias and takes the ReLU";
    case product_epilogue::relu_gradient: return "takes the ReLU's gradient";
    case product_epilogue::maxima: return "takes the maxima";
    case product_epilogue::addend: return "adds a matrix";
    case product_epilogue::addend_and_bias: return "adds the bias and a matrix";
    case product_epilogue::addend_bias_and_relu: return "adds the bias and a matrix and takes the ReLU";
    default: return "does what follows";
  }
}

/// What the cpu policy does of a program's step together with another one: "adds the bias of step 4 on the way
/// to memory". Empty: it stands alone.
template <class Program>
std::string joined_in_words(int step) {
  using tails = product_tails<Program>;
  using chain = update_chain<Program>;
  if (product_tail const& t = tails::found.of[step]; t.step >= 0)
    return std::string(in_words(t.kind)) + " of step " + std::to_string(t.step) + " on the way to memory";
  for (int s = 0; s < step; ++s)
    if (tails::found.of[s].step == step) return "done by step " + std::to_string(s);
  if (chain::of(step)) return "the update takes its gradient block by block, which is never stored";
  if constexpr (chain::is_used)
    if (step >= chain::end_step && Program::tables.steps[step].variant) {
      std::string words;
      for (int k = 0; k < chain::found.count; ++k)
        words += (k == 0 ? "" : k + 1 < chain::found.count ? ", " : " and ") + std::to_string(chain::found.of[k].step);
      return "done for the gradients of step" + (chain::found.count > 1 ? std::string("s ") : " ") + words +
             " while they are computed";
    }
  return "";
}

}  // namespace ashlar::inline ASHLAR_ABI::detail
