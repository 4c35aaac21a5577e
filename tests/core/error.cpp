// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>
#include <ashlar/core/error.hpp>
#include <cstdint>
#include <limits>
#include <string>

using namespace ashlar;

TEST_CASE("an error of one sentence says that sentence") {
  CHECK(std::string(error("the file is empty").what()) == "the file is empty");
  CHECK(error(std::string("the file is empty")).message == "the file is empty");
}

TEST_CASE("found and expected stand where the sentence wants them") {
  error const e(error_parts{.file = "model.safetensors",
                            .place = "tensor '0.weight'",
                            .problem = "the file has {found}, the network {expected}",
                            .found = "F32 [512, 784]",
                            .expected = "[256, 784]"});
  CHECK(std::string(e.what()) ==
        "model.safetensors: tensor '0.weight': the file has F32 [512, 784], the network [256, 784]");
  CHECK(e.file == "model.safetensors");
  CHECK(e.place == "tensor '0.weight'");
  CHECK(e.found == "F32 [512, 784]");
  CHECK(e.expected == "[256, 784]");
}

TEST_CASE("found and expected are appended where the sentence does not place them") {
  CHECK(error(error_parts{.file = "digits.csv", .place = "line 3", .found = "63 numbers", .expected = "65"}).message ==
        "digits.csv: line 3: found 63 numbers, expected 65");
  CHECK(error(error_parts{.problem = "not a number", .found = "'x'"}).message == "not a number: found 'x'");
  CHECK(error(error_parts{.problem = "too short", .expected = "8 bytes"}).message == "too short: expected 8 bytes");
}

TEST_CASE("what a file holds is never taken for a mark") {
  error const e(error_parts{.problem = "{found} is not {expected}", .found = "{expected}", .expected = "a name"});
  CHECK(e.message == "{expected} is not a name");
}

TEST_CASE("fail throws the error, which is a std::exception") {
  CHECK_THROWS_WITH_AS(fail("stop here"), "stop here", error);
  CHECK_THROWS_AS(fail(error_parts{.file = "a.csv"}), std::exception);
}

TEST_CASE("fail takes a sentence, its parts or an error in whatever form") {
  std::string const sentence = "stop here";
  char array[16] = "stop here";
  CHECK_THROWS_WITH_AS(fail(sentence), "stop here", error);
  CHECK_THROWS_WITH_AS(fail(sentence + "!"), "stop here!", error);
  CHECK_THROWS_WITH_AS(fail(array), "stop here", error);
  CHECK_THROWS_WITH_AS(fail(error(sentence)), "stop here", error);
  CHECK_THROWS_WITH_AS(fail({.file = "a.csv", .place = "row 3"}), "a.csv: row 3", error);
  CHECK_THROWS_WITH_AS(fail({sentence}), "stop here", error);
  CHECK_THROWS_WITH_AS(fail({sentence + "!"}), "stop here!", error);
  CHECK_THROWS_WITH_AS(fail({"a.csv", "row 3"}), "a.csv: row 3", error);
  CHECK_THROWS_WITH_AS(fail({error("stop here")}), "stop here", error);
}

TEST_CASE("numbers of a message stand where its texts have a %, in their order") {
  constexpr std::int64_t smallest = std::numeric_limits<std::int64_t>::min();
  CHECK(detail::with_number("row % twice", 0) == "row 0 twice");
  CHECK(detail::with_number("%", smallest) == std::to_string(smallest));
  CHECK(detail::with_number("%", -(smallest + 1)) == std::to_string(-(smallest + 1)));
  CHECK_THROWS_WITH_AS(detail::refuse_numbers({.place = "step %",
                                               .problem = "it was given {found} rows; this trainer takes {expected}",
                                               .found = "%",
                                               .expected = "1 to %",
                                               .numbers = {7, -10, 64}}),
                       "step 7: it was given -10 rows; this trainer takes 1 to 64", error);
  CHECK_THROWS_WITH_AS(
      detail::refuse_numbers({.place = "dataset", .found = "% numbers for % labels", .numbers = {10, 3}}),
      "dataset: found 10 numbers for 3 labels", error);
}

TEST_CASE("extents of a message stand in brackets, those beyond the most as dots") {
  std::int64_t const extents[] = {2, 30, 4};
  CHECK(detail::extents_text(extents, 3) == "[2, 30, 4]");
  CHECK(detail::extents_text(extents, 0) == "[]");
  CHECK(detail::extents_text(extents, 3, 3) == "[2, 30, 4]");
  CHECK(detail::extents_text(extents, 3, 2) == "[2, 30, ...]");
}
