// SPDX-License-Identifier: MIT
#include "support/whole_numbers.hpp"

#include <string>

namespace proof {

number wrapped(dtype type, std::int64_t x) {
  switch (type) {
    case dtype::boolean: return x != 0;
    case dtype::uint8: return static_cast<std::uint8_t>(x);
    case dtype::int32: return static_cast<std::int32_t>(x);
    default: return x;
  }
}

number converted(dtype to, dtype from, number x) {
  if (x != x) return x;
  if (to == dtype::boolean) return x != 0;
  if (!is_floating(to)) return wrapped(to, static_cast<std::int64_t>(x));
  if (is_floating(from)) return x;
  return to == dtype::float32 ? static_cast<number>(static_cast<float>(x)) : static_cast<double>(x);
}

namespace {

std::int64_t quotient(std::int64_t a, std::int64_t b) {
  if (b == 0) return 0;
  return b == -1 ? static_cast<std::int64_t>(0 - static_cast<std::uint64_t>(a)) : a / b;
}
std::int64_t whole_bits(op code, std::int64_t a, std::int64_t b) {
  auto const x = static_cast<std::uint64_t>(a), y = static_cast<std::uint64_t>(b);
  switch (code) {
    case op::neg: return static_cast<std::int64_t>(0 - x);
    case op::relu: return a < 0 ? 0 : a;
    case op::abs: return a < 0 ? static_cast<std::int64_t>(0 - x) : a;
    case op::sign: return a > 0 ? 1 : a < 0 ? -1 : 0;
    case op::add: return static_cast<std::int64_t>(x + y);
    case op::sub: return static_cast<std::int64_t>(x - y);
    case op::mul: return static_cast<std::int64_t>(x * y);
    case op::div: return quotient(a, b);
    case op::maximum: return a > b ? a : b;
    case op::minimum: return a < b ? a : b;
    case op::floor: return a;
    case op::pow: {
      if (b < 0) return a == 1 ? 1 : a == -1 ? (b % 2 ? -1 : 1) : 0;
      std::uint64_t product = 1;
      for (std::int64_t k = 0; k < b; ++k) product *= x;
      return static_cast<std::int64_t>(product);
    }
    default: fail(error(std::string("whole numbers do not know ") + name_of(code)));
  }
}

}  // namespace

number whole_result(op code, dtype type, number a, number b) {
  if (a != a || b != b) return a + b;
  return wrapped(type, whole_bits(code, static_cast<std::int64_t>(a), static_cast<std::int64_t>(b)));
}

}  // namespace proof
