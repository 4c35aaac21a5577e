// SPDX-License-Identifier: MIT
#pragma once
#include <ashlar/core/frozen_pool.hpp>
#include <ashlar/plan/draft.hpp>

namespace ashlar::inline ASHLAR_ABI::detail {

/// How much room frozen drafts need.
struct drafts_size {
  int steps = 0, codes = 0, operands = 0, numbers = 0, constants = 0, operations = 0;
};

/// Drafts in arrays that can be a constant.
template <int Steps, int Codes, int Operands, int Numbers, int Constants, int Operations>
class frozen_drafts {
 public:
  constexpr void freeze(drafts const& from) {
    steps_.append(from.steps.items, from.steps.size());
    codes_.append(from.codes.items, from.codes.size());
    nodes_.append(from.nodes.items, from.nodes.size());
    values_.append(from.values.items, from.values.size());
    numbers_.append(from.numbers.items, from.numbers.size());
    constants_.append(from.constants.items, from.constants.size());
    operations_.append(from.operations.items, from.operations.size());
  }
  /// The drafts, with lists that show these arrays, which must stay where they are.
  constexpr void thaw(drafts& to) const {
    to.steps.borrow(steps_.items, steps_.count);
    to.codes.borrow(codes_.items, codes_.count);
    to.nodes.borrow(nodes_.items, nodes_.count);
    to.values.borrow(values_.items, values_.count);
    to.numbers.borrow(numbers_.items, numbers_.count);
    to.constants.borrow(constants_.items, constants_.count);
    to.operations.borrow(operations_.items, operations_.count);
  }
  constexpr bool fits() const {
    return steps_.fits() && codes_.fits() && nodes_.fits() && numbers_.fits() && constants_.fits() &&
           operations_.fits();
  }
  constexpr drafts_size size() const {
    return {steps_.count, codes_.count, nodes_.count, numbers_.count, constants_.count, operations_.count};
  }

 private:
  frozen_pool<draft, Steps> steps_;
  frozen_pool<int, Codes> codes_;
  frozen_pool<int, Operands> nodes_;
  frozen_pool<operand_value, Operands> values_;
  frozen_pool<std::int64_t, Numbers> numbers_;
  frozen_pool<double, Constants> constants_;
  frozen_pool<operation_entry, Operations> operations_;
};

}  // namespace ashlar::inline ASHLAR_ABI::detail
