// SPDX-License-Identifier: MIT
#pragma once
#include "support/environment.hpp"

/// Arithmetic of the dtypes that are no floats, for the oracle and the reference kernels.
namespace proof {

/// The bits of x as a dtype has them: two's complement, bool as 0 or 1.
number wrapped(dtype type, std::int64_t x);

/// A number of any dtype converted to another: towards zero to whole ones, to the nearest from whole ones.
number converted(dtype to, dtype from, number x);

/// a op b (or op a) as a dtype that is no float computes it; NaN, which stands for a row that is not valid, stays NaN.
number whole_result(op code, dtype type, number a, number b);

}  // namespace proof
