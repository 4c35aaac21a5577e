// SPDX-License-Identifier: MIT
#include <ashlar/backend/cpu/product/strided_matmul.hpp>

#include "support/least_set.hpp"

#include <doctest/doctest.h>

#include <vector>

using namespace ashlar;
using namespace ashlar::detail;

namespace {

/// A batch of [outer, along] matrices somewhere in a larger memory.
struct part {
  std::int64_t rows, columns, begin, outer, inner, row;

  std::int64_t at(std::int64_t o, std::int64_t a, std::int64_t i, std::int64_t j) const {
    return begin + o * outer + a * inner + i * row + j;
  }
};
/// Matrices of several heads side by side in rows of `width` elements, behind `begin` of them; `apart`: between rows of
/// heads, so that neighbours do not fill them.
part heads(int along, std::int64_t rows, std::int64_t columns, std::int64_t begin, std::int64_t apart) {
  std::int64_t const row = begin + along * columns + apart;
  return {rows, columns, begin, rows * row, columns, row};
}
struct extents {
  int outer, along;
  std::int64_t m, n, k;
};

template <class T, bool A, bool B>
void check(extents const& e, int rows_kind) {
  part const parts[3] = {heads(e.along, A ? e.k : e.m, A ? e.m : e.k, 3, 5),
                         heads(e.along, B ? e.n : e.k, B ? e.k : e.n, 7, 0), heads(e.along, e.m, e.n, 0, 11)};
  std::vector<T> memory[3];
  for (int o = 0; o < 3; ++o) {
    memory[o].resize(static_cast<std::size_t>(e.outer * parts[o].outer + parts[o].begin));
    for (std::size_t i = 0; i < memory[o].size(); ++i)
      memory[o][i] = static_cast<T>(static_cast<double>((i * 7919 + static_cast<std::size_t>(o) * 31) % 201) / 100 - 1);
  }
  std::int64_t const units[4] = {0, e.along, (e.m + 1) / 2, (e.k + 1) / 2};
  std::int64_t extent[4] = {0, e.outer * e.along, e.m, e.k};
  int const valid = rows_kind == 1 ? e.outer - 1 : 1;
  std::vector<std::int64_t> numbers = {extent[1], e.m, e.n, e.k, rows_kind, rows_kind ? units[rows_kind] : 0, e.along};
  if (rows_kind) extent[rows_kind] = valid * units[rows_kind];
  for (part const& p : parts)
    for (std::int64_t v : {p.begin, p.outer, p.inner, p.row}) numbers.push_back(v);
  std::vector<T> wanted = memory[2], tolerance(wanted.size(), T{});
  for (std::int64_t p = 0; p < extent[1]; ++p)
    for (std::int64_t i = 0; i < extent[2]; ++i)
      for (std::int64_t j = 0; j < e.n; ++j) {
        std::int64_t const o = p / e.along, a = p % e.along;
        double sum = 0;
        for (std::int64_t k = 0; k < extent[3]; ++k)
          sum += static_cast<double>(
                     memory[0][static_cast<std::size_t>(A ? parts[0].at(o, a, k, i) : parts[0].at(o, a, i, k))]) *
                 static_cast<double>(
                     memory[1][static_cast<std::size_t>(B ? parts[1].at(o, a, j, k) : parts[1].at(o, a, k, j))]);
        std::size_t const at = static_cast<std::size_t>(parts[2].at(o, a, i, j));
        wanted[at] = static_cast<T>(sum);
        tolerance[at] = static_cast<T>(1e-6) * static_cast<T>(e.k);
      }
  for (int set = proof::least_set; set <= static_cast<int>(machine_instruction_set()); ++set) {
    std::vector<T> first;
    for (int shares : {1, 3, 8}) {
      std::vector<T> result = memory[2];
      char* operands[3] = {reinterpret_cast<char*>(memory[0].data()), reinterpret_cast<char*>(memory[1].data()),
                           reinterpret_cast<char*>(result.data())};
      kernel_arguments args{operands, numbers.data(), nullptr, valid, 0, 0, 0, static_cast<instruction_set>(set)};
      args.parts = shares;
      using kernel =
          strided_matmul_kernel<kernel_code<static_cast<int>(kernel_kind::strided_matmul), sizeof(T) == 8, A, B>>;
      for (args.part = 0; args.part < shares; ++args.part) kernel::run(args);
      bool is_near = true;  // also what lies between rows of results is as it was
      for (std::size_t i = 0; i < result.size(); ++i) {
        T const d = result[i] - wanted[i];
        is_near = is_near && (d < 0 ? -d : d) <= tolerance[i];
      }
      REQUIRE(is_near);
      if (shares == 1) first = result;
      REQUIRE(result == first);
    }
  }
}
template <class T>
void check(extents const& e) {
  for (int rows_kind = 0; rows_kind < 4; ++rows_kind) {
    if (rows_kind == 1 && e.outer < 2) continue;
    if (rows_kind > 1 && e.outer * e.along > 1) continue;  // a batch of matrices has its rows along the batch
    CAPTURE(e.m);
    CAPTURE(e.n);
    CAPTURE(e.k);
    CAPTURE(rows_kind);
    check<T, false, false>(e, rows_kind);
    check<T, true, false>(e, rows_kind);
    check<T, false, true>(e, rows_kind);
    check<T, true, true>(e, rows_kind);
  }
}

}  // namespace

TEST_CASE("products of heads that lie side by side are those of the matrices alone") {
  for (extents const& e :
       {extents{1, 1, 1, 1, 1}, extents{3, 4, 128, 128, 32}, extents{2, 3, 70, 33, 17}, extents{3, 1, 5, 47, 64},
        extents{2, 2, 128, 32, 128}, extents{1, 1, 66, 130, 300}, extents{1, 1, 9, 31, 514}}) {
    check<float>(e);
    check<double>(e);
  }
}
