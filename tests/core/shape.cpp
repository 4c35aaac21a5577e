// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>
#include <ashlar/core/dtype.hpp>
#include <ashlar/core/shape.hpp>
#include <sstream>
#include <string>

using namespace ashlar;

static_assert(make_shape<>().rank == 0 && make_shape<>().size() == 1);
static_assert(make_shape<10, 64>().size() == 640);
static_assert(make_shape<1 << 20, 1 << 20>().size() == std::int64_t{1} << 40);
static_assert(make_shape<10, 64>() == make_shape<10, 64>());
static_assert(!(make_shape<10, 64>() == make_shape<64, 10>()));
static_assert(!(make_shape<10>() == make_shape<10, 1>()));
static_assert(make_shape<10, 64>()[1] == 64);

static_assert(dtype_of<float> == dtype::float32 && dtype_of<bool> == dtype::boolean);
static_assert(bytes_of(dtype::boolean) == 1 && bytes_of(dtype::float32) == 4 && bytes_of(dtype::int64) == 8);
static_assert(is_floating(dtype::float64) && !is_floating(dtype::int64));

TEST_CASE("a shape streams its extents in brackets") {
  std::ostringstream out;
  out << make_shape<10, 64>() << make_shape<>() << make_shape<3>();
  CHECK(out.str() == "[10, 64][][3]");
}

TEST_CASE("a dtype is named as NumPy names it") {
  CHECK(std::string(name_of(dtype_of<std::uint8_t>)) == "uint8");
  CHECK(std::string(name_of(dtype_of<float>)) == "float32");
  CHECK(std::string(name_of(dtype_of<bool>)) == "bool");
}
