// SPDX-License-Identifier: MIT
#pragma once
#include <sys/stat.h>

#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <string>
#include <utility>

#include <ashlar/core/config.hpp>
#include <ashlar/core/error.hpp>

namespace ashlar::inline ASHLAR_ABI::detail {

/// A file opened for reading.
/// errors: a file that cannot be opened or read, a folder
class input_file {
 public:
  explicit input_file(std::string name) : name_(std::move(name)), stream_(std::fopen(name_.c_str(), "rb")) {
    struct stat status;
    if (name_.empty()) fail(error_parts{.place = "a file to read", .found = "no name"});
    if (!stream_) refuse("cannot be opened");
    if (fstat(fileno(stream_), &status) != 0) refuse("cannot be examined");
    if (S_ISDIR(status.st_mode)) {
      errno = EISDIR;
      refuse("cannot be read");
    }
    size_ = S_ISREG(status.st_mode) ? status.st_size : 0;
  }
  input_file(input_file const&) = delete;
  input_file& operator=(input_file const&) = delete;
  ~input_file() { close(); }

  std::string const& name() const { return name_; }

  /// Bytes in the file when it was opened; 0 for a pipe.
  std::int64_t size() const { return size_; }

  /// Reads up to `count` bytes and says how many there were: fewer only at the end of the file.
  std::int64_t read(void* to, std::int64_t count) {
    std::size_t const got = std::fread(to, 1, static_cast<std::size_t>(count), stream_);
    if (std::ferror(stream_)) refuse("cannot be read");
    return static_cast<std::int64_t>(got);
  }

 private:
  // The constructor refuses too, and then no destructor runs.
  [[noreturn]] ASHLAR_COLD void refuse(char const* what) {
    std::string problem = what;
    problem += ": ";
    problem += std::strerror(errno);
    close();
    fail(error_parts{.file = name_, .problem = problem});
  }

  void close() {
    if (stream_) std::fclose(stream_);
    stream_ = nullptr;
  }

  std::string name_;
  std::FILE* stream_;
  std::int64_t size_ = 0;
};

/// All bytes of a file, which may be a pipe.
ASHLAR_COLD inline std::string read_file(std::string const& name) {
  input_file file(name);
  std::string bytes;
  std::size_t used = 0;
  // Room for one byte more than expected: the read that would fill it is the one that meets the end of the file.
  bytes.resize(static_cast<std::size_t>(file.size()) + 1);
  for (;;) {
    std::int64_t const room = static_cast<std::int64_t>(bytes.size() - used);
    std::int64_t const got = file.read(bytes.data() + used, room);
    used += static_cast<std::size_t>(got);
    if (got < room) break;
    bytes.resize(2 * bytes.size() + 4096);
  }
  bytes.resize(used);
  return bytes;
}

}  // namespace ashlar::inline ASHLAR_ABI::detail
