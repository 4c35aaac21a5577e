// SPDX-License-Identifier: MIT
#pragma once
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
  /// Launches a step's product. Returns whether it did; else our own kernel is to.
  bool multiply(int step, product_shape const& p, product_epilogue epilogue, product_places const& at,
                gpu_stream stream) {
    if (!prepare_products() || (has_relu(epilogue) && !has_our_relu(epilogue, stream))) return false;
    std::uintptr_t const places = place(at.a) | place(at.b) | place(at.c);
    std::uint32_t alignment = 256;
    while (places % alignment) alignment /= 2;
    cublaslt_product const* const product = product_for(step, p, epilogue, at, alignment);
    if (product && product->launch(products_, at, workspace_, of_products, stream)) return true;
    gpu_forget_failure();
    return false;
  }
  /// Whether a product with an epilogue will be launched, where its matrices lie at multiples of 16 bytes.
  bool will_multiply(int step, product_shape const& p, product_epilogue epilogue, product_places const& at) {
    return prepare_products() && product_for(step, p, epilogue, at, 16);
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
  static constexpr bool has_relu(product_epilogue e) { return has_mask(e) || e == product_epilogue::bias_and_relu; }
  /// Whether the library's ReLU is ours, with a mask or without: of NaN it is NaN, so that a step goes on to say so,
  /// and the mask has no bit where a sum is 0, as our gradient wants it. Each is asked once, by a product of zeros and
  /// a row of NaN in the workspace.
  bool has_our_relu(product_epilogue epilogue, gpu_stream stream) {
    relu& asked = relus_[has_mask(epilogue)];
    if (asked == relu::not_asked) asked = ask_for_relu(has_mask(epilogue), stream) ? relu::ours : relu::differs;
    return asked == relu::ours;
  }
  bool ask_for_relu(bool masks, gpu_stream stream) const {
    constexpr std::int64_t m = 64, n = 128, k = 32, factor = 4 * n * m;
    constexpr std::int64_t mask_bytes = m * mask_row_bytes(n), all = 5 * factor;
    std::vector<float> numbers(static_cast<std::size_t>(all) / sizeof(float));
    std::vector<char> mask(static_cast<std::size_t>(mask_bytes), 1);
    for (std::size_t i = 0; i < k; ++i) numbers[i] = std::numeric_limits<float>::quiet_NaN();
    char* const at = workspace_;
    gpu_finish(stream);  // nobody works there
    gpu_copy_and_wait(copy_kind::to_device, at, numbers.data(), all);
    gpu_copy_and_wait(copy_kind::to_device, at + 4 * factor, mask.data(), mask_bytes);
    product_places const places{at, at + factor, at + 2 * factor, at + 3 * factor, masks ? at + 4 * factor : nullptr};
    cublaslt_product const probe(products_, {1, m, n, k, false, false, false}, precision_,
                                 masks ? product_epilogue::bias_and_masking_relu : product_epilogue::bias_and_relu,
                                 places, 256, of_products - all);
    bool fits = probe.serves(256) && probe.launch(products_, places, at + all, of_products - all, stream);
    gpu_finish(stream);
    gpu_copy_and_wait(copy_kind::to_host, numbers.data(), at + 2 * factor, factor);
    gpu_copy_and_wait(copy_kind::to_host, mask.data(), at + 4 * factor, mask_bytes);
    for (std::size_t i = 0; i < m * n; ++i) fits = fits && (i < n ? numbers[i] != numbers[i] : numbers[i] == 0);
    if (masks)
      for (std::size_t i = mask_row_bytes(n); i < mask.size(); ++i) fits = fits && mask[i] == 0;
    return fits;
  }
#endif
#if ASHLAR_HAS_CUDNN
  bool prepare_convolutions() {
    cudnn_functions const& f = cudnn_functions::of_process();
    if (!convolutions_ && f.is_there && convolutions_of_.empty()) {
      convolutions_of_.resize(steps_);
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
  enum class relu { not_asked, ours, differs } relus_[2]{};     // without a mask, with one
#endif
#if ASHLAR_HAS_CUDNN
  cudnnHandle_t convolutions_ = nullptr;
  std::vector<std::unique_ptr<cudnn_convolution>> convolutions_of_;  // by step
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
