// SPDX-License-Identifier: MIT
#include <cstring>
#include <vector>

#include <doctest/doctest.h>

#include <ashlar/backend/cpu/simd/part_access.hpp>

#if defined(__linux__)
#include <sys/mman.h>
#include <unistd.h>
#endif

using namespace ashlar;
using namespace ashlar::detail;

namespace {

/// Loads and stores the first `count` lanes; `whole` gets all that was loaded.
template <class T, instruction_set Set>
ASHLAR_INLINE void copy_lanes(T const* from, T* to, T* whole, int count) {
  typename simd<T, Set>::vector v;
  load_part<T, Set>(v, from, count);
  simd<T, Set>::store(v, whole);
  store_part<T, Set>(v, to, count);
}
template <class T>
struct copies {
  [[gnu::noinline]] static void baseline(T const* from, T* to, T* whole, int count) {
    copy_lanes<T, instruction_set::baseline>(from, to, whole, count);
  }
  ASHLAR_TARGET_AVX2 [[gnu::noinline]] static void avx2(T const* from, T* to, T* whole, int count) {
    copy_lanes<T, instruction_set::avx2>(from, to, whole, count);
  }
  ASHLAR_TARGET_AVX512 [[gnu::noinline]] static void avx512(T const* from, T* to, T* whole, int count) {
    copy_lanes<T, instruction_set::avx512>(from, to, whole, count);
  }
  struct of_set {
    void (*copy)(T const*, T*, T*, int);
    int width;
  };
  static constexpr of_set all[] = {{baseline, simd<T, instruction_set::baseline>::width},
                                   {avx2, simd<T, instruction_set::avx2>::width},
                                   {avx512, simd<T, instruction_set::avx512>::width}};
};

/// Copies parts of vectors, with `numbers` behind which there may be nothing.
template <class T>
void check_parts(T* numbers, int room) {
  for (int set = 0; set <= static_cast<int>(machine_instruction_set()); ++set) {
    auto const [copy, width] = copies<T>::all[set];
    for (int count = 1; count < width; ++count) {
      CAPTURE(set);
      CAPTURE(count);
      T* const last = numbers + room - count;
      for (int i = 0; i < count; ++i) last[i] = static_cast<T>(i + 1);
      std::vector<T> to(static_cast<std::size_t>(width), T(-7)), whole(to);
      copy(last, to.data(), whole.data(), count);
      for (int i = 0; i < width; ++i) {
        CHECK(whole[static_cast<std::size_t>(i)] == (i < count ? static_cast<T>(i + 1) : T(0)));
        CHECK(to[static_cast<std::size_t>(i)] == (i < count ? static_cast<T>(i + 1) : T(-7)));
      }
      std::memset(last, 0, sizeof(T) * static_cast<std::size_t>(count));
      copy(to.data(), last, whole.data(), count);
      for (int i = 0; i < count; ++i) CHECK(last[i] == static_cast<T>(i + 1));
    }
  }
}

}  // namespace

TEST_CASE("the first lanes of a vector come from memory and go there, and all others stay") {
  std::vector<float> floats(32);
  std::vector<double> doubles(32);
  check_parts(floats.data(), 32);
  check_parts(doubles.data(), 32);
}

#if defined(__linux__)
TEST_CASE("parts of vectors may end where memory does") {
  auto const page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
  void* const pages = mmap(nullptr, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  REQUIRE(pages != MAP_FAILED);
  REQUIRE(mprotect(static_cast<char*>(pages) + page, page, PROT_NONE) == 0);
  check_parts(static_cast<float*>(pages), static_cast<int>(page / sizeof(float)));
  check_parts(static_cast<double*>(pages), static_cast<int>(page / sizeof(double)));
  munmap(pages, 2 * page);
}
#endif
