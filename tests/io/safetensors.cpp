// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <cstddef>
#include <cstdint>
#include <string>

#include <ashlar/io/safetensors.hpp>

#include "temporary_folder.hpp"

using namespace ashlar;

namespace {

std::string with_length(std::string const& header, std::string const& buffer, std::uint64_t length) {
  std::string out;
  for (int i = 0; i < 8; ++i) out += static_cast<char>((length >> (8 * i)) & 0xff);
  return out + header + buffer;
}

std::string file_of(std::string const& header, std::string const& buffer = "") {
  return with_length(header, buffer, header.size());
}

// Reads these bytes as a file, touches every byte of every tensor, and returns the complaint without the file's name.
std::string complaint(temporary_folder const& folder, std::string const& bytes) {
  std::string const name = folder.file("x.safetensors");
  put(name, bytes);
  try {
    safetensors_file const file(name);
    unsigned sum = 0;
    for (auto const& entry : file.entries()) {
      REQUIRE(file.find(entry.name) == &entry);
      for (std::int64_t i = 0; i < entry.end - entry.begin; ++i) sum += static_cast<unsigned>(file.data(entry)[i]);
    }
    CHECK(sum <= 255u * bytes.size());
  } catch (error const& problem) {
    CHECK(problem.file == name);
    CHECK_FALSE(problem.place.empty());
    CHECK_FALSE(problem.found.empty());
    CHECK_FALSE(problem.expected.empty());
    return std::string(problem.what()).substr(name.size() + 2);
  }
  return "none";
}

std::string complaint(std::string const& bytes) { return complaint(temporary_folder(), bytes); }

std::string entry_of(std::string const& name, std::string const& shape, std::string const& offsets,
                     std::string const& type = "F32") {
  return "\"" + name + "\":{\"dtype\":\"" + type + "\",\"shape\":" + shape + ",\"data_offsets\":" + offsets + "}";
}

std::string const nested(100'000, '[');

}  // namespace

TEST_CASE("safetensors: what the format allows is accepted") {
  CHECK(complaint(file_of("{}")) == "none");
  CHECK(complaint(file_of("{\"__metadata__\":{}}")) == "none");
  CHECK(complaint(file_of("{" + entry_of("a", "[]", "[0,4]") + "}  \n", "1234")) == "none");
  CHECK(complaint(
            file_of("{ \"a\" : { \"shape\" : [ 2 , 0 ] , \"data_offsets\" : [ 0 , 0 ] ,\n\t\"dtype\" : \"F32\" } }")) ==
        "none");
  CHECK(complaint(file_of(
            "{" + entry_of("a", "[1]", "[2,4]", "BF16") + "," + entry_of("b", "[1]", "[0,2]", "F16") + "}", "1234")) ==
        "none");
  CHECK(complaint(file_of("{" + entry_of("a", "[1]", "[0,4]") + "," + entry_of("b", "[0]", "[4,4]") + "," +
                              entry_of("c", "[0,9223372036854775807,9]", "[0,0]") + "}",
                          "1234")) == "none");
  temporary_folder const folder;
  put(folder.file("x"), file_of("{" + entry_of("\\u00e9\\ud83e\\uddf1\\/\\n\\u0000", "[]", "[0,4]") + "}", "1234"));
  CHECK(safetensors_file(folder.file("x")).entries()[0].name == std::string("\xc3\xa9\xf0\x9f\xa7\xb1/\n\0", 9));
}

TEST_CASE("safetensors: a wrong length is refused before anything is read by it") {
  CHECK(complaint("") == "header length: found a file of 0 bytes, expected at least 8");
  CHECK(complaint("1234567") == "header length: found a file of 7 bytes, expected at least 8");
  CHECK(complaint(with_length("{}", "", 3)) == "header: found a file of 10 bytes, expected at least 8 + 3");
  CHECK(complaint(with_length("{}", "", 100'000'000)) ==
        "header: found a file of 10 bytes, expected at least 8 + 100000000");
  CHECK(complaint(with_length("{}", "", 100'000'001)) == "header length: found 100000001, expected at most 100000000");
  CHECK(complaint(with_length("{}", "", ~std::uint64_t{0})) ==
        "header length: found 18446744073709551615, expected at most 100000000");
  CHECK(complaint(file_of("")) == "header: found nothing, expected '{' as its first byte");
  CHECK(complaint(file_of(" {}")) == "header: found ' ', expected '{' as its first byte");
  CHECK_THROWS_WITH_AS(safetensors_file("/nowhere/x"), "/nowhere/x: cannot be opened: No such file or directory",
                       error);
  CHECK_THROWS_WITH_AS(safetensors_file("/"), "/: cannot be read: Is a directory", error);
}

TEST_CASE("safetensors: what is not JSON of the expected form is refused") {
  for (std::string const header : {"{",
                                   "{]",
                                   "{}}",
                                   "{} x",
                                   "{,}",
                                   "{\"a\"}",
                                   "{\"a\":}",
                                   "{\"a\":1}",
                                   "{\"a\":null}",
                                   "{a:1}",
                                   "{\"",
                                   "{\"\\",
                                   "{\"\\u",
                                   "{\"\\u12",
                                   "{\"\\u12x4\":",
                                   "{\"\\x\":",
                                   "{\"\\ud800\":",
                                   "{\"\\udc00\":",
                                   "{\"\\ud800\\u0041\":",
                                   "{\"\n\":",
                                   "{\"\xff\":",
                                   "{\"\xc0\x80\":",
                                   "{\"\xed\xa0\x80\":",
                                   "{\"\xf4\x90\x80\x80\":",
                                   "{\"\xe2\x82",
                                   "{//\n}",
                                   "{\"a\":{}}",
                                   "{\"a\":{\"dtype\":7}}",
                                   "{\"a\":[]}"}) {
    CAPTURE(header);
    std::string const text = complaint(file_of(header));
    CHECK(text.substr(0, 13) == "header, byte ");
  }
  CHECK(complaint(file_of("{\"a\" 1}")) == "header, byte 5: found '1}', expected ':'");
  CHECK(complaint(file_of("{\"a\":{\"dtype\":\"F32\"")) == "header, byte 19: found the end of it, expected ',' or '}'");
  CHECK(complaint(file_of("{\"a\":{" + std::string("\"x\\u0001\xc3\xa9\":1}}"))) ==
        "tensor 'a': found a key 'x\?\?\?', expected dtype, shape and data_offsets");
}

TEST_CASE("safetensors: nesting, however deep, is refused at its first step") {
  CHECK(complaint(file_of("{\"a\":" + nested)).substr(0, 15) == "header, byte 5:");
  CHECK(complaint(file_of("{\"__metadata__\":{\"a\":" + nested)).substr(0, 16) == "header, byte 21:");
  CHECK(complaint(file_of("{" + entry_of("a", nested, "[0,0]") + "}")).substr(0, 16) == "header, byte 29:");
  CHECK(complaint(file_of(std::string(100'000, '{'))).substr(0, 15) == "header, byte 1:");
}

TEST_CASE("safetensors: numbers that are not whole, or too large, are refused") {
  for (std::string const number : {"-1", "1.0", "1e2", "01", "00", "+1", "0x1", "9223372036854775808", "NaN", "\"1\"",
                                   "true", "99999999999999999999999999999999999999999999", "-0", "1.", ".5"}) {
    CAPTURE(number);
    CHECK(complaint(file_of("{" + entry_of("a", "[" + number + "]", "[0,4]") + "}", "1234")).substr(0, 13) ==
          "header, byte ");
    CHECK(complaint(file_of("{" + entry_of("a", "[1]", "[0," + number + "]") + "}", "1234")).substr(0, 13) ==
          "header, byte ");
  }
  for (std::string const offsets : {"[]", "[0]", "[0,4,4]", "0", "null"})
    CHECK(complaint(file_of("{" + entry_of("a", "[1]", offsets) + "}", "1234")).substr(0, 13) == "header, byte ");
}

TEST_CASE("safetensors: keys that come twice, are missing or unknown are refused") {
  std::string const a = entry_of("a", "[1]", "[0,4]");
  CHECK(complaint(file_of("{" + a + "," + a + "}", "1234")) == "header: found two tensors 'a', expected one");
  CHECK(complaint(file_of("{" + entry_of("\\u0061", "[0]", "[0,0]") + "," + a + "}", "1234")) ==
        "header: found two tensors 'a', expected one");
  CHECK(complaint(file_of("{\"__metadata__\":{},\"__metadata__\":{}}")) ==
        "header: found two keys '__metadata__', expected one");
  CHECK(complaint(file_of("{\"__metadata__\":{\"k\":\"1\",\"k\":\"2\"}}")) ==
        "__metadata__: found two keys 'k', expected one");
  CHECK(complaint(file_of("{\"a\":{\"dtype\":\"F32\",\"dtype\":\"F32\"}}")) ==
        "tensor 'a': found two keys 'dtype', expected one");
  CHECK(complaint(file_of("{\"a\":{\"dtype\":\"F32\",\"shape\":[]}}")) ==
        "tensor 'a': found no data_offsets, expected dtype, shape and data_offsets");
  CHECK(complaint(file_of("{\"a\":{\"stride\":[]}}")) ==
        "tensor 'a': found a key 'stride', expected dtype, shape and data_offsets");
}

TEST_CASE("safetensors: metadata that is not text is refused") {
  for (std::string const value : {"1", "null", "{}", "[]", "true"})
    CHECK(complaint(file_of("{\"__metadata__\":{\"k\":" + value + "}}")).substr(0, 16) == "header, byte 21:");
  CHECK(complaint(file_of("{\"__metadata__\":\"k\"}")).substr(0, 16) == "header, byte 16:");
}

TEST_CASE("safetensors: types, sizes and offsets that do not fit are refused") {
  auto const one = [](char const* shape, char const* offsets, char const* type, char const* buffer) {
    return complaint(file_of("{" + entry_of("a", shape, offsets, type) + "}", buffer));
  };
  CHECK(one("[1]", "[0,4]", "F33", "1234") == "tensor 'a': found dtype 'F33', expected BOOL, U8, ... or F64");
  CHECK(one("[1]", "[0,4]", "f32", "1234").substr(0, 25) == "tensor 'a': found dtype '");
  CHECK(one("[2]", "[0,4]", "F32", "1234") == "tensor 'a': found data_offsets [0, 4], expected 8 bytes for F32 [2]");
  CHECK(one("[1]", "[4,0]", "F32", "1234") ==
        "tensor 'a': found data_offsets [4, 0], expected an end that is not before the begin");
  CHECK(one("[4294967296,4294967296]", "[0,4]", "F32", "1234") ==
        "tensor 'a': found F32 [4294967296, 4294967296], expected a size below 2^63 bytes");
  CHECK(one("[9223372036854775807,9223372036854775807,0]", "[0,0]", "U8", "").substr(0, 13) == "tensor 'a': f");
  CHECK(one("[1]", "[0,4]", "F32", "123") ==
        "tensor 'a': found data_offsets [0, 4], expected a begin of 0 and an end up to 3");
  CHECK(one("[1]", "[0,4]", "F32", "12345") == "buffer: found 5 bytes, expected 4 bytes of tensors");
  CHECK(one("[1]", "[1,5]", "F32", "12345") ==
        "tensor 'a': found data_offsets [1, 5], expected a begin of 0 and an end up to 5");
  CHECK(one("[1]", "[9223372036854775803,9223372036854775807]", "F32", "1234").substr(0, 13) == "tensor 'a': f");
  CHECK(complaint(file_of("{}", "1")) == "buffer: found 1 bytes, expected 0 bytes of tensors");
  auto const two = [](char const* offsets_b) {
    return complaint(
        file_of("{" + entry_of("a", "[1]", "[0,4]") + "," + entry_of("b", "[1]", offsets_b) + "}", "12345678"));
  };
  CHECK(two("[4,8]") == "none");
  CHECK(two("[0,4]") == "tensor 'b': found data_offsets [0, 4], expected a begin of 4 and an end up to 8");
  CHECK(two("[3,7]") == "tensor 'b': found data_offsets [3, 7], expected a begin of 4 and an end up to 8");
  CHECK(two("[5,9]") == "tensor 'b': found data_offsets [5, 9], expected a begin of 4 and an end up to 8");
}

TEST_CASE("safetensors: no truncation and no flipped bit crashes the reader, and none shortens a file unnoticed") {
  temporary_folder const folder;
  std::string const whole = file_of("{\"__metadata__\":{\"k\":\"\xc3\xa9\"}," + entry_of("a\\n", "[2,1]", "[0,8]") +
                                        "," + entry_of("b", "[3]", "[8,11]", "BOOL") + "}",
                                    "12345678abc");
  REQUIRE(complaint(folder, whole) == "none");
  for (std::size_t at = 0; at < whole.size(); ++at) {
    CHECK(complaint(folder, whole.substr(0, at)) != "none");
    for (int bit = 0; bit < 8; ++bit) {
      std::string flipped = whole;
      flipped[at] = static_cast<char>(flipped[at] ^ (1 << bit));
      complaint(folder, flipped);
    }
  }
}
