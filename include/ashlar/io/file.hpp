// SPDX-License-Identifier: MIT
#pragma once
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <utility>

#include <ashlar/core/config.hpp>
#include <ashlar/core/error.hpp>

namespace ashlar::inline ASHLAR_ABI::detail {

/// Writes a file so that its name stands for the whole old contents or the whole new ones, never for a part: the bytes
/// go to a temporary file in the same folder, and `commit` puts it in the place of the old one. Whatever goes wrong
/// before that removes the temporary file and leaves the old one alone. A symbolic link stays: the file that it leads
/// to is replaced.
/// errors: a folder that cannot be written, a full device, a name that stands for something else than a file
/// example:
///   file_replacement file("model.safetensors");
///   file.write(bytes.data(), bytes.size());
///   file.commit();
class file_replacement {
 public:
  explicit file_replacement(std::string name) : name_(std::move(name)), target_(name_) {
    struct stat status;
    if (name_.empty()) fail(error_parts{.place = "a file to write", .found = "no name"});
    if (lstat(name_.c_str(), &status) == 0 && S_ISLNK(status.st_mode)) follow_link();
    // Renaming over /dev/null would replace the device.
    bool const replaces = stat(target_.c_str(), &status) == 0;
    if (replaces && !S_ISREG(status.st_mode))
      fail(error_parts{.file = name_, .found = "a folder or device", .expected = "a file, or nothing yet"});
    static std::atomic<unsigned> count = 0;
    do {
      temporary_ = target_ + ".tmp-" + std::to_string(getpid()) + "-" + std::to_string(count++);
      stream_ = std::fopen(temporary_.c_str(), "wbx");
    } while (!stream_ && errno == EEXIST);
    if (!stream_) refuse("cannot create " + std::exchange(temporary_, {}));
    if (replaces && fchmod(fileno(stream_), status.st_mode & 07777) != 0) refuse("cannot pass its permissions on");
  }
  file_replacement(file_replacement const&) = delete;
  file_replacement& operator=(file_replacement const&) = delete;
  ~file_replacement() { abandon(); }

  void write(void const* bytes, std::size_t count) {
    if (count != 0 && std::fwrite(bytes, 1, count, stream_) != count) refuse("cannot be written");
  }

  void commit() {
    // The bytes reach the disk before the name does: a power cut must not leave the new name on an empty file.
    if (std::fflush(stream_) != 0 || fsync(fileno(stream_)) != 0) refuse("cannot be written");
    if (std::fclose(std::exchange(stream_, nullptr)) != 0) refuse("cannot be written");
    if (std::rename(temporary_.c_str(), target_.c_str()) != 0) refuse("cannot be replaced");
    temporary_.clear();
  }

 private:
  void follow_link() {
    char* const path = realpath(name_.c_str(), nullptr);
    if (!path) fail(error_parts{.file = name_, .found = "a symbolic link to nothing", .expected = "a file"});
    target_ = path;
    std::free(path);
  }

  // Where there are no exceptions fail() aborts and no destructor runs, so the file is removed first.
  [[noreturn]] void refuse(std::string const& what) {
    std::string const problem = what + ": " + std::strerror(errno);
    abandon();
    fail(error_parts{.file = name_, .problem = problem});
  }

  void abandon() {
    if (stream_) std::fclose(std::exchange(stream_, nullptr));
    if (!temporary_.empty()) std::remove(temporary_.c_str());
    temporary_.clear();
  }

  std::string name_, target_, temporary_;  // target_: what name_ leads to
  std::FILE* stream_ = nullptr;
};

}  // namespace ashlar::inline ASHLAR_ABI::detail
