// SPDX-License-Identifier: MIT
#pragma once
#include <ashlar/graph/graph.hpp>
#include <ashlar/plan/tables.hpp>

namespace ashlar::inline ASHLAR_ABI::detail {

/// Gives parameters or states their places.
class region_layout {
 public:
  constexpr region_layout(list<variable_entry> const& entries, std::int16_t where)
      : entries_(entries), where_(where), placed_(entries.size(), variable_info{}) {
    for (variable_entry const& e : entries) unit_ = bytes_of(e.type) > unit_ ? bytes_of(e.type) : unit_;
  }

  /// Places those that are frozen, or those that are not, behind what has a place.
  constexpr void place(bool frozen) {
    list<int> chosen;
    for (int i = 0; i < entries_.size(); ++i)
      if (entries_[i].frozen == frozen) chosen.push(i);
    for (int i = 0; i < chosen.size();) {
      int end = i + 1;
      if (entries_[chosen[i]].depth)
        while (end < chosen.size() && same_region(chosen[end], chosen[i], 0)) ++end;
      if (entries_[chosen[i]].depth)
        place_loop(chosen, i, end);
      else
        place_one(chosen[i]);
      i = end;
    }
  }
  constexpr std::int64_t bytes() const { return bytes_; }
  constexpr list<variable_info> take() { return static_cast<list<variable_info>&&>(placed_); }

 private:
  static constexpr std::int64_t align(std::int64_t at, int to) { return (at + to - 1) / to * to; }
  constexpr bool same_region(int a, int b, int depth) const {
    return entries_[a].depth > depth && entries_[a].region[depth] == entries_[b].region[depth];
  }

  constexpr void describe(int k, std::int64_t offset) {
    variable_entry const& e = entries_[k];
    variable_info& v = placed_[k];
    v.type = e.type;
    v.extents = e.extents;
    v.init = e.init;
    v.order = e.order;
    v.depth = e.depth;
    for (int d = 0; d < e.depth; ++d) v.count[d] = e.count[d];
    v.at = {where_, offset};
  }
  constexpr void place_one(int k) {
    int const size = bytes_of(entries_[k].type);
    bytes_ = align(bytes_, size);
    describe(k, bytes_);
    bytes_ += entries_[k].extents.size() * size;
  }
  /// The iterations of a loop one after the other, and in each those of the loops inside.
  constexpr void place_loop(list<int> const& chosen, int first, int end) {
    std::int64_t const begin = align(bytes_, unit_);
    std::int64_t slice = 0;
    for (int i = first; i < end;) {
      bool const nested = entries_[chosen[i]].depth > 1;
      int inner_end = i + 1;
      if (nested) {
        while (inner_end < end && same_region(chosen[inner_end], chosen[i], 1)) ++inner_end;
        slice = align(slice, unit_);
      }
      std::int64_t inner = 0;  // of one iteration inside
      for (int q = i; q < inner_end; ++q) {
        int const k = chosen[q], size = bytes_of(entries_[k].type);
        inner = align(inner, size);
        if (!nested) slice = align(slice, size);
        describe(k, begin + slice + inner);
        inner += entries_[k].extents.size() * size;
      }
      if (nested) {
        inner = align(inner, unit_);
        for (int q = i; q < inner_end; ++q) placed_[chosen[q]].stride[1] = inner;
        inner *= entries_[chosen[i]].count[1];
      }
      slice += inner;
      i = inner_end;
    }
    slice = align(slice, unit_);
    for (int i = first; i < end; ++i) placed_[chosen[i]].stride[0] = slice;
    bytes_ = begin + slice * entries_[chosen[first]].count[0];
  }

  list<variable_entry> const& entries_;
  std::int16_t where_;
  list<variable_info> placed_;
  int unit_ = 1;
  std::int64_t bytes_ = 0;
};

/// Gives every parameter (or state) its place in one dense region: in the order of definition, those that are trained
/// before the frozen ones; what belongs to a loop lies iteration-major, so that one iteration's parameters are
/// neighbours. Of one dtype they lie without gaps; a matrix whose layer asked for it lies column by column, or in
/// panels. Independent of batch, instruction set and threads.
constexpr list<variable_info> lay_out(list<variable_entry> const& entries, std::int16_t where, std::int64_t& bytes,
                                      std::int64_t& trained) {
  region_layout layout(entries, where);
  layout.place(false);
  trained = layout.bytes();
  layout.place(true);
  bytes = layout.bytes();
  return layout.take();
}
constexpr list<variable_info> lay_out(list<variable_entry> const& entries, std::int16_t where, std::int64_t& bytes) {
  std::int64_t trained = 0;
  return lay_out(entries, where, bytes, trained);
}
/// Bytes of the region of those parameters that are trained.
constexpr std::int64_t trained_bytes(list<variable_entry> const& parameters) {
  region_layout layout(parameters, parameter_place);
  layout.place(false);
  return layout.bytes();
}

}  // namespace ashlar::inline ASHLAR_ABI::detail
