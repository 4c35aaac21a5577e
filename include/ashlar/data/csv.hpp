// SPDX-License-Identifier: MIT
#pragma once
#include <charconv>
#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include <ashlar/core/config.hpp>
#include <ashlar/core/error.hpp>
#include <ashlar/data/dataset.hpp>
#include <ashlar/data/in_quotes.hpp>
#include <ashlar/data/read_file.hpp>

namespace ashlar::inline ASHLAR_ABI {

/// How a file of comma-separated values is to be read.
struct csv_options {
  float scale = 1;        ///< What every value, but not the label or target, is multiplied by.
  char separator = ',';   ///< What stands between two columns.
  bool header = false;    ///< Whether the first line names the columns.
  int label_column = -1;  ///< Which column holds the label, or is the target's first, from 0; -1: they are the last.
};

namespace detail {

/// Reads lines of numbers: `values` of them and `wanted` of a target, which is a label where `whole` is true.
class csv_reader {
 public:
  ASHLAR_COLD csv_reader(std::string const& file, csv_options const& options, std::int64_t values,
                         std::int64_t wanted = 1, bool whole = true)
      : file_(file),
        options_(options),
        values_(values),
        wanted_(wanted),
        whole_(whole),
        label_column_(options.label_column) {
    if (label_column_ == -1) label_column_ = values;
    if (label_column_ < 0 || label_column_ > values)
      refuse(with_number("label_column %", options.label_column), with_number("-1 (the last) to %", values));
  }

  ASHLAR_COLD void read(std::string_view text) {
    if (text.substr(0, 3) == "\xef\xbb\xbf") text.remove_prefix(3);  // the byte-order mark that Excel writes
    char const end_of_line = text.find('\n') == text.npos ? '\r' : '\n';
    std::int64_t blank = 0;
    for (bool header = options_.header; !text.empty(); header = false) {
      std::string_view const row = next(text, end_of_line);
      ++line_;
      if (header) continue;
      if (trimmed(row).empty()) {
        if (blank == 0) blank = line_;
        continue;
      }
      if (blank != 0) {
        line_ = blank;
        refuse("a blank line", expected_row());
      }
      read_row(row);
    }
    if (labels.empty() && targets.empty()) {
      line_ = 0;
      refuse("no rows", expected_row("rows of "));
    }
  }

  std::vector<float> inputs;
  std::vector<std::int32_t> labels;
  std::vector<float> targets;

 private:
  void read_row(std::string_view row) {
    std::int64_t columns = 1;
    for (char c : row) columns += c == options_.separator;
    if (columns != values_ + wanted_) {
      std::int64_t const found = whole_ && wanted_ == 1 ? columns - 1 : columns;
      refuse(with_number(found == 1 ? "% value" : "% values", found), expected_row());
    }
    for (std::int64_t column = 0; column < columns; ++column) {
      std::string_view const field = trimmed(next(row, options_.separator));
      bool const is_input = column < label_column_ || column >= label_column_ + wanted_;
      if (!is_input && whole_)
        labels.push_back(label(field));
      else
        (is_input ? inputs : targets).push_back(value(field, column, is_input ? options_.scale : 1));
    }
  }

  float value(std::string_view field, std::int64_t column, float scale) const {
    float const scaled = static_cast<float>(number(field)) * scale;
    if (!std::isfinite(scaled)) {
      std::string found = in_quotes(field);
      found += with_number(" in column %", column + 1);
      refuse(std::move(found), hint("a finite number", field));
    }
    return scaled;
  }

  // Tables that went through floating point write a label as 3.0.
  std::int32_t label(std::string_view field) const {
    double const real = number(field);
    if (!(real >= 0 && real <= std::numeric_limits<std::int32_t>::max() && real == std::floor(real)))
      refuse(in_quotes(field, "label "), hint("a whole number from 0", field));
    return static_cast<std::int32_t>(real);
  }

  // NaN, which is refused later, stands for whatever is not a number.
  [[gnu::noinline]] static double number(std::string_view field) {
    constexpr double none = std::numeric_limits<double>::quiet_NaN();
    if (field.size() > 1 && field[0] == '+' && field[1] != '-') field.remove_prefix(1);
    double result = none;
    auto const [end, problem] = std::from_chars(field.data(), field.data() + field.size(), result);
    return problem == std::errc() && end == field.data() + field.size() ? result : none;
  }

  // Cuts what stands before the first `mark` off `text`, and the mark too.
  [[gnu::noinline]] static std::string_view next(std::string_view& text, char mark) {
    std::string_view const part = text.substr(0, text.find(mark));
    text.remove_prefix(part.size() < text.size() ? part.size() + 1 : part.size());
    return part;
  }

  [[gnu::noinline]] std::string_view trimmed(std::string_view text) const {
    auto const blank = [&](char c) { return c != options_.separator && (c == ' ' || c == '\t' || c == '\r'); };
    while (!text.empty() && blank(text.front())) text.remove_prefix(1);
    while (!text.empty() && blank(text.back())) text.remove_suffix(1);
    return text;
  }

  // Of a word in the first line, which is no number that went wrong.
  ASHLAR_COLD std::string hint(std::string expected, std::string_view field) const {
    bool const word = !field.empty() && std::string_view("+-.0123456789").find(field[0]) == std::string_view::npos;
    if (line_ == 1 && word) expected += " (or .header = true, if this line names the columns)";
    return expected;
  }

  ASHLAR_COLD std::string expected_row(std::string words = {}) const {
    std::int64_t const sizes[] = {values_, wanted_};
    std::int64_t const* numbers = sizes;
    return words += with_numbers(whole_ && wanted_ == 1 ? "% and a label" : "% and a target of %", numbers);
  }

  [[noreturn]] ASHLAR_COLD void refuse(std::string found, std::string expected) const {
    fail(error_parts{.file = file_,
                     .place = with_number(line_ == 0 ? "" : "line %", line_),
                     .problem = "{found}, expected {expected}",
                     .found = std::move(found),
                     .expected = std::move(expected)});
  }

  std::string file_;
  csv_options options_;
  std::int64_t values_, wanted_;
  bool whole_;
  std::int64_t label_column_, line_ = 0;
};

}  // namespace detail

/// Reads a dataset from a file with one sample a line: its numbers and, in one of the columns, its label.
/// errors: a file that cannot be read or has no rows, a line with too many or too few columns, what is not a finite
/// number, a label that is not a whole number from 0
/// example: auto data = read_csv<1, 8, 8>("digits.csv", {.scale = 1 / 16.0f});
template <int... Dims>
dataset<Dims...> read_csv(std::string const& file, csv_options options = {}) {
  detail::csv_reader reader(file, options, dataset<Dims...>::sample_size);
  reader.read(detail::read_file(file));
  return {std::move(reader.inputs), std::move(reader.labels)};
}

/// Reads a dataset from a file with one sample a line: its numbers and, side by side in some of the columns, those of
/// its target.
/// errors: as for labels; a target of int32 must be whole numbers from 0
/// example: auto houses = read_csv<8>("houses.csv", target<float, 1>, {.header = true});
template <int... Dims, class T, int... Extents>
basic_dataset<target_type<T, Extents...>, Dims...> read_csv(std::string const& file, target_type<T, Extents...> const&,
                                                            csv_options options = {}) {
  using result = basic_dataset<target_type<T, Extents...>, Dims...>;
  constexpr bool whole = std::is_same_v<T, std::int32_t>;
  detail::csv_reader reader(file, options, result::sample_size, result::target_size, whole);
  reader.read(detail::read_file(file));
  if constexpr (whole)
    return {std::move(reader.inputs), std::move(reader.labels)};
  else
    return {std::move(reader.inputs), std::move(reader.targets)};
}

}  // namespace ashlar::inline ASHLAR_ABI
