// SPDX-License-Identifier: MIT
#pragma once
#include <doctest/doctest.h>

#include <cmath>
#include <cstring>
#include <set>
#include <string>
#include <vector>

#include <ashlar/io/safetensors.hpp>
#include <ashlar/train/parameter.hpp>

#include "support/elements_of.hpp"

/// The tensors that PyTorch computed: cases.safetensors is made by make_cases.py.
namespace reference {

using namespace ashlar;

/// |ours - theirs| <= tolerance * (1 + |theirs|): our float against a double that was rounded once.
inline constexpr double tolerance = 1e-5;

inline std::string in_folder(char const* leaf) {
  std::string const here = __FILE__;
  return here.substr(0, here.find_last_of('/') + 1) + leaf;
}
inline safetensors_file const& file() {
  static safetensors_file const f(in_folder("cases.safetensors"));
  return f;
}

/// The tensors that tests used so far; doctest runs files in the order of their names, tests from top to bottom.
inline std::set<std::string>& used() {
  static std::set<std::string> names;
  return names;
}

inline void read(std::string const& name, dtype type, shape const& extents, void* to) {
  CAPTURE(name);
  safetensors_entry const* const e = file().find(name);
  REQUIRE(e != nullptr);
  REQUIRE(e->dtype_name == safetensors_name(type));
  REQUIRE(static_cast<int>(e->extents.size()) == extents.rank);
  for (int i = 0; i < extents.rank; ++i) REQUIRE(e->extents[static_cast<std::size_t>(i)] == extents[i]);
  used().insert(name);
  std::memcpy(to, file().data(*e), static_cast<std::size_t>(extents.size() * bytes_of(type)));
}
template <class T, int... D>
tensor<T, D...> stored(std::string const& name) {
  tensor<T, D...> t;
  read(name, dtype_of<T>, t.shape(), t.data());
  return t;
}
template <int... D>
tensor<float, D...> floats(std::string const& name) {
  return stored<float, D...>(name);
}

inline void compare(float const* ours, shape const& extents, std::string const& name) {
  CAPTURE(name);
  std::vector<float> theirs(static_cast<std::size_t>(extents.size()));
  read(name, dtype::float32, extents, theirs.data());
  for (std::size_t i = 0; i < theirs.size(); ++i) {
    double const wanted = static_cast<double>(theirs[i]), got = static_cast<double>(ours[i]);
    CAPTURE(i);
    CAPTURE(wanted);
    CAPTURE(got);
    CHECK(std::abs(got - wanted) <= tolerance * (1 + std::abs(wanted)));
  }
}
template <int... D>
void compare(tensor<float, D...> const& ours, std::string const& name) {
  compare(ours.data(), ours.shape(), name);
}
inline void read(parameter_reference const& p, std::string const& name) {
  std::vector<char> values(static_cast<std::size_t>(p.byte_count()));
  read(name, p.type(), p.shape(), values.data());
  p.write(values.data());
}
inline void compare(parameter_reference const& p, std::string const& name) {
  compare(proof::elements_of<float>(p).data(), p.shape(), name);
}

}  // namespace reference
