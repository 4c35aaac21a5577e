// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <cstdio>
#include <string>
#include <vector>

#include "write_file.hpp"

namespace ashlar_examples {

/// Whole numbers as text, one a line.
inline void write_numbers(std::string const& path, std::vector<std::int32_t> const& numbers) {
  std::string text;
  for (std::int32_t number : numbers) text += std::to_string(number) + '\n';
  write_file(path, text);
}

/// What write_numbers wrote; empty where there is no such file.
inline std::vector<std::int32_t> read_numbers(std::string const& path) {
  std::vector<std::int32_t> numbers;
  if (std::FILE* file = std::fopen(path.c_str(), "r")) {
    for (int number; std::fscanf(file, "%d", &number) == 1;) numbers.push_back(number);
    std::fclose(file);
  }
  return numbers;
}

}  // namespace ashlar_examples
