// SPDX-License-Identifier: MIT
#pragma once
#include <ashlar/backend/thrust/gpu/libraries/found.hpp>
#if ASHLAR_HAS_CUBLASLT
#include <cstdint>

#include <ashlar/backend/product_epilogue.hpp>

namespace ashlar::inline ASHLAR_ABI::detail::inline ASHLAR_DEVICE_ABI {

/// What Ashlar calls of cuBLASLt.
struct cublaslt_functions {
  decltype(::cublasLtCreate)* cublasLtCreate = nullptr;
  decltype(::cublasLtDestroy)* cublasLtDestroy = nullptr;
  decltype(::cublasLtGetVersion)* cublasLtGetVersion = nullptr;
  decltype(::cublasLtMatmul)* cublasLtMatmul = nullptr;
  decltype(::cublasLtMatmulAlgoCapGetAttribute)* cublasLtMatmulAlgoCapGetAttribute = nullptr;
  decltype(::cublasLtMatmulAlgoGetHeuristic)* cublasLtMatmulAlgoGetHeuristic = nullptr;
  decltype(::cublasLtMatmulDescCreate)* cublasLtMatmulDescCreate = nullptr;
  decltype(::cublasLtMatmulDescDestroy)* cublasLtMatmulDescDestroy = nullptr;
  decltype(::cublasLtMatmulDescSetAttribute)* cublasLtMatmulDescSetAttribute = nullptr;
  decltype(::cublasLtMatmulPreferenceCreate)* cublasLtMatmulPreferenceCreate = nullptr;
  decltype(::cublasLtMatmulPreferenceDestroy)* cublasLtMatmulPreferenceDestroy = nullptr;
  decltype(::cublasLtMatmulPreferenceSetAttribute)* cublasLtMatmulPreferenceSetAttribute = nullptr;
  decltype(::cublasLtMatrixLayoutCreate)* cublasLtMatrixLayoutCreate = nullptr;
  decltype(::cublasLtMatrixLayoutDestroy)* cublasLtMatrixLayoutDestroy = nullptr;
  decltype(::cublasLtMatrixLayoutSetAttribute)* cublasLtMatrixLayoutSetAttribute = nullptr;
  bool is_there = false;

  cublaslt_functions() {
#if !defined(ASHLAR_LINK_CUDA_LIBRARIES)
    found_library const library("libcublasLt.so", CUDART_VERSION / 1000);
#endif
    is_there = ASHLAR_FIND(cublasLtCreate) && ASHLAR_FIND(cublasLtDestroy) && ASHLAR_FIND(cublasLtGetVersion) &&
               ASHLAR_FIND(cublasLtMatmul) && ASHLAR_FIND(cublasLtMatmulAlgoCapGetAttribute) &&
               ASHLAR_FIND(cublasLtMatmulAlgoGetHeuristic) && ASHLAR_FIND(cublasLtMatmulDescCreate) &&
               ASHLAR_FIND(cublasLtMatmulDescDestroy) && ASHLAR_FIND(cublasLtMatmulDescSetAttribute) &&
               ASHLAR_FIND(cublasLtMatmulPreferenceCreate) && ASHLAR_FIND(cublasLtMatmulPreferenceDestroy) &&
               ASHLAR_FIND(cublasLtMatmulPreferenceSetAttribute) && ASHLAR_FIND(cublasLtMatrixLayoutCreate) &&
               ASHLAR_FIND(cublasLtMatrixLayoutDestroy) && ASHLAR_FIND(cublasLtMatrixLayoutSetAttribute);
  }
  /// Those of this process.
  static cublaslt_functions const& of_process() {
    static cublaslt_functions const functions;
    return functions;
  }
};

/// A product C = op(A) op(B) of dense matrices in row-major order, `batch` of them one behind the other: [m, k] by
/// [k, n], each transposed where its flag says so.
struct product_shape {
  std::int64_t batch, m, n, k;
  bool ta, tb, is_wide;
};
/// How many epilogues there are.
inline constexpr int product_epilogues = 16;
constexpr bool has_mask(product_epilogue e) {
  return e == product_epilogue::bias_and_masking_relu || e == product_epilogue::relu_gradient ||
         e == product_epilogue::relu_and_bias_gradient;
}
constexpr bool has_kept(product_epilogue e) {
  return e == product_epilogue::bias_and_kept_gelu || e == product_epilogue::gelu_gradient ||
         e == product_epilogue::gelu_and_bias_gradient;
}
constexpr bool has_bias(product_epilogue e) {
  return e != product_epilogue::none && e != product_epilogue::addend && e != product_epilogue::relu_gradient &&
         e != product_epilogue::gelu_gradient;
}
/// Bytes of a mask for a row of n numbers: a bit for each, 128 bits at a time.
constexpr std::int64_t mask_row_bytes(std::int64_t n) { return (n + 127) / 128 * 16; }

/// Where a product's operands lie. `bias`: or its gradient, or a factor's sums. `mask`: or what is kept of a GELU, of
/// C's shape. `addend`: of C's shape, too; it may lie where C does.
struct product_places {
  void const *a, *b;
  void* c;
  void* bias = nullptr;
  void* mask = nullptr;
  void const* addend = nullptr;
};

/// How cuBLASLt computes one product; chosen when it is first asked for.
class cublaslt_product {
  using functions = cublaslt_functions;

 public:
  cublaslt_product(cublasLtHandle_t handle, product_shape const& p, library_precision precision,
                   product_epilogue epilogue, product_places const& at, std::uint32_t alignment, std::size_t workspace)
      : alignment_(alignment), is_wide_(p.is_wide), epilogue_(epilogue) {
    functions const& f = functions::of_process();
    cudaDataType_t const type = p.is_wide ? CUDA_R_64F : CUDA_R_32F;
    cublasComputeType_t const compute = p.is_wide                              ? CUBLAS_COMPUTE_64F
                                        : precision == library_precision::tf32 ? CUBLAS_COMPUTE_32F_FAST_TF32
                                        : precision == library_precision::bf16 ? CUBLAS_COMPUTE_32F_FAST_16BF
                                                                               : CUBLAS_COMPUTE_32F;
    // In the library's column-major order every matrix is its transpose: C' = op(B)' op(A)'.
    cublasOperation_t const first = p.tb ? CUBLAS_OP_T : CUBLAS_OP_N, second = p.ta ? CUBLAS_OP_T : CUBLAS_OP_N;
    is_usable_ = f.cublasLtMatmulDescCreate(&what_, compute, type) == success &&
                 set(CUBLASLT_MATMUL_DESC_TRANSA, first) && set(CUBLASLT_MATMUL_DESC_TRANSB, second) &&
                 set(CUBLASLT_MATMUL_DESC_EPILOGUE, kind_of(epilogue)) &&
                 (!has_mask(epilogue) || set(CUBLASLT_MATMUL_DESC_EPILOGUE_AUX_LD, 8 * mask_row_bytes(p.n))) &&
                 (!has_kept(epilogue) || set(CUBLASLT_MATMUL_DESC_EPILOGUE_AUX_LD, p.n)) && point_to(at) &&
                 lay_out(b_, type, p.tb ? p.k : p.n, p.tb ? p.n : p.k, p.batch) &&
                 lay_out(a_, type, p.ta ? p.m : p.k, p.ta ? p.k : p.m, p.batch) && lay_out(c_, type, p.n, p.m, p.batch);
    if (is_usable_) choose(handle, workspace);
  }
  cublaslt_product(cublaslt_product const&) = delete;
  cublaslt_product& operator=(cublaslt_product const&) = delete;
  ~cublaslt_product() {
    functions const& f = functions::of_process();
    if (what_) f.cublasLtMatmulDescDestroy(what_);
    for (cublasLtMatrixLayout_t layout : {a_, b_, c_})
      if (layout) f.cublasLtMatrixLayoutDestroy(layout);
  }

  /// Whether the library computes such a product where memory is aligned like that.
  bool serves(std::uint32_t alignment) const { return is_usable_ && alignment >= alignment_; }
  /// Launches it. Returns whether that went well.
  bool launch(cublasLtHandle_t handle, product_places const& at, void* workspace, std::size_t workspace_bytes,
              gpu_stream stream) const {
    functions const& f = functions::of_process();
    bool const adds = has_addend(epilogue_);
    float const one = 1, part = adds ? 1 : 0;
    double const wide_one = 1, wide_part = part;
    void const* const before = adds ? at.addend : at.c;
    void const* const alpha = is_wide_ ? static_cast<void const*>(&wide_one) : &one;
    void const* const beta = is_wide_ ? static_cast<void const*>(&wide_part) : &part;
    return point_to(at) && f.cublasLtMatmul(handle, what_, alpha, at.b, b_, at.a, a_, beta, before, c_, at.c, c_,
                                            &algorithm_, workspace, workspace_bytes, native_stream(stream)) == success;
  }

 private:
  static constexpr cublasStatus_t success = CUBLAS_STATUS_SUCCESS;

  static cublasLtEpilogue_t kind_of(product_epilogue e) {
    switch (e) {
      case product_epilogue::addend_and_bias:
      case product_epilogue::bias: return CUBLASLT_EPILOGUE_BIAS;
      case product_epilogue::addend_bias_and_relu:
      case product_epilogue::bias_and_relu: return CUBLASLT_EPILOGUE_RELU_BIAS;
      case product_epilogue::bias_and_masking_relu: return CUBLASLT_EPILOGUE_RELU_AUX_BIAS;
      case product_epilogue::bias_and_gelu: return CUBLASLT_EPILOGUE_GELU_BIAS;
      case product_epilogue::bias_and_kept_gelu: return CUBLASLT_EPILOGUE_GELU_AUX_BIAS;
      case product_epilogue::relu_gradient: return CUBLASLT_EPILOGUE_DRELU;
      case product_epilogue::relu_and_bias_gradient: return CUBLASLT_EPILOGUE_DRELU_BGRAD;
      case product_epilogue::gelu_gradient: return CUBLASLT_EPILOGUE_DGELU;
      case product_epilogue::gelu_and_bias_gradient: return CUBLASLT_EPILOGUE_DGELU_BGRAD;
      case product_epilogue::sums_of_first: return CUBLASLT_EPILOGUE_BGRADB;  // which is the library's second
      case product_epilogue::sums_of_second: return CUBLASLT_EPILOGUE_BGRADA;
      default: return CUBLASLT_EPILOGUE_DEFAULT;
    }
  }
  template <class T>
  bool set(cublasLtMatmulDescAttributes_t what, T const& value) const {
    return functions::of_process().cublasLtMatmulDescSetAttribute(what_, what, &value, sizeof value) == success;
  }
  /// The library looks at these places' alignment when it chooses, too.
  bool point_to(product_places const& at) const {
    return (!has_bias(epilogue_) || set(CUBLASLT_MATMUL_DESC_BIAS_POINTER, at.bias)) &&
           (!(has_mask(epilogue_) || has_kept(epilogue_)) || set(CUBLASLT_MATMUL_DESC_EPILOGUE_AUX_POINTER, at.mask));
  }

  /// A matrix as it lies in memory, in column-major order.
  static bool lay_out(cublasLtMatrixLayout_t& layout, cudaDataType_t type, std::int64_t rows, std::int64_t columns,
                      std::int64_t batch) {
    functions const& f = functions::of_process();
    std::int32_t const count = static_cast<std::int32_t>(batch);
    std::int64_t const apart = rows * columns;
    return f.cublasLtMatrixLayoutCreate(&layout, type, static_cast<std::uint64_t>(rows),
                                        static_cast<std::uint64_t>(columns), rows) == success &&
           f.cublasLtMatrixLayoutSetAttribute(layout, CUBLASLT_MATRIX_LAYOUT_BATCH_COUNT, &count, sizeof count) ==
               success &&
           f.cublasLtMatrixLayoutSetAttribute(layout, CUBLASLT_MATRIX_LAYOUT_STRIDED_BATCH_OFFSET, &apart,
                                              sizeof apart) == success;
  }
  void choose(cublasLtHandle_t handle, std::size_t workspace) {
    functions const& f = functions::of_process();
    cublasLtMatmulPreference_t wanted = nullptr;
    is_usable_ = f.cublasLtMatmulPreferenceCreate(&wanted) == success;
    if (!is_usable_) return;
    auto set = [&](cublasLtMatmulPreferenceAttributes_t what, auto const& value) {
      is_usable_ = is_usable_ && f.cublasLtMatmulPreferenceSetAttribute(wanted, what, &value, sizeof value) == success;
    };
    set(CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES, static_cast<std::uint64_t>(workspace));
    // partial sums are added in a fixed order, and in the type they are computed in
    set(CUBLASLT_MATMUL_PREF_REDUCTION_SCHEME_MASK, static_cast<std::uint32_t>(CUBLASLT_REDUCTION_SCHEME_COMPUTE_TYPE));
    for (auto which : {CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_A_BYTES, CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_B_BYTES,
                       CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_C_BYTES, CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_D_BYTES})
      set(which, alignment_);
    constexpr int most = 8;  // the fastest first
    cublasLtMatmulHeuristicResult_t ways[most]{};
    int found = 0, best = 0;
    is_usable_ =
        is_usable_ && f.cublasLtMatmulAlgoGetHeuristic(handle, what_, b_, a_, c_, c_, wanted,
                                                       has_addend(epilogue_) ? most : 1, ways, &found) == success;
    f.cublasLtMatmulPreferenceDestroy(wanted);
    while (best < found && !(ways[best].state == success && writes_elsewhere(ways[best].algo))) ++best;
    is_usable_ = is_usable_ && best < found;
    if (is_usable_) algorithm_ = ways[best].algo;
  }
  /// Whether the result may lie elsewhere than what it begins from, if it begins from something.
  bool writes_elsewhere(cublasLtMatmulAlgo_t const& algorithm) const {
    std::int32_t can = 0;
    std::size_t written = 0;
    return !has_addend(epilogue_) ||
           (functions::of_process().cublasLtMatmulAlgoCapGetAttribute(
                &algorithm, CUBLASLT_ALGO_CAP_OUT_OF_PLACE_RESULT_SUPPORT, &can, sizeof can, &written) == success &&
            written == sizeof can && can != 0);
  }

  cublasLtMatmulDesc_t what_ = nullptr;
  cublasLtMatrixLayout_t a_ = nullptr, b_ = nullptr, c_ = nullptr;
  cublasLtMatmulAlgo_t algorithm_{};
  std::uint32_t alignment_;
  bool is_wide_, is_usable_ = false;
  product_epilogue epilogue_;
};

}  // namespace ashlar::inline ASHLAR_ABI::detail::inline ASHLAR_DEVICE_ABI
#endif
