// SPDX-License-Identifier: MIT
#pragma once
#include <cmath>
#include <cstddef>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include <ashlar/backend/thrust/gpu/libraries/cublaslt.hpp>
#include <ashlar/backend/thrust/gpu/libraries/rounded.hpp>
#include <ashlar/backend/thrust/gpu/memory.hpp>

namespace ashlar::inline ASHLAR_ABI::detail::inline ASHLAR_DEVICE_ABI {

#if ASHLAR_HAS_CUBLASLT || ASHLAR_HAS_CUDNN
/// The libraries as one program's kernels call them, each step's call chosen once.
class library_calls {
 public:
  library_calls(int steps, library_precision precision)
      : precision_(precision), steps_(static_cast<std::size_t>(steps)) {}
  library_calls(library_calls const&) = delete;
  library_calls& operator=(library_calls const&) = delete;
  ~library_calls() {
#if ASHLAR_HAS_CUBLASLT
    products_of_.clear();
    if (products_) cublaslt_functions::of_process().cublasLtDestroy(products_);
#endif
#if ASHLAR_HAS_CUDNN
    convolutions_of_.clear();
    if (convolutions_) cudnn_functions::of_process().cudnnDestroy(convolutions_);
#endif
  }

  /// Memory that a program with products or convolutions gives them to work in. `of_convolution`: bytes of the largest
  /// convolution's images, filters and results, all of which cuDNN may copy with their channels last, for tensor cores.
  static std::int64_t workspace_bytes([[maybe_unused]] std::int64_t of_convolution) {
    std::int64_t bytes = 0;
#if ASHLAR_HAS_CUBLASLT
    if (cublaslt_functions::of_process().is_there) bytes = of_products;
#endif
#if ASHLAR_HAS_CUDNN
    if (cudnn_functions::of_process().is_there) bytes = of_products + (of_convolution + 255) / 256 * 256;
#endif
    return bytes;
  }
  /// Whether convolutions need memory for their numbers in bf16.
  static bool rounds_convolutions([[maybe_unused]] library_precision precision) {
#if ASHLAR_HAS_CUDNN
    return precision == library_precision::bf16 && cudnn_functions::of_process().is_there;
#else
    return false;
#endif
  }
  void work_in(char* workspace, std::int64_t bytes) {
    workspace_ = workspace;
    workspace_bytes_ = bytes;
  }
  /// Where a mask lies: behind what they work in.
  char* mask(std::int64_t at) const { return workspace_ + workspace_bytes_ + at; }

#if ASHLAR_HAS_CUBLASLT
  /// Launches a step's product, whose matrices lie at multiples of `alignment` bytes, as those of other iterations do,
  /// or of fewer. Returns whether it did; else our own kernel is to.
  bool multiply(int step, product_shape const& p, product_epilogue epilogue, product_places const& at,
                gpu_stream stream, std::uint32_t alignment = 256) {
    if (!prepare_products() || !is_ours(epilogue, stream)) return false;
    std::uintptr_t const places = place(at.a) | place(at.b) | place(at.c) | place(at.addend);
    while (places % alignment) alignment /= 2;
    cublaslt_product const* const product = product_for(step, p, epilogue, at, alignment);
    if (product && product->launch(products_, at, workspace_, of_products, stream)) return true;
    gpu_forget_failure();
    return false;
  }
  /// Whether a product with an epilogue will be launched, where its matrices lie at such multiples.
  bool will_multiply(int step, product_shape const& p, product_epilogue epilogue, product_places const& at,
                     gpu_stream stream, std::uint32_t alignment) {
    return prepare_products() && is_ours(epilogue, stream) && product_for(step, p, epilogue, at, alignment);
  }
#endif
#if ASHLAR_HAS_CUDNN
  /// Launches a step's convolution. `rounded`: memory for its numbers in bf16, where those are asked for. Returns
  /// whether it did; else our own kernel is to.
  bool convolve(int step, convolution_shape const& c, convolution_pass pass, char* const* operands, char* rounded,
                gpu_stream stream) {
    if (!prepare_convolutions()) return false;
    std::unique_ptr<cudnn_convolution>& convolution = convolutions_of_[static_cast<std::size_t>(step)];
    if (!convolution)
      convolution = std::make_unique<cudnn_convolution>(convolutions_, c, pass, precision_,
                                                        static_cast<std::size_t>(workspace_bytes_));
    if (!convolution->is_usable()) return false;
    if (!convolution->is_rounded()) return convolution->launch(convolutions_, operands, workspace_, stream);
    return rounded_convolution(c).launch(*convolution, convolutions_, pass, operands, rounded, workspace_, stream);
  }
  /// Launches a step's convolution with a bias for each filter and a ReLU: the operands, then the bias. Returns whether
  /// it did.
  bool convolve_with_relu(int step, convolution_shape const& c, char* const* operands, gpu_stream stream) {
    if (!prepare_convolutions() || precision_ == library_precision::bf16) return false;
    std::unique_ptr<cudnn_convolution>& convolution = convolutions_of_[steps_ + static_cast<std::size_t>(step)];
    if (!convolution) {
      std::int64_t const biases = (c.out * (c.is_wide ? 8 : 4) + 255) / 256 * 256;  // behind what it works in
      convolution =
          std::make_unique<cudnn_convolution>(convolutions_, c, convolution_pass::forward_with_relu, precision_,
                                              static_cast<std::size_t>(workspace_bytes_ - biases));
      if (!has_our_relu(*convolution, c, operands, workspace_bytes_ - biases, stream)) convolution->refuse();
    }
    return convolution->is_usable() && convolution->launch(convolutions_, operands, workspace_, stream);
  }
#endif

 private:
#if ASHLAR_HAS_CUBLASLT
  bool prepare_products() {
    cublaslt_functions const& f = cublaslt_functions::of_process();
    if (!products_ && f.is_there && products_of_.empty()) {
      products_of_.resize(product_epilogues * steps_);
      if (f.cublasLtCreate(&products_) != CUBLAS_STATUS_SUCCESS) products_ = nullptr;
    }
    return products_;
  }
  static std::uintptr_t place(void const* of) { return reinterpret_cast<std::uintptr_t>(of); }
  /// A step's product where memory is aligned like that; null where the library does not have it.
  cublaslt_product const* product_for(int step, product_shape const& p, product_epilogue epilogue,
                                      product_places const& at, std::uint32_t alignment) {
    bool const has_aux = has_mask(epilogue) || has_kept(epilogue);
    if ((has_bias(epilogue) && place(at.bias) % 16) || (has_aux && place(at.mask) % 16)) return nullptr;
    std::unique_ptr<cublaslt_product>& product =
        products_of_[static_cast<std::size_t>(step) * product_epilogues + static_cast<std::size_t>(epilogue)];
    if (!product || !product->serves(alignment))
      product = std::make_unique<cublaslt_product>(products_, p, precision_, epilogue, at, alignment, of_products);
    return product->serves(alignment) ? product.get() : nullptr;
  }
  /// Whether what the library does to a product is what our kernels do. Each is asked once, by a product in the
  /// workspace.
  bool is_ours(product_epilogue epilogue, gpu_stream stream) {
    product_epilogue const e =
        epilogue == product_epilogue::gelu_and_bias_gradient ? product_epilogue::gelu_gradient : epilogue;
    bool const is_relu = e == product_epilogue::bias_and_relu || e == product_epilogue::bias_and_masking_relu;
    bool const is_gelu = e == product_epilogue::bias_and_gelu || e == product_epilogue::bias_and_kept_gelu;
    bool const is_sum = e == product_epilogue::sums_of_first || e == product_epilogue::sums_of_second;
    bool const adds = has_addend(e);
    if (!is_relu && !is_gelu && !is_sum && !adds && e != product_epilogue::gelu_gradient) return true;
    answer& known = known_[static_cast<std::size_t>(e)];
    if (known == answer::none) {
      bool const same = is_relu   ? has_our_relu(e, stream)
                        : is_gelu ? has_our_gelu(e, stream)
                        : is_sum  ? has_our_sums(e, stream)
                        : adds    ? has_our_addend(e, stream)
                                  : has_our_slope(e, stream);
      known = same ? answer::ours : answer::differs;
    }
    return known == answer::ours;
  }
  /// A product [m, k] by [k, n] and what lies around it, one part behind the other.
  struct trial {
    static constexpr std::int64_t m = 64, n = 128, k = 32, part = n * m, bytes = 5 * part * 4;
    enum { a, b, c, bias, beside };
    std::vector<float> numbers = std::vector<float>(static_cast<std::size_t>(5 * part));

    float* at(int which) { return numbers.data() + which * part; }
    static double column(std::int64_t j) { return static_cast<double>(j - n / 2) / 8; }
  };
  /// Computes one. Returns whether the library did.
  bool compute(trial& t, product_epilogue epilogue, gpu_stream stream) const {
    auto place = [&](int which) { return workspace_ + which * trial::part * 4; };
    gpu_finish(stream);  // nobody works there
    gpu_copy_and_wait(copy_kind::to_device, workspace_, t.numbers.data(), trial::bytes);
    product_places const at{place(trial::a),    place(trial::b),      place(trial::c),
                            place(trial::bias), place(trial::beside), place(trial::beside)};
    constexpr std::int64_t left = of_products - trial::bytes;
    cublaslt_product const product(products_, {1, trial::m, trial::n, trial::k, false, false, false}, precision_,
                                   epilogue, at, 256, left);
    bool const is_done = product.serves(256) && product.launch(products_, at, workspace_ + trial::bytes, left, stream);
    if (!is_done) gpu_forget_failure();
    gpu_finish(stream);
    gpu_copy_and_wait(copy_kind::to_host, t.numbers.data(), workspace_, trial::bytes);
    return is_done;
  }
  /// A ReLU of NaN is NaN, so that a step goes on to say so, and a mask has no bit where a sum is 0, as our gradient
  /// wants it.
  bool has_our_relu(product_epilogue epilogue, gpu_stream stream) const {
    trial t;
    for (std::int64_t i = 0; i < trial::k; ++i) t.at(trial::a)[i] = std::numeric_limits<float>::quiet_NaN();
    std::int64_t const row = mask_row_bytes(trial::n);
    char* const mask = reinterpret_cast<char*>(t.at(trial::beside));
    for (std::int64_t i = 0; i < trial::m * row; ++i) mask[i] = 1;
    bool fits = compute(t, epilogue, stream);
    for (std::int64_t i = 0; i < trial::part; ++i) {
      float const x = t.at(trial::c)[i];
      fits = fits && (i < trial::n ? x != x : x == 0);
    }
    if (has_mask(epilogue))
      for (std::int64_t i = row; i < trial::m * row; ++i) fits = fits && mask[i] == 0;
    return fits;
  }
  /// A GELU is exact enough: hardware has a hyperbolic tangent of 11 bits.
  bool is_near(float found, double wanted) const {
    double const most = precision_ == library_precision::full ? 1e-5 : 2e-3;
    return std::fabs(found - wanted) <= most * std::fmax(1, std::fabs(wanted));
  }
  static double sigmoid_of_gelu(double x) {
    return 1 / (1 + std::exp(-1.5957691216057308 * (x + 0.044715 * x * x * x)));
  }
  bool has_our_gelu(product_epilogue epilogue, gpu_stream stream) const {
    trial t;
    for (std::int64_t j = 0; j < trial::n; ++j) t.at(trial::bias)[j] = static_cast<float>(trial::column(j));
    bool fits = compute(t, epilogue, stream);
    for (std::int64_t i = 0; i < trial::part; ++i) {
      double const x = trial::column(i % trial::n);
      fits = fits && is_near(t.at(trial::c)[i], x * sigmoid_of_gelu(x));
      fits = fits && (!has_kept(epilogue) || is_near(t.at(trial::beside)[i], x));
    }
    return fits;
  }
  /// Sums are those of that factor, not rounded as a factor may be.
  bool has_our_sums(product_epilogue epilogue, gpu_stream stream) const {
    trial t;
    constexpr float near_one = 1 + 1.0f / 4096;  // neither TF32 nor bf16 has it
    for (std::int64_t i = 0; i < trial::m; ++i)
      for (std::int64_t k = 0; k < trial::k; ++k)
        t.at(trial::a)[i * trial::k + k] = near_one * static_cast<float>(i + k);
    for (std::int64_t k = 0; k < trial::k; ++k)
      for (std::int64_t j = 0; j < trial::n; ++j)
        t.at(trial::b)[k * trial::n + j] = near_one * static_cast<float>(j - k);
    bool const of_first = epilogue == product_epilogue::sums_of_first;
    bool fits = compute(t, epilogue, stream);
    for (std::int64_t i = 0; i < (of_first ? trial::m : trial::n); ++i) {
      constexpr std::int64_t of_depth = trial::k * (trial::k - 1) / 2;
      double const whole = static_cast<double>(trial::k * i + (of_first ? of_depth : -of_depth));
      fits = fits && std::fabs(t.at(trial::bias)[i] - near_one * whole) <= 1e-5 * std::fmax(1, std::fabs(whole));
    }
    return fits;
  }
  /// An addend is not rounded as a factor may be, and NaN remains.
  bool has_our_addend(product_epilogue epilogue, gpu_stream stream) const {
    trial t;
    constexpr float near_one = 1 + 1.0f / 4096;  // neither TF32 nor bf16 has it
    double const bias = has_bias(epilogue) ? 0.25 : 0;
    bool const has_relu = epilogue == product_epilogue::addend_bias_and_relu;
    for (std::int64_t i = 0; i < trial::m; ++i) t.at(trial::a)[i * trial::k] = 1;
    for (std::int64_t j = 0; j < trial::n; ++j) {
      t.at(trial::b)[j] = static_cast<float>(trial::column(j));
      t.at(trial::bias)[j] = 0.25;
    }
    for (std::int64_t i = 0; i < trial::part; ++i)
      t.at(trial::beside)[i] =
          i < trial::n ? std::numeric_limits<float>::quiet_NaN() : near_one * static_cast<float>(i / trial::n - 1);
    bool fits = compute(t, epilogue, stream);
    for (std::int64_t i = 0; i < trial::part; ++i) {
      float const x = t.at(trial::c)[i];
      double const sum = near_one * static_cast<double>(i / trial::n - 1) + trial::column(i % trial::n) + bias;
      double const wanted = has_relu && sum < 0 ? 0 : sum;
      fits = fits && (i < trial::n ? x != x : std::fabs(x - wanted) <= 1e-5 * std::fmax(1, std::fabs(wanted)));
    }
    return fits;
  }
  bool has_our_slope(product_epilogue epilogue, gpu_stream stream) const {
    trial t;
    for (std::int64_t i = 0; i < trial::m; ++i) t.at(trial::a)[i * trial::k] = 1;
    for (std::int64_t j = 0; j < trial::n; ++j) t.at(trial::b)[j] = 1;
    for (std::int64_t i = 0; i < trial::part; ++i)
      t.at(trial::beside)[i] = static_cast<float>(trial::column(i % trial::n));
    bool fits = compute(t, epilogue, stream);
    for (std::int64_t i = 0; i < trial::part; ++i) {
      double const x = trial::column(i % trial::n), s = sigmoid_of_gelu(x);
      double const slope = s + x * s * (1 - s) * 1.5957691216057308 * (1 + 3 * 0.044715 * x * x);
      fits = fits && is_near(t.at(trial::c)[i], slope);
    }
    return fits;
  }
#endif
#if ASHLAR_HAS_CUDNN
  /// Whether a convolution's ReLU is ours: of NaN it is NaN, so that a step goes on to say so, and of a large number
  /// that number, whatever lay where the result goes. The result is computed again afterwards, in the way that was
  /// asked.
  bool has_our_relu(cudnn_convolution& by, convolution_shape const& c, char* const* operands, std::int64_t at,
                    gpu_stream stream) {
    if (!by.is_usable()) return false;
    return c.is_wide ? has_our_relu_of<double>(by, c, operands, at, stream)
                     : has_our_relu_of<float>(by, c, operands, at, stream);
  }
  template <class T>
  bool has_our_relu_of(cudnn_convolution& by, convolution_shape const& c, char* const* operands, std::int64_t at,
                       gpu_stream stream) {
    T const large = 1e30f;
    if (!all_results<T>(by, c, operands, at, stream, std::numeric_limits<T>::quiet_NaN(), [](T x) { return x != x; }))
      return false;
    by.keep_way();
    return all_results<T>(by, c, operands, at, stream, large, [=](T x) { return x > large / 2 && x < large * 2; });
  }
  /// Whether the results with that bias, the first and the last of them, are such.
  template <class T, class Rule>
  bool all_results(cudnn_convolution& by, convolution_shape const& c, char* const* operands, std::int64_t at,
                   gpu_stream stream, T bias, Rule is_such) {
    constexpr std::int64_t looked_at = 16384;
    std::vector<T> numbers(static_cast<std::size_t>(c.out), bias);
    char* const with_bias[] = {operands[0], operands[1], operands[2], workspace_ + at};
    gpu_finish(stream);  // nobody works there
    gpu_copy_and_wait(copy_kind::to_device, with_bias[3], numbers.data(), c.out * static_cast<std::int64_t>(sizeof(T)));
    if (!by.launch(convolutions_, with_bias, workspace_, stream)) return false;
    gpu_finish(stream);
    std::int64_t const results = c.of_results(), count = results < looked_at ? results : looked_at;
    numbers.resize(static_cast<std::size_t>(count));
    bool are_such = true;
    for (std::int64_t from : {std::int64_t{0}, results - count}) {
      gpu_copy_and_wait(copy_kind::to_host, numbers.data(), operands[2] + from * static_cast<std::int64_t>(sizeof(T)),
                        count * static_cast<std::int64_t>(sizeof(T)));
      for (T const x : numbers) are_such = are_such && is_such(x);
    }
    return are_such;
  }
  bool prepare_convolutions() {
    cudnn_functions const& f = cudnn_functions::of_process();
    if (!convolutions_ && f.is_there && convolutions_of_.empty()) {
      convolutions_of_.resize(2 * steps_);
      if (f.cudnnCreate(&convolutions_) != CUDNN_STATUS_SUCCESS) convolutions_ = nullptr;
    }
    return convolutions_;
  }
#endif

  static constexpr std::int64_t of_products = std::int64_t{64} << 20;  // bytes that they may work in

  library_precision precision_;
  std::size_t steps_;
  char* workspace_ = nullptr;
  std::int64_t workspace_bytes_ = 0;
#if ASHLAR_HAS_CUBLASLT
  cublasLtHandle_t products_ = nullptr;
  std::vector<std::unique_ptr<cublaslt_product>> products_of_;  // by step and epilogue
  enum class answer { none, ours, differs };
  answer known_[product_epilogues]{};
#endif
#if ASHLAR_HAS_CUDNN
  cudnnHandle_t convolutions_ = nullptr;
  std::vector<std::unique_ptr<cudnn_convolution>> convolutions_of_;  // by step, then with a ReLU
#endif
};
#else
enum class library_precision { full, tf32, bf16 };
/// No library's header was there.
class library_calls {
 public:
  library_calls(int, library_precision) {}
  static std::int64_t workspace_bytes(std::int64_t) { return 0; }
  static bool rounds_convolutions(library_precision) { return false; }
  void work_in(char*, std::int64_t) {}
};
#endif

/// Which libraries compute products and convolutions, and which are missing.
inline std::string libraries_in_words() {
  [[maybe_unused]] auto version = [](std::size_t v) {
    return " " + std::to_string(v / 10000) + "." + std::to_string(v / 100 % 100) + "." + std::to_string(v % 100);
  };
  [[maybe_unused]] char const* const missing = "Ashlar's own kernels (";
  std::string products = "Ashlar's own kernels (built without cuBLASLt's header)",
              convolutions = "Ashlar's own kernels (built without cuDNN's header)";
#if ASHLAR_HAS_CUBLASLT
  auto const& lt = cublaslt_functions::of_process();
  products =
      lt.is_there ? "cuBLASLt" + version(lt.cublasLtGetVersion()) : missing + std::string("cuBLASLt is not installed)");
#endif
#if ASHLAR_HAS_CUDNN
  auto const& dnn = cudnn_functions::of_process();
  convolutions =
      dnn.is_there ? "cuDNN" + version(dnn.cudnnGetVersion()) : missing + std::string("cuDNN is not installed)");
#endif
  return "products by " + products + ", convolutions by " + convolutions;
}

}  // namespace ashlar::inline ASHLAR_ABI::detail::inline ASHLAR_DEVICE_ABI
