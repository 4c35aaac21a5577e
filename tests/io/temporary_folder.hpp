// SPDX-License-Identifier: MIT
#pragma once
#include <doctest/doctest.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

// An empty folder, for as long as the object lives.
struct temporary_folder {
  temporary_folder() : name((std::filesystem::temp_directory_path() / "ashlar-io-XXXXXX").string()) {
    REQUIRE(mkdtemp(name.data()) != nullptr);
  }
  ~temporary_folder() { std::filesystem::remove_all(name); }

  std::string file(std::string const& leaf) const { return name + "/" + leaf; }

  std::vector<std::string> leaves() const {
    std::vector<std::string> out;
    for (auto const& entry : std::filesystem::directory_iterator(name)) out.push_back(entry.path().filename().string());
    std::sort(out.begin(), out.end());
    return out;
  }

  std::string name;
};

inline void put(std::string const& file, std::string const& bytes) {
  std::FILE* const out = std::fopen(file.c_str(), "wb");
  REQUIRE(out != nullptr);
  REQUIRE(std::fwrite(bytes.data(), 1, bytes.size(), out) == bytes.size());
  REQUIRE(std::fclose(out) == 0);
}
