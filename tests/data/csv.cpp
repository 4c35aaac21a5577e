// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <utility>

#include <ashlar/data/csv.hpp>

using namespace ashlar;

namespace {

// A file with these contents, for as long as the object lives.
struct written_file {
  explicit written_file(std::string const& contents)
      : name((std::filesystem::temp_directory_path() / "ashlar-csv-XXXXXX").string()) {
    int const descriptor = mkstemp(name.data());
    REQUIRE(descriptor >= 0);
    std::FILE* const out = fdopen(descriptor, "wb");
    REQUIRE(std::fwrite(contents.data(), 1, contents.size(), out) == contents.size());
    std::fclose(out);
  }
  ~written_file() { std::remove(name.c_str()); }
  std::string name;
};

dataset<2> read(std::string const& contents, csv_options options = {}) {
  return read_csv<2>(written_file(contents).name, options);
}

// What reading these contents complains about, without the name of the file.
std::string complaint(std::string const& contents, csv_options options = {}) {
  written_file const file(contents);
  try {
    read_csv<2>(file.name, options);
  } catch (error const& problem) {
    CHECK(problem.file == file.name);
    return std::string(problem.what()).substr(file.name.size() + 2);
  }
  return "none";
}

}  // namespace

TEST_CASE("csv: rows of values and a label become samples") {
  auto const data = read("1,2,0\n3.5,-4e1,7\n");
  REQUIRE(data.size() == 2);
  CHECK(data.sample(0)[1] == 2.0f);
  CHECK(data.sample(1)[0] == 3.5f);
  CHECK(data.sample(1)[1] == -40.0f);
  CHECK(data.label(0) == 0);
  CHECK(data.label(1) == 7);
  CHECK(data.inputs().size() == 4);
}

TEST_CASE("csv: the scale multiplies values and not labels") {
  auto const data = read_csv<2>(written_file("8,16,3\n").name, {.scale = 1 / 16.0f});
  CHECK(data.sample(0)[0] == 0.5f);
  CHECK(data.sample(0)[1] == 1.0f);
  CHECK(data.label(0) == 3);
}

TEST_CASE("csv: the label may stand in any column, the separator may be any character") {
  auto const first = read("9;1;2\n", {.separator = ';', .label_column = 0});
  CHECK(first.label(0) == 9);
  CHECK(first.sample(0)[0] == 1.0f);
  auto const middle = read("1\t9\t2\n", {.separator = '\t', .label_column = 1});
  CHECK(middle.label(0) == 9);
  CHECK(middle.sample(0)[1] == 2.0f);
}

TEST_CASE("csv: carriage returns, spaces, blank lines at the end and a missing last newline are accepted") {
  for (char const* text : {"1,2,0\r\n3,4,1\r\n", "1,2,0\n3,4,1", " 1 ,\t2, 0\n3,4,1 \n", "1,2,0\n3,4,1\n\n \r\n\n",
                           "\xef\xbb\xbf"
                           "1,2,0\n3,4,1\n",
                           "+1,2.,0\n3,4,1.0\n"}) {
    CAPTURE(text);
    auto const data = read(text);
    REQUIRE(data.size() == 2);
    CHECK(data.sample(0)[0] == 1.0f);
    CHECK(data.sample(0)[1] == 2.0f);
    CHECK(data.label(1) == 1);
  }
}

TEST_CASE("csv: a header is skipped when it is announced, and suspected when it is not") {
  CHECK(read("a,b,label\n1,2,0\n", {.header = true}).size() == 1);
  CHECK(complaint("a,b,label\n1,2,0\n") ==
        "line 1: 'a' in column 1, expected a finite number (or .header = true, if this line names the columns)");
}

TEST_CASE("csv: a number that went wrong in the first line is no header") {
  CHECK(complaint("1,1e999,0\n") == "line 1: '1e999' in column 2, expected a finite number");
  CHECK(complaint("1,2,-1\n") == "line 1: label '-1', expected a whole number from 0");
}

TEST_CASE("csv: lines may end with a carriage return alone") {
  dataset<2> const data = read("1,2,0\r3,4,1\r");
  CHECK(data.size() == 2);
  CHECK(data.sample(1)[1] == 4);
  CHECK(complaint("1,2,0\r3,4\r") == "line 2: 1 value, expected 2 and a label");
}

TEST_CASE("csv: a wrong number of columns is refused with the line") {
  CHECK(complaint("1,2,0\n3,1\n") == "line 2: 1 value, expected 2 and a label");
  CHECK(complaint("a,b,c\n1,2,0\n1,2,3,4\n", {.header = true}) == "line 3: 3 values, expected 2 and a label");
  CHECK(complaint("1,2,0\n\n1,2,0\n") == "line 2: a blank line, expected 2 and a label");
}

TEST_CASE("csv: what is not a finite number is refused") {
  for (char const* field :
       {"", "x", "nan", "inf", "-inf", "1e39", "1e999", "1.2.3", "0x10", "1 2", "+-1", "--1", "\"1\""}) {
    CAPTURE(field);
    CHECK(complaint("1,2,0\n1," + std::string(field) + ",0\n") ==
          "line 2: '" + std::string(field) + "' in column 2, expected a finite number");
  }
  CHECK(complaint(std::string("1,2,0\n1,\0,0\n", 12)) == "line 2: '?' in column 2, expected a finite number");
}

TEST_CASE("csv: a label that is not a whole number from 0 is refused") {
  for (char const* field : {"1.5", "-1", "cat", "nan", "inf", "2147483648", "1e99", ""}) {
    CAPTURE(field);
    CHECK(complaint("1,2,0\n1,2," + std::string(field) + "\n") ==
          "line 2: label '" + std::string(field) + "', expected a whole number from 0");
  }
  CHECK(read("1,2,2147483647\n").label(0) == 2147483647);
}

TEST_CASE("csv: a file without rows, a missing file and a folder are refused") {
  CHECK(complaint("") == "no rows, expected rows of 2 and a label");
  CHECK(complaint("\n \n") == "no rows, expected rows of 2 and a label");
  CHECK(complaint("a,b,label\n", {.header = true}) == "no rows, expected rows of 2 and a label");
  CHECK_THROWS_WITH_AS(read_csv<2>("/nowhere/x.csv"), "/nowhere/x.csv: cannot be opened: No such file or directory",
                       error);
  CHECK_THROWS_WITH_AS(read_csv<2>("/"), "/: cannot be read: Is a directory", error);
}

TEST_CASE("csv: a label column that no row has is refused") {
  CHECK(complaint("1,2,0\n", {.label_column = 3}) == "label_column 3, expected -1 (the last) to 2");
  CHECK(complaint("1,2,0\n", {.label_column = -2}) == "label_column -2, expected -1 (the last) to 2");
}

TEST_CASE("csv: the last columns may be a target of several numbers, which the scale leaves alone") {
  auto const data = read_csv<2>(written_file("2,4,-1.5,8\n6,8,0.25,1e3\n").name, target<float, 2>, {.scale = 0.5f});
  REQUIRE(data.size() == 2);
  CHECK(data.sample(1)[0] == 3.0f);
  CHECK(data.sample(1)[1] == 4.0f);
  CHECK(data.target(0)[0] == -1.5f);
  CHECK(data.target(0)[1] == 8.0f);
  CHECK(data.target(1)[1] == 1000.0f);
  CHECK(data.targets().size() == 4);
}

TEST_CASE("csv: the target may stand before the values or between them") {
  written_file const file("1,2,3,4\n");
  auto const before = read_csv<2>(file.name, target<float, 2>, {.label_column = 0});
  CHECK(before.target(0)[1] == 2.0f);
  CHECK(before.sample(0)[0] == 3.0f);
  auto const between = read_csv<3>(file.name, target<float, 1>, {.label_column = 1});
  CHECK(between.target(0)[0] == 2.0f);
  CHECK(between.sample(0)[1] == 3.0f);
  CHECK_THROWS_AS(read_csv<3>(file.name, target<float, 1>, {.label_column = 4}), error);
}

TEST_CASE("csv: a target of whole numbers refuses others") {
  CHECK(read_csv<1>(written_file("0.5,7,8\n").name, target<std::int32_t, 2>).target(0)[1] == 8);
  written_file const file("0.5,7,8.5\n");
  CHECK_THROWS_WITH_AS(read_csv<1>(file.name, target<std::int32_t, 2>),
                       (file.name + ": line 1: label '8.5', expected a whole number from 0").c_str(), error);
}

TEST_CASE("csv: a line without room for the target is refused, and a target that is not finite") {
  written_file const file("1,2,3\n1,2\n");
  CHECK_THROWS_WITH_AS(read_csv<2>(file.name, target<float, 1>),
                       (file.name + ": line 2: 2 values, expected 2 and a target of 1").c_str(), error);
  written_file const infinite("1,2,3\n1,2,inf\n");
  CHECK_THROWS_WITH_AS(read_csv<2>(infinite.name, target<float, 1>),
                       (infinite.name + ": line 2: 'inf' in column 3, expected a finite number").c_str(), error);
  written_file const none("\n");
  CHECK_THROWS_WITH_AS(read_csv<2>(none.name, target<float, 1>),
                       (none.name + ": no rows, expected rows of 2 and a target of 1").c_str(), error);
}

TEST_CASE("csv: no truncation and no flipped bit crashes the reader") {
  std::string const whole = "1.5,-2,0\r\n+3,4e2,1\n";
  for (std::size_t at = 0; at < whole.size(); ++at) {
    complaint(whole.substr(0, at));
    for (int bit = 0; bit < 8; ++bit) {
      std::string flipped = whole;
      flipped[at] = static_cast<char>(flipped[at] ^ (1 << bit));
      complaint(flipped);
    }
  }
}
