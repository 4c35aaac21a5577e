// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include <ashlar/io/safetensors.hpp>

#include "temporary_folder.hpp"

using namespace ashlar;

namespace {

template <class T>
named_tensor tensor_of(std::string name, shape extents, T const* data) {
  return {std::move(name), dtype_of<T>, extents, reinterpret_cast<std::byte const*>(data)};
}

}  // namespace

TEST_CASE("write_safetensors: what is written is read back, sorted by type and name") {
  temporary_folder const folder;
  float const weight[6] = {1, 2, 3, 4, 5, 6}, bias[2] = {7, 8};
  double const scale = 0.5;
  std::int64_t const tracked = 1234567890123;
  std::int32_t const index[3] = {-1, 0, 1};
  std::uint8_t const pixels[3] = {9, 8, 7};
  bool const mask[2] = {true, false};
  std::string const odd_name = "quote\" slash\\ tab\t bell\a \xc3\xa9 \xf0\x9f\xa7\xb1";
  named_tensor const tensors[] = {
      tensor_of("mask", make_shape<2>(), mask),       tensor_of("0.weight", make_shape<2, 3>(), weight),
      tensor_of("0.bias", make_shape<2>(), bias),     tensor_of("tracked", make_shape<>(), &tracked),
      tensor_of(odd_name, make_shape<1, 3>(), index), tensor_of("pixels", make_shape<3>(), pixels),
      tensor_of("scale", make_shape<1>(), &scale),    tensor_of<float>("none", make_shape<0, 7>(), nullptr)};
  std::string const name = folder.file("m.safetensors");
  write_safetensors(name, tensors, {{"format", "pt"}, {"note", "two\nlines"}});

  safetensors_file const file(name);
  std::vector<std::string> names, types;
  for (auto const& entry : file.entries()) {
    names.push_back(entry.name);
    types.push_back(entry.dtype_name);
  }
  CHECK(names ==
        std::vector<std::string>{"tracked", "scale", "0.bias", "0.weight", "none", odd_name, "pixels", "mask"});
  CHECK(types == std::vector<std::string>{"I64", "F64", "F32", "F32", "F32", "I32", "U8", "BOOL"});
  for (named_tensor const& tensor : tensors) {
    CAPTURE(tensor.name);
    safetensors_entry const* const entry = file.find(tensor.name);
    REQUIRE(entry != nullptr);
    CHECK(entry->dtype_name == safetensors_name(tensor.type));
    CHECK(entry->extents ==
          std::vector<std::int64_t>(tensor.extents.extent, tensor.extents.extent + tensor.extents.rank));
    REQUIRE(entry->end - entry->begin == tensor.extents.size() * bytes_of(tensor.type));
    CHECK(reinterpret_cast<std::uintptr_t>(file.data(*entry)) % static_cast<unsigned>(bytes_of(tensor.type)) == 0);
    if (tensor.data)
      CHECK(std::memcmp(file.data(*entry), tensor.data, static_cast<std::size_t>(entry->end - entry->begin)) == 0);
  }
  CHECK(file.find("0.weigh") == nullptr);
  CHECK(file.find("") == nullptr);
  REQUIRE(file.metadata().size() == 2);
  CHECK(file.metadata()[0] == std::pair<std::string, std::string>("format", "pt"));
  CHECK(file.metadata()[1].second == "two\nlines");
  CHECK(folder.leaves() == std::vector<std::string>{"m.safetensors"});
}

TEST_CASE("write_safetensors: the bytes are those of the reference") {
  // source: safetensors 0.8.0 for Python, safetensors.numpy.save_file
  temporary_folder const folder;
  std::string const name = folder.file("m.safetensors");
  float const a[2] = {1, 2};
  std::uint8_t const b[1] = {3};
  named_tensor const tensors[] = {tensor_of("b", make_shape<1>(), b), tensor_of("a", make_shape<2>(), a)};
  write_safetensors(name, tensors, {{"k", "v\x01\x7f\""}});
  std::string const header =
      "{\"__metadata__\":{\"k\":\"v\\u0001\x7f\\\"\"},\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]},"
      "\"b\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[8,9]}}";
  std::string const padded = header + std::string((8 - header.size() % 8) % 8, ' ');
  std::string const length = static_cast<char>(padded.size()) + std::string(7, '\0');
  CHECK(detail::read_file(name) == length + padded + std::string("\0\0\x80\x3f\0\0\0\x40\x03", 9));
  write_safetensors(name, {});
  CHECK(detail::read_file(name) == std::string("\x08\0\0\0\0\0\0\0{}      ", 16));
  CHECK(safetensors_file(name).entries().empty());
}

TEST_CASE("write_safetensors: tensors that no file can hold are refused, and the old file stays") {
  temporary_folder const folder;
  std::string const name = folder.file("m.safetensors");
  put(name, "old");
  float const a[2] = {1, 2};
  auto const refused = [&](std::vector<named_tensor> const& tensors,
                           std::vector<std::pair<std::string, std::string>> const& metadata = {}) {
    CHECK_THROWS_AS(write_safetensors(name, tensors, metadata), error);
    CHECK(detail::read_file(name) == "old");
    CHECK(folder.leaves().size() == 1);
  };
  named_tensor const good = tensor_of("a", make_shape<2>(), a);
  refused({good, good});
  refused({tensor_of("__metadata__", make_shape<2>(), a)});
  refused({tensor_of("\xff", make_shape<2>(), a)});
  refused({tensor_of<float>("a", make_shape<2>(), nullptr)});
  refused({tensor_of("a", make_shape<-1>(), a)});
  refused({tensor_of("a", make_shape<2147483647, 2147483647, 2147483647>(), a)});
  refused({tensor_of("a", shape{.rank = 7}, a)});
  refused({good}, {{"k", "1"}, {"k", "2"}});
  refused({good}, {{"k", "\xff"}});
  refused({good}, {{"\xff", "v"}});
}

TEST_CASE("write_safetensors: a write that is cut short leaves the old file whole and no temporary") {
  temporary_folder const folder;
  std::string const name = folder.file("m.safetensors");
  put(name, "old");
  std::vector<float> const large(1'000'000, 1.0f);
  named_tensor const tensors[] = {tensor_of("a", make_shape<1'000'000>(), large.data())};

  // A limit on the size of files stands for a full device: the write fails half way, with EFBIG.
  rlimit old_limit;
  REQUIRE(getrlimit(RLIMIT_FSIZE, &old_limit) == 0);
  auto* const old_handler = std::signal(SIGXFSZ, SIG_IGN);
  for (rlim_t limit : {0u, 10u, 100'000u, 3'999'999u}) {
    CAPTURE(limit);
    rlimit const small{limit, old_limit.rlim_max};
    REQUIRE(setrlimit(RLIMIT_FSIZE, &small) == 0);
    std::string text = "none";
    try {
      write_safetensors(name, tensors);
    } catch (error const& problem) {
      text = problem.what();
    }
    REQUIRE(setrlimit(RLIMIT_FSIZE, &old_limit) == 0);
    CHECK(text == name + ": cannot be written: File too large");
    CHECK(detail::read_file(name) == "old");
    CHECK(folder.leaves() == std::vector<std::string>{"m.safetensors"});
  }
  std::signal(SIGXFSZ, old_handler);

  write_safetensors(name, tensors);
  CHECK(safetensors_file(name).find("a")->end == 4'000'000);
  CHECK(folder.leaves() == std::vector<std::string>{"m.safetensors"});
}

TEST_CASE("write_safetensors: a folder that is missing or cannot be written is refused, and so is a device") {
  temporary_folder const folder;
  CHECK_THROWS_AS(write_safetensors(folder.file("no/m.safetensors"), {}), error);
  CHECK_THROWS_WITH_AS(write_safetensors("/dev/full", {}),
                       "/dev/full: found a folder or device, expected a file, or nothing yet", error);
  CHECK_THROWS_AS(write_safetensors(folder.name, {}), error);
  CHECK(folder.leaves().empty());

  std::string const name = folder.file("m.safetensors");
  put(name, "old");
  REQUIRE(chmod(folder.name.c_str(), 0500) == 0);
  if (access(folder.name.c_str(), W_OK) == 0)
    MESSAGE("skipped: unwritable folder: this user may write into a folder without permission");
  else
    CHECK_THROWS_AS(write_safetensors(name, {}), error);
  REQUIRE(chmod(folder.name.c_str(), 0700) == 0);
  CHECK(detail::read_file(name) == "old");
  CHECK(folder.leaves().size() == 1);
}

TEST_CASE("write_safetensors: a file that is replaced keeps its permissions") {
  temporary_folder const folder;
  std::string const name = folder.file("m.safetensors");
  put(name, "old");
  REQUIRE(chmod(name.c_str(), 0640) == 0);
  write_safetensors(name, {});
  struct stat status;
  REQUIRE(stat(name.c_str(), &status) == 0);
  CHECK((status.st_mode & 07777) == 0640);
}

TEST_CASE("write_safetensors: a symbolic link stays, and the file that it leads to is replaced") {
  temporary_folder const folder, other;
  std::string const link = folder.file("latest.safetensors"), file = other.file("m.safetensors");
  put(file, "old");
  REQUIRE(symlink(file.c_str(), link.c_str()) == 0);
  float const number = 2;
  write_safetensors(link, {{"w", dtype::float32, {}, reinterpret_cast<std::byte const*>(&number)}});
  struct stat status;
  REQUIRE(lstat(link.c_str(), &status) == 0);
  CHECK(S_ISLNK(status.st_mode));
  CHECK(detail::read_file(file).size() > 8);
  CHECK(folder.leaves().size() == 1);
  CHECK(other.leaves().size() == 1);
  REQUIRE(std::remove(file.c_str()) == 0);
  CHECK_THROWS_WITH_AS(write_safetensors(link, {}),
                       (link + ": found a symbolic link to nothing, expected a file").c_str(), error);
}
