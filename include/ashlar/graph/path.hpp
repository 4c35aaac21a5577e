// SPDX-License-Identifier: MIT
#pragma once
#include <string>

#include <ashlar/core/list.hpp>

namespace ashlar::inline ASHLAR_ABI::detail {

/// One step of the way from the network to a layer: an index in a chain, a name, or the iteration of a loop.
struct path_entry {
  enum kind_type : unsigned char { root, index, name, iteration };
  kind_type kind = root;
  int parent = -1;
  int number = 0;
  char const* text = nullptr;
  int length = 0;
  int calls = 0;  // layers called in this scope so far
  int draws = 0;  // random values drawn in it so far

  constexpr bool is(int in, kind_type k, int n, char const* t, int len) const {
    if (parent != in || kind != k || number != n || length != len) return false;
    for (int i = 0; i < len; ++i)
      if (text[i] != t[i]) return false;
    return true;
  }
};

/// What the update of parameters has for a path.
inline constexpr char const* optimizer_path = "optimizer";

/// The paths of a graph: entry 0 is the network itself.
class path_table {
 public:
  constexpr path_table() { entries_.push({}); }

  constexpr int child(int parent, path_entry::kind_type kind, int number, char const* text = nullptr, int length = 0) {
    for (int i = 1; i < entries_.size(); ++i)
      if (entries_[i].is(parent, kind, number, text, length)) return i;
    entries_.push({kind, parent, number, text, length});
    return entries_.size() - 1;
  }
  /// The path `other[id]`, hung below `parent`.
  constexpr int import(int parent, path_table const& other, int id) {
    if (id == 0) return parent;
    path_entry const e = other.entries_[id];
    return child(import(parent, other, e.parent), e.kind, e.number, e.text, e.length);
  }
  constexpr void borrow(path_entry const* from, int count) { entries_.borrow(from, count); }
  constexpr path_entry& operator[](int id) { return entries_[id]; }
  constexpr path_entry const& operator[](int id) const { return entries_[id]; }
  constexpr int size() const { return entries_.size(); }

  /// Writes the path as text; '\1' stands for the number of an iteration.
  constexpr void write(int id, list<char>& to) const {
    if (id <= 0) return;
    path_entry const& e = entries_[id];
    if (e.parent > 0) {
      write(e.parent, to);
      to.push('.');
    }
    if (e.kind == path_entry::name)
      for (int i = 0; i < e.length; ++i) to.push(e.text[i]);
    else if (e.kind == path_entry::iteration)
      to.push('\1');
    else
      write_number(e.number, to);
  }
  std::string text(int id) const {
    list<char> out;
    write(id, out);
    std::string s(out.begin(), out.end());
    for (std::size_t at; (at = s.find('\1')) != std::string::npos;) s.replace(at, 1, "{i}");
    return s;
  }

  static constexpr void write_number(int number, list<char>& to) {
    if (number >= 10) write_number(number / 10, to);
    to.push(static_cast<char>('0' + number % 10));
  }

 private:
  list<path_entry> entries_;
};

}  // namespace ashlar::inline ASHLAR_ABI::detail
