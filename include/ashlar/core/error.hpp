// SPDX-License-Identifier: MIT
#pragma once
#include <concepts>
#include <cstddef>
#include <cstdint>
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

ASHLAR_COLD inline void append_part(std::string& message, char const* separator, char const* word,
                                    std::string const& part) {
  if (part.empty()) return;
  if (!message.empty()) message += separator;
  message += word;
  message += part;
}

ASHLAR_COLD inline std::string sentence_of(error_parts const& parts) {
  std::string sentence = parts.problem;
  // {expected} first: what was found comes from a file and may itself contain a mark.
  bool const has_expected = fill_in(sentence, "{expected}", parts.expected);
  bool const has_found = fill_in(sentence, "{found}", parts.found);
  bool const add_found = !has_found && !parts.found.empty();
  if (add_found) append_part(sentence, ": ", "found ", parts.found);
  if (!has_expected) append_part(sentence, add_found ? ", " : ": ", "expected ", parts.expected);
  std::string message = parts.file;
  append_part(message, ": ", "", parts.place);
  append_part(message, ": ", "", sentence);
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
[[noreturn]] ASHLAR_COLD inline void fail(error problem) { throw problem; }
/// The same of an error's sentence or parts. What calls it makes no error, and takes none apart while one is thrown.
[[noreturn]] ASHLAR_COLD ASHLAR_COMPILED_ONCE inline void fail(char const* sentence) { throw error(sentence); }
/// The same of an error's sentence or parts.
[[noreturn]] ASHLAR_COLD ASHLAR_COMPILED_ONCE inline void fail(error_parts const& parts) { throw error(parts); }
/// The same of a string in braces, which parts could begin with, too: fail({sentence}).
template <std::same_as<std::string> Sentence>
[[noreturn]] ASHLAR_COLD void fail(Sentence const (&sentence)[1]) {
  throw error(sentence[0]);
}

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
/// The same of an error's sentence or parts.
[[noreturn]] ASHLAR_COLD inline void fail(char const* sentence) { fail(error(sentence)); }
/// The same of an error's sentence or parts.
[[noreturn]] ASHLAR_COLD inline void fail(error_parts const& parts) { fail(error(parts)); }
/// The same of a string in braces, which parts could begin with, too: fail({sentence}).
template <std::same_as<std::string> Sentence>
[[noreturn]] ASHLAR_COLD void fail(Sentence const (&sentence)[1]) {
  fail(error(sentence[0]));
}

#endif

namespace detail {
/// The parts of a message about numbers: one of them stands for each % of `place`, `found` and `expected`, in this
/// order. Who refuses numbers has no strings to make and to take apart, which programs compile sooner without.
struct number_parts {
  char const* place = "";
  char const* problem = "";
  char const* found = "";
  char const* expected = "";
  std::int64_t numbers[4]{};
};

ASHLAR_COLD ASHLAR_COMPILED_ONCE inline void append_digits(std::string& text, std::uint64_t number) {
  char digits[20];
  int count = 0;
  do digits[count++] = static_cast<char>('0' + number % 10);
  while ((number /= 10) > 0);
  while (count > 0) text += digits[--count];
}
/// A text with numbers, which are counted on, in the place of each %.
ASHLAR_COLD ASHLAR_COMPILED_ONCE inline std::string with_numbers(char const* text, std::int64_t const*& numbers) {
  std::string out;
  for (; *text; ++text) {
    if (*text != '%') {
      out += *text;
      continue;
    }
    std::int64_t const number = *numbers++;
    auto const size = static_cast<std::uint64_t>(number);
    if (number < 0) out += '-';
    append_digits(out, number < 0 ? 0 - size : size);
  }
  return out;
}
/// A text with a number in the place of its %.
ASHLAR_COLD inline std::string with_number(char const* text, std::int64_t number) {
  std::int64_t const* numbers = &number;
  return with_numbers(text, numbers);
}
/// Extents as messages show them: [10, 64]; of more than `most` the first ones.
ASHLAR_COLD ASHLAR_COMPILED_ONCE inline std::string extents_text(std::int64_t const* extents, std::size_t count,
                                                                 std::size_t most = std::size_t(-1)) {
  std::string out = "[";
  for (std::size_t i = 0; i < count && i < most; ++i) out += with_number(i ? ", %" : "%", extents[i]);
  return out += count > most ? ", ...]" : "]";
}
/// Fails for numbers.
[[noreturn]] ASHLAR_COLD ASHLAR_COMPILED_ONCE inline void refuse_numbers(number_parts const& parts) {
  std::int64_t const* numbers = parts.numbers;
  fail(error_parts{.place = with_numbers(parts.place, numbers),
                   .problem = parts.problem,
                   .found = with_numbers(parts.found, numbers),
                   .expected = with_numbers(parts.expected, numbers)});
}
}  // namespace detail

}  // namespace ashlar::inline ASHLAR_ABI
