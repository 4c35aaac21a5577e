// SPDX-License-Identifier: MIT
#pragma once
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <utility>

#include <ashlar/core/config.hpp>
#include <ashlar/core/error.hpp>
#include <ashlar/data/in_quotes.hpp>
#include <ashlar/io/utf8.hpp>

namespace ashlar::inline ASHLAR_ABI::detail {

/// Reads JSON token by token: the caller states which one comes next, so no input can make it recurse.
/// A template, as what reads and writes files is, so that programs that do neither compile none of it.
/// errors: every method refuses, with the position, whatever is not exactly what it stands for
/// example:
///   json_reader json(R"({"a": 1})", "some.json", "header");
///   json.take('{');
///   std::string key = json.text();
template <int... None>
class json_reader {
 public:
  /// `file` and `place` are what errors name.
  json_reader(std::string_view source, std::string file, std::string place)
      : source_(source), file_(std::move(file)), place_(std::move(place)) {
    std::size_t const bad = first_non_utf8(source_);
    if (bad != source_.size()) {
      at_ = bad;
      refuse("UTF-8");
    }
  }

  /// Passes one punctuation mark.
  void take(char mark) {
    if (!take_if(mark)) refuse(in_quotes({&mark, 1}));
  }

  /// Passes one punctuation mark if it comes next, and says whether it did.
  bool take_if(char mark) {
    skip_spaces();
    if (at_ == source_.size() || source_[at_] != mark) return false;
    ++at_;
    return true;
  }

  /// Between two members of an object or array: passes ',' and says true, or passes `close` and says false.
  bool another(char close) {
    if (take_if(',')) return true;
    if (!take_if(close)) refuse(in_quotes({&close, 1}, "',' or "));
    return false;
  }

  /// The next string, with its escapes replaced.
  std::string text() {
    skip_spaces();
    if (next() != '"') refuse("a string");
    std::string out;
    for (++at_; next() != '"'; ++at_) {
      if (at_ == source_.size()) refuse("the end of the string");
      if (static_cast<unsigned char>(next()) < 0x20) refuse("a string without raw control characters");
      if (next() == '\\')
        escape(out);
      else
        out += next();
    }
    ++at_;
    return out;
  }

  /// The next number, which must be whole and from 0 to 2^63 - 1.
  std::int64_t whole_number() {
    constexpr std::int64_t largest = std::numeric_limits<std::int64_t>::max();
    skip_spaces();
    std::size_t const start = at_;
    std::int64_t value = 0;
    bool legal = is_digit(next());
    for (; legal && is_digit(next()); ++at_) {
      std::int64_t const digit = next() - '0';
      bool const leading_zero = value == 0 && at_ != start;
      legal = !leading_zero && value <= (largest - digit) / 10;
      value = legal ? 10 * value + digit : 0;
    }
    if (!legal || next() == '.' || next() == 'e' || next() == 'E') {
      at_ = start;
      refuse("a whole number from 0 to 2^63 - 1");
    }
    return value;
  }

  /// Nothing but spaces is left.
  void end() {
    skip_spaces();
    if (at_ != source_.size()) refuse("nothing but spaces after the closing '}'");
  }

 private:
  static bool is_digit(char c) { return c >= '0' && c <= '9'; }

  char next() const { return at_ < source_.size() ? source_[at_] : '\0'; }

  void skip_spaces() {
    while (next() == ' ' || next() == '\t' || next() == '\n' || next() == '\r') ++at_;
  }

  // Stands on the backslash, and leaves on the last character of the escape.
  ASHLAR_COLD void escape(std::string& out) {
    constexpr std::string_view names = "\"\\/bfnrt", meanings = "\"\\/\b\f\n\r\t";
    ++at_;
    if (std::size_t const k = names.find(next()); k != names.npos) {
      out += meanings[k];
      return;
    }
    if (next() != 'u') refuse("an escape that JSON knows");
    std::uint32_t point = four_hex_digits();
    if (point >= 0xd800 && point < 0xdc00) {
      bool const paired = source_.substr(at_ + 1, 2) == "\\u";
      at_ += paired ? 2 : 0;
      std::uint32_t const low = paired ? four_hex_digits() : 0;
      if (low < 0xdc00 || low >= 0xe000) refuse("the second half of a surrogate pair");
      point = 0x10000 + ((point - 0xd800) << 10) + (low - 0xdc00);
    } else if (point >= 0xdc00 && point < 0xe000) {
      refuse("the first half of a surrogate pair");
    }
    append_utf8(out, point);
  }

  // Stands on the u, and leaves on the last digit.
  std::uint32_t four_hex_digits() {
    constexpr std::string_view low = "0123456789abcdef", high = "0123456789ABCDEF";
    std::uint32_t value = 0;
    for (int i = 0; i < 4; ++i) {
      ++at_;
      std::size_t digit = low.find(next());
      if (digit == low.npos) digit = high.find(next());
      if (digit == high.npos) refuse("four hexadecimal digits");
      value = 16 * value + static_cast<std::uint32_t>(digit);
    }
    return value;
  }

  [[noreturn]] void refuse(std::string expected) const {
    fail(error_parts{.file = file_,
                     .place = std::string(place_).append(with_number(", byte %", static_cast<std::int64_t>(at_))),
                     .found = at_ < source_.size() ? in_quotes(source_.substr(at_, 20)) : "the end of it",
                     .expected = std::move(expected)});
  }

  std::string_view source_;
  std::string file_, place_;
  std::size_t at_ = 0;
};

/// Appends `text`, which is UTF-8, as a JSON string.
template <int... None>
ASHLAR_COLD void append_json(std::string& out, std::string_view text) {
  constexpr std::string_view named = "\"\\\b\f\n\r\t", names = "\"\\bfnrt", digits_of_16 = "0123456789abcdef";
  out += '"';
  for (char c : text) {
    if (std::size_t const k = named.find(c); k != named.npos) {
      out += '\\';
      out += names[k];
    } else if (static_cast<unsigned char>(c) < 0x20) {
      out += "\\u00";
      out += digits_of_16[static_cast<std::size_t>(c) / 16];
      out += digits_of_16[static_cast<std::size_t>(c) % 16];
    } else {
      out += c;
    }
  }
  out += '"';
}

}  // namespace ashlar::inline ASHLAR_ABI::detail
