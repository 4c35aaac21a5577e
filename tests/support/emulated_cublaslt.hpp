// SPDX-License-Identifier: MIT
#pragma once
#include <cmath>

#include "support/emulated_library_calls.hpp"

/// cuBLASLt on the emulated GPU: matrices in column-major order.
namespace emulated_libraries {

struct product_description {
  cublasComputeType_t compute;
  cudaDataType_t scale;
  cublasOperation_t a = CUBLAS_OP_N, b = CUBLAS_OP_N;
  cublasLtEpilogue_t epilogue = CUBLASLT_EPILOGUE_DEFAULT;
  void* bias = nullptr;
  void* mask = nullptr;
  std::int64_t mask_leading = 0;  // bits, or numbers that a GELU read

  bool has(int bits) const { return (epilogue & bits) == bits; }
  bool has_aux() const { return has(128); }
  bool has_kept() const { return has(CUBLASLT_EPILOGUE_GELU_AUX) || has(CUBLASLT_EPILOGUE_DGELU); }
  bool has_mask() const { return has_aux() && !has_kept(); }
  bool has_bias() const { return has(CUBLASLT_EPILOGUE_BIAS) || has(16) || sums_factor(); }
  bool sums_factor() const { return has(CUBLASLT_EPILOGUE_BGRADA) || has(CUBLASLT_EPILOGUE_BGRADB); }
};
struct matrix_description {
  cudaDataType_t type;
  std::int64_t rows, columns, leading;
  std::int32_t batch = 1;
  std::int64_t apart = 0;
};
struct preference {
  std::uint64_t workspace = 0;
  std::uint32_t schemes = CUBLASLT_REDUCTION_SCHEME_MASK;
  std::uint32_t alignment = 0;
};
template <class T>
cublasStatus_t take(T& member, void const* value, std::size_t size) {
  if (size != sizeof member) return CUBLAS_STATUS_INVALID_VALUE;
  std::memcpy(&member, value, size);
  return CUBLAS_STATUS_SUCCESS;
}
inline cublasStatus_t create(cublasLtHandle_t* handle) {
  *handle = reinterpret_cast<cublasLtHandle_t>(new int(0));
  return CUBLAS_STATUS_SUCCESS;
}
inline cublasStatus_t destroy(cublasLtHandle_t handle) {
  delete reinterpret_cast<int*>(handle);
  return CUBLAS_STATUS_SUCCESS;
}
inline std::size_t version() { return 130102; }
inline cublasStatus_t create_product(cublasLtMatmulDesc_t* to, cublasComputeType_t compute, cudaDataType_t scale) {
  *to = reinterpret_cast<cublasLtMatmulDesc_t>(new product_description{compute, scale});
  return CUBLAS_STATUS_SUCCESS;
}
inline cublasStatus_t destroy_product(cublasLtMatmulDesc_t p) {
  delete &at<product_description>(p);
  return CUBLAS_STATUS_SUCCESS;
}
inline cublasStatus_t set_product(cublasLtMatmulDesc_t p, cublasLtMatmulDescAttributes_t what, void const* value,
                                  std::size_t size) {
  product_description& d = at<product_description>(p);
  switch (what) {
    case CUBLASLT_MATMUL_DESC_TRANSA: return take(d.a, value, size);
    case CUBLASLT_MATMUL_DESC_TRANSB: return take(d.b, value, size);
    case CUBLASLT_MATMUL_DESC_EPILOGUE: return take(d.epilogue, value, size);
    case CUBLASLT_MATMUL_DESC_BIAS_POINTER: return take(d.bias, value, size);
    case CUBLASLT_MATMUL_DESC_EPILOGUE_AUX_POINTER: return take(d.mask, value, size);
    case CUBLASLT_MATMUL_DESC_EPILOGUE_AUX_LD: return take(d.mask_leading, value, size);
    default: return CUBLAS_STATUS_NOT_SUPPORTED;
  }
}
inline cublasStatus_t create_matrix(cublasLtMatrixLayout_t* to, cudaDataType_t type, std::uint64_t rows,
                                    std::uint64_t columns, std::int64_t leading) {
  *to = reinterpret_cast<cublasLtMatrixLayout_t>(
      new matrix_description{type, static_cast<std::int64_t>(rows), static_cast<std::int64_t>(columns), leading});
  return CUBLAS_STATUS_SUCCESS;
}
inline cublasStatus_t destroy_matrix(cublasLtMatrixLayout_t m) {
  delete &at<matrix_description>(m);
  return CUBLAS_STATUS_SUCCESS;
}
inline cublasStatus_t set_matrix(cublasLtMatrixLayout_t m, cublasLtMatrixLayoutAttribute_t what, void const* value,
                                 std::size_t size) {
  matrix_description& d = at<matrix_description>(m);
  switch (what) {
    case CUBLASLT_MATRIX_LAYOUT_BATCH_COUNT: return take(d.batch, value, size);
    case CUBLASLT_MATRIX_LAYOUT_STRIDED_BATCH_OFFSET: return take(d.apart, value, size);
    default: return CUBLAS_STATUS_NOT_SUPPORTED;
  }
}
inline cublasStatus_t create_preference(cublasLtMatmulPreference_t* to) {
  *to = reinterpret_cast<cublasLtMatmulPreference_t>(new preference);
  return CUBLAS_STATUS_SUCCESS;
}
inline cublasStatus_t destroy_preference(cublasLtMatmulPreference_t p) {
  delete &at<preference>(p);
  return CUBLAS_STATUS_SUCCESS;
}
inline cublasStatus_t set_preference(cublasLtMatmulPreference_t p, cublasLtMatmulPreferenceAttributes_t what,
                                     void const* value, std::size_t size) {
  preference& d = at<preference>(p);
  switch (what) {
    case CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES: return take(d.workspace, value, size);
    case CUBLASLT_MATMUL_PREF_REDUCTION_SCHEME_MASK: return take(d.schemes, value, size);
    case CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_A_BYTES:
    case CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_B_BYTES:
    case CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_C_BYTES:
    case CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_D_BYTES: return take(d.alignment, value, size);
    default: return CUBLAS_STATUS_NOT_SUPPORTED;
  }
}
/// Whether op(A) op(B) is what C holds.
inline bool fits(product_description const& p, matrix_description const& a, matrix_description const& b,
                 matrix_description const& c) {
  bool const ta = p.a == CUBLAS_OP_T, tb = p.b == CUBLAS_OP_T;
  auto is_one = [](matrix_description const& m) {
    return m.leading >= m.rows && (m.batch == 1 || m.apart >= m.leading * m.columns);
  };
  return (ta ? a.columns : a.rows) == c.rows && (tb ? b.rows : b.columns) == c.columns &&
         (ta ? a.rows : a.columns) == (tb ? b.columns : b.rows) && is_one(a) && is_one(b) && is_one(c) &&
         (!p.has_aux() || (c.batch == 1 && p.mask && reinterpret_cast<std::uintptr_t>(p.mask) % 16 == 0 &&
                           p.mask_leading % (p.has_mask() ? 128 : 8) == 0 && p.mask_leading >= c.rows)) &&
         a.batch == c.batch && b.batch == c.batch && a.type == c.type && b.type == c.type && p.scale == c.type &&
         (p.compute == CUBLAS_COMPUTE_64F) == (c.type == CUDA_R_64F);
}
inline cublasStatus_t find(cublasLtHandle_t, cublasLtMatmulDesc_t p, cublasLtMatrixLayout_t a, cublasLtMatrixLayout_t b,
                           cublasLtMatrixLayout_t c, cublasLtMatrixLayout_t d, cublasLtMatmulPreference_t wanted,
                           int most, cublasLtMatmulHeuristicResult_t results[], int* found) {
  *found = 0;
  cublasLtEpilogue_t const epilogue = at<product_description>(p).epilogue;
  bool const has_epilogue = epilogue != CUBLASLT_EPILOGUE_DEFAULT;
  if (calls().refuses || (has_epilogue && (calls().refuses_epilogues || calls().refused.count(epilogue))))
    return CUBLAS_STATUS_NOT_SUPPORTED;
  if (calls().refuses_unaligned_slopes && at<product_description>(p).has(CUBLASLT_EPILOGUE_DGELU) &&
      at<preference>(wanted).alignment < 16)
    return CUBLAS_STATUS_NOT_SUPPORTED;
  if (calls().refuses_unaligned && at<preference>(wanted).alignment < 16) return CUBLAS_STATUS_NOT_SUPPORTED;
  if (c != d || most < 1 || at<preference>(wanted).schemes != CUBLASLT_REDUCTION_SCHEME_COMPUTE_TYPE ||
      !fits(at<product_description>(p), at<matrix_description>(a), at<matrix_description>(b),
            at<matrix_description>(c)))
    return CUBLAS_STATUS_INVALID_VALUE;
  int const ways = calls().ways_in_place + 1;
  for (*found = 0; *found < most && *found < ways; ++*found) {
    cublasLtMatmulHeuristicResult_t& r = results[*found];
    r = {};
    r.state = CUBLAS_STATUS_SUCCESS;
    r.algo.data[0] = 4711;
    r.algo.data[1] = at<preference>(wanted).alignment;
    r.algo.data[2] = *found == calls().ways_in_place;  // whether it may write elsewhere
    r.workspaceSize = static_cast<std::size_t>(at<preference>(wanted).workspace);
  }
  return CUBLAS_STATUS_SUCCESS;
}
inline cublasStatus_t say_of_algorithm(cublasLtMatmulAlgo_t const* algorithm, cublasLtMatmulAlgoCapAttributes_t what,
                                       void* to, std::size_t size, std::size_t* written) {
  std::int32_t const can = algorithm->data[2] != 0;
  if (what != CUBLASLT_ALGO_CAP_OUT_OF_PLACE_RESULT_SUPPORT || size != sizeof can) return CUBLAS_STATUS_INVALID_VALUE;
  std::memcpy(to, &can, *written = sizeof can);
  return CUBLAS_STATUS_SUCCESS;
}
/// The gradient of a bias: sums over the columns.
template <class T>
void sum_columns(product_description const& p, matrix_description const& c, void const* c_at) {
  for (std::int64_t i = 0; i < c.rows; ++i) {
    double sum = 0;
    for (std::int64_t j = 0; j < c.columns; ++j)
      sum += static_cast<double>(static_cast<T const*>(c_at)[i + j * c.leading]);
    static_cast<T*>(p.bias)[i] = static_cast<T>(sum);
  }
}
/// Of x * (1 + tanh(u)) / 2.
inline double slope_of_gelu(double x) {
  double const root = std::sqrt(2 / 3.14159265358979324), t = std::tanh(root * (x + 0.044715 * x * x * x));
  return 0.5 * (1 + t) + 0.5 * x * (1 - t * t) * root * (1 + 3 * 0.044715 * x * x);
}
template <class T>
void multiply(product_description const& p, matrix_description const& a, matrix_description const& b,
              matrix_description const& c, void const* a_at, void const* b_at, void const* before, void* c_at,
              bool masks_hold_zeros, bool relu_takes_nan, bool gelu_is_rough, double rounded) {
  bool const ta = p.a == CUBLAS_OP_T, tb = p.b == CUBLAS_OP_T;
  std::int64_t const depth = ta ? a.rows : a.columns;
  double const rough = gelu_is_rough ? 1e-4 : 0;
  for (std::int64_t batch = 0; batch < c.batch; ++batch)
    for (std::int64_t j = 0; j < c.columns; ++j)
      for (std::int64_t i = 0; i < c.rows; ++i) {
        double sum = 0;
        for (std::int64_t k = 0; k < depth; ++k)
          sum += static_cast<double>(
                     static_cast<T const*>(a_at)[batch * a.apart + (ta ? k + i * a.leading : i + k * a.leading)]) *
                 static_cast<double>(
                     static_cast<T const*>(b_at)[batch * b.apart + (tb ? j + k * b.leading : k + j * b.leading)]);
        if (before)
          sum +=
              (1 - rounded) * static_cast<double>(static_cast<T const*>(before)[batch * c.apart + i + j * c.leading]);
        if (p.has(CUBLASLT_EPILOGUE_BIAS)) sum += static_cast<double>(static_cast<T const*>(p.bias)[i]);
        if (p.has_mask()) {
          unsigned char& bits = static_cast<unsigned char*>(p.mask)[(j * p.mask_leading + i) / 8];
          unsigned char const bit = static_cast<unsigned char>(1 << i % 8);
          bool const passes = static_cast<T>(sum) > 0 || (masks_hold_zeros && sum == 0);
          if (p.has(CUBLASLT_EPILOGUE_RELU_AUX))
            bits = static_cast<unsigned char>(passes ? bits | bit : bits & ~bit);
          else if (!(bits & bit))
            sum = 0;
        }
        if (p.has(CUBLASLT_EPILOGUE_RELU)) sum = sum < 0 || (relu_takes_nan && std::isnan(sum)) ? 0 : sum;
        if (p.has_kept()) {
          T& kept = static_cast<T*>(p.mask)[j * p.mask_leading + i];
          if (p.has(CUBLASLT_EPILOGUE_GELU_AUX))
            kept = static_cast<T>(sum);
          else
            sum *= slope_of_gelu(static_cast<double>(kept)) + rough;
        }
        if (p.has(CUBLASLT_EPILOGUE_GELU))
          sum *= rough + 0.5 * (1 + std::tanh(std::sqrt(2 / 3.14159265358979324) * (sum + 0.044715 * sum * sum * sum)));
        static_cast<T*>(c_at)[batch * c.apart + i + j * c.leading] = static_cast<T>(sum);
      }
  if (p.has(16)) sum_columns<T>(p, c, c_at);
  bool const first = p.has(CUBLASLT_EPILOGUE_BGRADA);
  for (std::int64_t i = 0; p.sums_factor() && i < (first ? c.rows : c.columns); ++i) {
    double sum = 0;
    for (std::int64_t k = 0; k < depth; ++k)
      sum += first ? static_cast<double>(static_cast<T const*>(a_at)[ta ? k + i * a.leading : i + k * a.leading])
                   : static_cast<double>(static_cast<T const*>(b_at)[tb ? i + k * b.leading : k + i * b.leading]);
    static_cast<T*>(p.bias)[i] = static_cast<T>(sum * (1 + rough));
  }
}
/// Whether a product's result lies apart from its factors.
inline bool is_apart(matrix_description const& x, void const* at, matrix_description const& z, void const* to) {
  auto end = [](matrix_description const& m, void const* p) {
    std::int64_t const elements = (m.batch - 1) * m.apart + m.leading * m.columns;
    return static_cast<char const*>(p) + elements * (m.type == CUDA_R_64F ? 8 : 4);
  };
  return end(x, at) <= to || end(z, to) <= at;
}
inline cublasStatus_t launch(cublasLtHandle_t, cublasLtMatmulDesc_t what, void const* alpha, void const* a,
                             cublasLtMatrixLayout_t a_layout, void const* b, cublasLtMatrixLayout_t b_layout,
                             void const* beta, void const* c, cublasLtMatrixLayout_t c_layout, void* d,
                             cublasLtMatrixLayout_t d_layout, cublasLtMatmulAlgo_t const* algorithm, void* workspace,
                             std::size_t workspace_bytes, cudaStream_t stream) {
  if (calls().refuses || !algorithm || algorithm->data[0] != 4711) return CUBLAS_STATUS_NOT_SUPPORTED;
  product_description const p = at<product_description>(what);
  matrix_description const x = at<matrix_description>(a_layout), y = at<matrix_description>(b_layout),
                           z = at<matrix_description>(c_layout);
  auto number = [&](void const* at) {
    return z.type == CUDA_R_64F ? *static_cast<double const*>(at) : static_cast<double>(*static_cast<float const*>(at));
  };
  bool const adds = number(beta) != 0;
  for (void const* place : {a, b, c, static_cast<void const*>(d)})
    if (reinterpret_cast<std::uintptr_t>(place) % algorithm->data[1]) return CUBLAS_STATUS_INVALID_VALUE;
  if (adds && c != d && !algorithm->data[2]) return CUBLAS_STATUS_NOT_SUPPORTED;
  if (adds && calls().refuses_sums) return CUBLAS_STATUS_NOT_SUPPORTED;
  if (adds && calls().most_sums >= 0 && calls().sums > calls().most_sums)  // the first one is a question
    return CUBLAS_STATUS_EXECUTION_FAILED;
  if (number(alpha) != 1 || (adds && number(beta) != 1) || c_layout != d_layout ||
      (c != d && !(adds && is_apart(z, c, z, d))) || reinterpret_cast<std::uintptr_t>(workspace) % 256 ||
      (workspace_bytes && !workspace) || (p.has_bias() && !p.bias) || (p.has_aux() && !p.mask) ||
      !is_apart(x, a, z, d) || !is_apart(y, b, z, d))
    return CUBLAS_STATUS_INVALID_VALUE;
  if (p.has_kept() && !(is_apart(z, d, z, p.mask) && is_apart(x, a, z, p.mask) && is_apart(y, b, z, p.mask)))
    return CUBLAS_STATUS_INVALID_VALUE;
  if (p.has(CUBLASLT_EPILOGUE_GELU_AUX) && calls().most_kept >= 0 &&
      calls().with[p.epilogue] > calls().most_kept)  // the first one is a question
    return CUBLAS_STATUS_EXECUTION_FAILED;
  ++calls().products;
  calls().epilogues += p.epilogue != CUBLASLT_EPILOGUE_DEFAULT;
  ++calls().with[p.epilogue];
  calls().sums += adds;
  calls().with_sum[p.epilogue] += adds;
  calls().compute = p.compute;
  reinterpret_cast<emulated_stream*>(stream)->push([=, zeros = calls().masks_hold_zeros, nan = calls().relu_takes_nan,
                                                    rough = calls().gelu_is_rough,
                                                    rounded = calls().rounds_addends ? 1.0 / 4096 : 0] {
    std::memset(workspace, 0x7f, workspace_bytes < 4096 ? workspace_bytes : 4096);
    if (z.type == CUDA_R_64F)
      multiply<double>(p, x, y, z, a, b, adds ? c : nullptr, d, zeros, nan, rough, rounded);
    else
      multiply<float>(p, x, y, z, a, b, adds ? c : nullptr, d, zeros, nan, rough, rounded);
  });
  return CUBLAS_STATUS_SUCCESS;
}

}  // namespace emulated_libraries
