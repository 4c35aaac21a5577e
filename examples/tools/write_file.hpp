// SPDX-License-Identifier: MIT
#pragma once

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <stdexcept>
#include <string>
#include <string_view>

namespace ashlar_examples {

/// Writes a whole file or none of it: under another name first, then renamed over the old one.
/// errors: std::runtime_error with the path and the system's reason; the old file is then still there.
inline void write_file(std::string const& path, std::string_view bytes) {
  std::string const part = path + ".part";
  auto refuse = [&](char const* what) {
    std::string const reason = std::strerror(errno);
    std::remove(part.c_str());
    throw std::runtime_error(path + ": cannot " + what + ": " + reason);
  };
  std::FILE* file = std::fopen(part.c_str(), "wb");
  if (!file) refuse("be created");
  bool const written = std::fwrite(bytes.data(), 1, bytes.size(), file) == bytes.size();
  if (bool const closed = std::fclose(file) == 0; !written || !closed) refuse("be written");
  if (std::rename(part.c_str(), path.c_str()) != 0) refuse("be renamed into place");
}

}  // namespace ashlar_examples
