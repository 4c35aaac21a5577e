// SPDX-License-Identifier: MIT
#pragma once
#include <exception>
#include <string>
#include <utility>

#include <ashlar/core/config.hpp>

#if !defined(__cpp_exceptions)
#include <atomic>
#include <cstdio>
#include <cstdlib>
#endif

namespace ashlar::inline ASHLAR_ABI {

/// The parts of a message about data. `problem` may say where `{found}` and `{expected}` belong in its sentence;
/// without them ": found ..., expected ..." is appended.
/// example: fail(error_parts{.file = "model.safetensors", .place = "tensor '0.weight'",
///                           .problem = "the file has {found}, the network {expected}",
///                           .found = "F32 [512, 784]", .expected = "[256, 784]"});
struct error_parts {
  std::string file{};      ///< The file at fault; none where it is empty.
  std::string place{};     ///< The place in it, or who complains.
  std::string problem{};   ///< The sentence.
  std::string found{};     ///< What was found.
  std::string expected{};  ///< What was expected.
};

namespace detail {
/// Puts `text` where `mark` stands in `sentence`; false when it stands nowhere.
ASHLAR_COLD inline bool fill_in(std::string& sentence, char const* mark, std::string const& text) {
  auto const at = sentence.find(mark);
  if (at == std::string::npos) return false;
  std::string const rest(sentence, at + std::char_traits<char>::length(mark));
  sentence.resize(at);
  sentence += text;
  sentence += rest;
  return true;
}

ASHLAR_COLD inline void append_part(std::string& message, char const* separator, std::string const& part) {
  if (part.empty()) return;
  if (!message.empty()) message += separator;
  message += part;
}

ASHLAR_COLD inline std::string sentence_of(error_parts const& parts) {
  std::string sentence = parts.problem;
  // {expected} first: what was found comes from a file and may itself contain a mark.
  bool const has_expected = fill_in(sentence, "{expected}", parts.expected);
  bool const has_found = fill_in(sentence, "{found}", parts.found);
  bool const add_found = !has_found && !parts.found.empty();
  if (add_found) append_part(sentence, ": ", "found " + parts.found);
  if (!has_expected && !parts.expected.empty())
    append_part(sentence, add_found ? ", " : ": ", "expected " + parts.expected);
  std::string message = parts.file;
  append_part(message, ": ", parts.place);
  append_part(message, ": ", sentence);
  return message;
}
}  // namespace detail

/// The one exception type: a whole sentence and, where data is at fault, the file, the place in it, what was found and
/// what was expected.
class error : public std::exception {
 public:
  /// An error of a whole sentence.
  error(char const* sentence) : message(sentence) {}
  /// An error of a whole sentence.
  error(std::string sentence) : message(std::move(sentence)) {}
  /// An error whose sentence is made of its parts.
  ASHLAR_COLD error(error_parts const& parts)
      : file(parts.file),
        place(parts.place),
        found(parts.found),
        expected(parts.expected),
        message(detail::sentence_of(parts)) {}

  /// The whole sentence.
  char const* what() const noexcept override { return message.c_str(); }

  std::string file{};      ///< The file at fault, where there is one.
  std::string place{};     ///< The place in it.
  std::string found{};     ///< What was found.
  std::string expected{};  ///< What was expected.
  std::string message{};   ///< The whole sentence.
};

#if defined(__cpp_exceptions)

/// Reports a run-time error: throws it or, under -fno-exceptions, calls the error handler and aborts.
[[noreturn]] inline void fail(error const& problem) { throw problem; }

#else

/// What `fail` calls where there are no exceptions; it should not return.
using error_handler = void (*)(error const&);

namespace detail {
inline void print_and_abort(error const& problem) {
  std::fputs(problem.what(), stderr);
  std::fputs("\n", stderr);
  std::abort();
}
inline std::atomic<error_handler> current_error_handler{&print_and_abort};
}  // namespace detail

/// Sets what `fail` calls under -fno-exceptions and returns the handler before; a null pointer restores the default,
/// which prints the sentence to stderr and aborts.
inline error_handler set_error_handler(error_handler handler) {
  return detail::current_error_handler.exchange(handler ? handler : &detail::print_and_abort);
}

/// Reports a run-time error: calls the error handler, and aborts if it returns.
[[noreturn]] inline void fail(error const& problem) {
  detail::current_error_handler.load()(problem);
  std::abort();
}

#endif

}  // namespace ashlar::inline ASHLAR_ABI
