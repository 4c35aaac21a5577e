// SPDX-License-Identifier: MIT
#pragma once
#include <cstdint>

#include <ashlar/backend/cpu/instruction_set.hpp>
#include <ashlar/backend/kernel_code.hpp>
#include <ashlar/backend/product_epilogue.hpp>

namespace ashlar::inline ASHLAR_ABI::detail {

/// Some of a kernel's result, as it is computed: `rows` runs of `columns` elements, which are `apart` elements from one
/// another; the first begins at element `first` of the result, and lies at `at`.
struct result_block {
  std::int64_t first, rows, columns, apart;
  char* at;
};
/// Who reads a result, which nobody else reads, block by block while it is computed. Blocks need no memory of their
/// own: the next one may lie where the last one did.
struct block_reader {
  void (*take)(void const* self, result_block const& block);
  void const* self;
};

/// What every cpu kernel is called with: its operands (inputs, outputs, workspace), the numbers and constants that
/// its step holds, the valid rows, what keys random numbers, and which of how many shares of the work it does.
struct kernel_arguments {
  char* const* operands;
  std::int64_t const* numbers;
  double const* constants;
  std::int64_t rows;
  std::uint64_t seed, step, iteration;
  instruction_set set;
  int part = 0, parts = 1;
  int phase = 0;                   // of a kernel that its workers do in phases, meeting in between
  std::int64_t* shares = nullptr;  // counts the shares in which there was something to do
  block_reader const* reader = nullptr;
  product_epilogue epilogue = product_epilogue::none;  // of a product: by what lies behind its operands
};
using kernel_function = void (*)(kernel_arguments const&);

/// The share of a kernel in [0, count), in whole units. Kernels divide what they write, never what they sum over: every
/// element is computed by the same operations in the same order, whatever the number of shares.
struct kernel_share {
  std::int64_t begin, end;

  kernel_share(kernel_arguments const& args, std::int64_t count, std::int64_t unit = 1) : begin(0), end(count) {
    if (args.parts > 1) {
      std::int64_t const units = (count + unit - 1) / unit;
      begin = units * args.part / args.parts * unit;
      end = units * (args.part + 1) / args.parts * unit;
      if (end > count) end = count;
    }
    if (args.shares && begin < end) ++*args.shares;
  }
  bool is_empty() const { return begin >= end; }
};

}  // namespace ashlar::inline ASHLAR_ABI::detail
