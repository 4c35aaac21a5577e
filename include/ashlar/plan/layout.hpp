// SPDX-License-Identifier: MIT
#pragma once
#include <ashlar/graph/graph.hpp>
#include <ashlar/plan/tables.hpp>

namespace ashlar::inline ASHLAR_ABI::detail {

/// Gives every parameter (or state) its place in one dense region, in the order of definition; what belongs to a loop
/// lies iteration-major, so that one iteration's parameters are neighbours. Independent of batch, instruction set and
/// threads.
constexpr list<variable_info> lay_out(graph const& g, list<variable_entry> const& entries, std::int16_t where,
                                      std::int64_t& bytes) {
  list<variable_info> placed;
  bytes = 0;
  auto align = [](std::int64_t at, int to) { return (at + to - 1) / to * to; };
  for (int i = 0; i < entries.size();) {
    int end = i + 1;
    if (entries[i].depth)
      while (end < entries.size() && entries[end].depth && entries[end].region[0] == entries[i].region[0]) ++end;
    std::int64_t begin = align(bytes, 8), slice = 0;
    for (int k = i; k < end;) {
      int inner_end = k + 1;
      bool nested = entries[k].depth > 1;
      if (nested)
        while (inner_end < end && entries[inner_end].depth > 1 && entries[inner_end].region[1] == entries[k].region[1])
          ++inner_end;
      if (nested) slice = align(slice, 8);
      std::int64_t inner_begin = slice, inner_slice = 0;
      for (int q = k; q < inner_end; ++q) {
        variable_entry const& e = entries[q];
        int const size = bytes_of(e.type);
        variable_info v;
        v.type = e.type;
        v.extents = e.extents;
        v.init = e.init;
        v.depth = e.depth;
        for (int d = 0; d < e.depth; ++d) v.count[d] = e.count[d];
        inner_slice = align(inner_slice, size);
        if (!nested) inner_begin = align(inner_begin, size);
        v.at = {where, begin + inner_begin + inner_slice};
        inner_slice += e.extents.size() * size;
        placed.push(v);
      }
      if (nested) {
        inner_slice = align(inner_slice, bytes_of(entries[k].type));
        for (int q = k; q < inner_end; ++q) placed[q].stride[1] = inner_slice;
        inner_slice *= entries[k].count[1];
      }
      slice = inner_begin + inner_slice;
      k = inner_end;
    }
    if (entries[i].depth) {
      slice = align(slice, 8);
      for (int k = i; k < end; ++k) placed[k].stride[0] = slice;
      slice *= entries[i].count[0];
    } else {
      begin = align(bytes, bytes_of(entries[i].type));
      placed[i].at.offset = begin;
    }
    bytes = begin + slice;
    i = end;
  }
  (void)g;
  return placed;
}

}  // namespace ashlar::inline ASHLAR_ABI::detail
