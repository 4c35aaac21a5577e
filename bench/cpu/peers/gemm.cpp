// SPDX-License-Identifier: MIT
// The product of two row-major matrices by BENCH_EIGEN, BENCH_OPENBLAS, BENCH_LIBXSMM or BENCH_ONEDNN.
#include <stdexcept>

#include "peer.hpp"

#if defined(BENCH_EIGEN)
#include <Eigen/Dense>
#elif defined(BENCH_OPENBLAS)
#include <cblas.h>
#elif defined(BENCH_LIBXSMM)
#include <libxsmm.h>
#else
#include <oneapi/dnnl/dnnl.hpp>
#endif

namespace {

constexpr int m = BENCH_M, k = BENCH_K, n = BENCH_N;

#if defined(BENCH_EIGEN)
struct library {
  using matrix = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
  float *a, *b, *c;

  explicit library(int threads) { Eigen::setNbThreads(threads); }
  static std::string version() {
    return std::to_string(EIGEN_WORLD_VERSION) + "." + std::to_string(EIGEN_MAJOR_VERSION) + "." +
           std::to_string(EIGEN_MINOR_VERSION);
  }
  void multiply() { Eigen::Map<matrix>(c, m, n).noalias() = Eigen::Map<matrix>(a, m, k) * Eigen::Map<matrix>(b, k, n); }
};
#elif defined(BENCH_OPENBLAS)
struct library {
  float *a, *b, *c;

  explicit library(int threads) { openblas_set_num_threads(threads); }
  static std::string version() { return std::string(openblas_get_config()) + " on " + openblas_get_corename(); }
  void multiply() { cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, m, n, k, 1, a, k, b, n, 0, c, n); }
};
#elif defined(BENCH_LIBXSMM)
struct library {  // it has columns where we have rows, so that the product is transposed; it uses one thread
  float *a, *b, *c;
  libxsmm_mmfunction<float> kernel{LIBXSMM_GEMM_FLAG_NONE, n, m, k, n, k, n, 1.0f, 0.0f};

  explicit library(int threads) {
    if (!kernel) throw std::runtime_error("LIBXSMM makes no kernel for these sizes");
    if (threads > 1) throw std::runtime_error("a kernel of LIBXSMM has one thread");
  }
  static std::string version() { return LIBXSMM_VERSION; }
  void multiply() { kernel(b, a, c); }
};
#else
struct library {
  float *a, *b, *c;

  explicit library(int) {}  // OMP_NUM_THREADS
  static std::string version() {
    auto const* v = dnnl_version();
    return std::to_string(v->major) + "." + std::to_string(v->minor) + "." + std::to_string(v->patch);
  }
  void multiply() { dnnl::sgemm('N', 'N', m, n, k, 1.0f, a, k, b, n, 0.0f, c, n); }
};
#endif

}  // namespace

int main(int argc, char** argv) {
  return bench::main_of([&] {
    using namespace bench;
    library of(threads_of(argc, argv));
    auto numbers = [](std::size_t count) {
      return static_cast<float*>(std::aligned_alloc(64, (count * sizeof(float) + 63) / 64 * 64));
    };
    of.a = numbers(m * k), of.b = numbers(k * n), of.c = numbers(m * n);
    fill_samples(of.a, m * k, of_inputs);
    fill_samples(of.b, k * n, of_targets);
    say(of.version().c_str());
    int turn = 0;
    obey(
        [&] {
          of.multiply();
          return projection(of.c, m * n, turn++);
        },
        [&](int times) { return seconds_of(times, [&] { of.multiply(); }); });
  });
}
