// SPDX-License-Identifier: MIT
#pragma once
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include <ashlar/plan/program.hpp>

/// What the proofs of the tests share: the oracle that interprets graphs, runners of plans, and their comparison.
namespace proof {

using namespace ashlar;
using namespace ashlar::detail;

/// An element of any dtype: what holds every double and every int64. Floats are computed in double all the same.
using number = long double;
static_assert(std::numeric_limits<number>::digits >= 63, "the tests need a type that holds every int64 exactly");
/// sum += a * b in double, as all floats here.
inline void add_product(number& sum, number a, number b = 1) {
  sum = static_cast<double>(sum) + static_cast<double>(a) * static_cast<double>(b);
}
/// A value of any dtype and shape, in row-major order.
using numbers = std::vector<number>;

/// Everything a program reads, whatever runs it.
struct environment {
  std::vector<numbers> inputs;              // by ordinal, of the whole batch; what unused rows hold must not matter
  std::vector<double> scalars{0};           // the number of valid rows, then the optimizer's
  std::vector<numbers> parameters, states;  // by entry; those of loops stacked
  std::vector<numbers> slots;               // each as long as the region of all parameters
  std::uint64_t seed = 0, step = 0;
  int variant = 0;  // of the update

  int rows() const { return static_cast<int>(scalars[0]); }
};

/// Everything a program leaves behind.
struct results {
  std::vector<numbers> outputs;
  std::vector<numbers> parameters, states, slots;
};

/// Whether a value's element i belongs to a valid row (k rows of axis 0 per sample; 0: all are valid).
bool is_valid(shape const& s, int rows_per_sample, int valid_rows, std::int64_t i);

/// For each element of a parameter or state, its byte offset in the region: iterations lie apart.
std::vector<std::int64_t> byte_offsets(variable_info const& v);

number load_number(dtype type, char const* from);
void store_number(dtype type, char* to, number x);

/// How random environments are drawn.
struct drawing {
  double low = -2, high = 2;  // of floating inputs
  int classes = 2;            // integer inputs are 0 to classes - 1
  int rows = 0;
  unsigned number = 1;
};

/// Draws everything that a recorded program reads. Parameters lie in +-1; states begin as variances do, positive.
environment draw(graph const& g, drawing const& how);

/// Adds what an update of parameters reads: slots, and scalars behind the number of rows.
void draw_update(environment& e, graph const& g, int slots, int scalars);

/// The length of the region of all parameters that are trained, in elements.
std::size_t region_size(graph const& g);

}  // namespace proof
