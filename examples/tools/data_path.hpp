// SPDX-License-Identifier: MIT
#pragma once

#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace ashlar_examples {

namespace detail {

inline bool readable(std::string const& path) {
  std::FILE* file = std::fopen(path.c_str(), "rb");
  if (file) std::fclose(file);
  return file != nullptr;
}

/// The folder that a file or a folder lies in, with its slash; empty for a bare name.
inline std::string folder_of(std::string_view path) {
  if (path.ends_with('/')) path.remove_suffix(1);
  return std::string(path.substr(0, path.rfind('/') + 1));
}

inline std::string folder_of_this_program() {
  char path[4096];
  ssize_t const length = readlink("/proc/self/exe", path, sizeof path);
  return length > 0 ? folder_of({path, static_cast<std::size_t>(length)}) : std::string();
}

}  // namespace detail

/// Where the data file `name` lies: here, in ./examples/data, beside these sources, above the program, in $ASHLAR_DATA.
/// errors: std::runtime_error that lists every place tried.
inline std::string data_path(char const* name) {
  std::vector<std::string> places{std::string("./") + name, std::string("./examples/data/") + name,
                                  detail::folder_of(detail::folder_of(__FILE__)) + "data/" + name};
  for (std::string folder = detail::folder_of_this_program(); folder.size() > 1; folder = detail::folder_of(folder))
    places.push_back(folder + "examples/data/" + name);
  if (char const* data = std::getenv("ASHLAR_DATA")) places.push_back(std::string(data) + '/' + name);

  std::string sentence = std::string(name) + ": not found; give its path as the first argument. Tried:";
  for (auto const& place : places) {
    if (detail::readable(place)) return place;
    sentence += "\n  " + place;
  }
  throw std::runtime_error(sentence);
}

}  // namespace ashlar_examples
