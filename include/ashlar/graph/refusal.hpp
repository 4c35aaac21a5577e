// SPDX-License-Identifier: MIT
#pragma once
#include <ashlar/core/config.hpp>

namespace ashlar::inline ASHLAR_ABI::detail {

/// What a network or function asks of a graph that no plan can do, and that the types of its values do not tell. The
/// graph notes the first one and goes on; the function that the user called reports it (see train/refusals.hpp).
enum class refusal : unsigned char {
  none,
  reshape_cuts_samples,
  axis_before_the_batch,
  batch_as_columns,
  batch_summed_on_one_side,
  batch_moved,
  batch_rearranged,
  one_name_for_two_shapes,
  deep_repeat,
  many_axes,
  stretched_to_the_batch,
  whole_numbers,
  value_of_another_trace,
  rows_in_a_loop,
  number_beyond_dtype,
  parameters_of_two_dtypes,
  many_parameters,
  nothing_to_learn
};

}  // namespace ashlar::inline ASHLAR_ABI::detail
