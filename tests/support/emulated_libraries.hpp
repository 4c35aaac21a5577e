// SPDX-License-Identifier: MIT
#pragma once
#include <cublasLt.h>
#include <cudnn.h>

#include <cmath>
#include <map>
#include <set>

#include "support/emulated_gpu.hpp"

/// cuBLASLt and cuDNN on the emulated GPU: the functions that Ashlar calls, by plain loops, as NVIDIA documents them.
/// What they are told is kept word for word, and what the documentation forbids is refused.
namespace emulated_libraries {

using ashlar::detail::emulated_stream;

/// What the tests set and count.
struct state {
  int products = 0, epilogues = 0, convolutions = 0;  // launched
  std::map<cublasLtEpilogue_t, int> with;             // products launched with each epilogue
  bool refuses = false;                               // everything that is asked for from now on
  bool refuses_epilogues = false;                     // products with one
  std::set<cublasLtEpilogue_t> refused;               // products with one of these
  bool masks_hold_zeros = false;                      // whether a ReLU's mask has a bit for a sum of 0
  cublasComputeType_t compute = CUBLAS_COMPUTE_32F;   // of the last product
  cudnnMathType_t math = CUDNN_DEFAULT_MATH;          // of the last convolution
};
inline state& calls() {
  static state s;
  return s;
}

// ---- cuBLASLt: matrices in column-major order

struct product_description {
  cublasComputeType_t compute;
  cudaDataType_t scale;
  cublasOperation_t a = CUBLAS_OP_N, b = CUBLAS_OP_N;
  cublasLtEpilogue_t epilogue = CUBLASLT_EPILOGUE_DEFAULT;
  void* bias = nullptr;
  void* mask = nullptr;
  std::int64_t mask_leading = 0;  // bits

  bool has(int bits) const { return (epilogue & bits) == bits; }
  bool has_mask() const { return has(128); }
  bool has_bias() const { return has(CUBLASLT_EPILOGUE_BIAS) || has(16); }
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
};
template <class T>
cublasStatus_t take(T& member, void const* value, std::size_t size) {
  if (size != sizeof member) return CUBLAS_STATUS_INVALID_VALUE;
  std::memcpy(&member, value, size);
  return CUBLAS_STATUS_SUCCESS;
}
template <class T, class Handle>
T& at(Handle handle) {
  return *reinterpret_cast<T*>(handle);
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
  std::uint32_t alignment = 0;
  switch (what) {
    case CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES: return take(d.workspace, value, size);
    case CUBLASLT_MATMUL_PREF_REDUCTION_SCHEME_MASK: return take(d.schemes, value, size);
    case CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_A_BYTES:
    case CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_B_BYTES:
    case CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_C_BYTES:
    case CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_D_BYTES: return take(alignment, value, size);
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
         (!p.has_mask() || (c.batch == 1 && p.mask && p.mask_leading % 128 == 0 && p.mask_leading >= c.rows)) &&
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
  if (c != d || most < 1 || at<preference>(wanted).schemes != CUBLASLT_REDUCTION_SCHEME_COMPUTE_TYPE ||
      !fits(at<product_description>(p), at<matrix_description>(a), at<matrix_description>(b),
            at<matrix_description>(c)))
    return CUBLAS_STATUS_INVALID_VALUE;
  results[0] = {};
  results[0].state = CUBLAS_STATUS_SUCCESS;
  results[0].algo.data[0] = 4711;
  results[0].workspaceSize = static_cast<std::size_t>(at<preference>(wanted).workspace);
  *found = 1;
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
template <class T>
void multiply(product_description const& p, matrix_description const& a, matrix_description const& b,
              matrix_description const& c, void const* a_at, void const* b_at, void* c_at, bool masks_hold_zeros) {
  bool const ta = p.a == CUBLAS_OP_T, tb = p.b == CUBLAS_OP_T;
  std::int64_t const depth = ta ? a.rows : a.columns;
  for (std::int64_t batch = 0; batch < c.batch; ++batch)
    for (std::int64_t j = 0; j < c.columns; ++j)
      for (std::int64_t i = 0; i < c.rows; ++i) {
        double sum = 0;
        for (std::int64_t k = 0; k < depth; ++k)
          sum += static_cast<double>(
                     static_cast<T const*>(a_at)[batch * a.apart + (ta ? k + i * a.leading : i + k * a.leading)]) *
                 static_cast<double>(
                     static_cast<T const*>(b_at)[batch * b.apart + (tb ? j + k * b.leading : k + j * b.leading)]);
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
        if (p.has(CUBLASLT_EPILOGUE_RELU)) sum = sum < 0 ? 0 : sum;
        if (p.has(CUBLASLT_EPILOGUE_GELU))
          sum *= 0.5 * (1 + std::tanh(std::sqrt(2 / 3.14159265358979324) * (sum + 0.044715 * sum * sum * sum)));
        static_cast<T*>(c_at)[batch * c.apart + i + j * c.leading] = static_cast<T>(sum);
      }
  if (p.has(16)) sum_columns<T>(p, c, c_at);
}
/// Whether a product's result lies apart from its factors.
inline bool is_apart(matrix_description const& x, void const* at, matrix_description const& z, void const* to) {
  auto end = [](matrix_description const& m, void const* p) {
    std::int64_t const elements = (m.batch - 1) * m.apart + m.leading * m.columns;
    return static_cast<char const*>(p) + elements * (m.type == CUDA_R_64F ? 8 : 4);
  };
  return end(x, at) <= to || end(z, to) <= at;
}
inline cublasStatus_t launch(cublasLtHandle_t, cublasLtMatmulDesc_t what, void const*, void const* a,
                             cublasLtMatrixLayout_t a_layout, void const* b, cublasLtMatrixLayout_t b_layout,
                             void const*, void const* c, cublasLtMatrixLayout_t c_layout, void* d,
                             cublasLtMatrixLayout_t, cublasLtMatmulAlgo_t const* algorithm, void* workspace,
                             std::size_t workspace_bytes, cudaStream_t stream) {
  if (calls().refuses || !algorithm || algorithm->data[0] != 4711) return CUBLAS_STATUS_NOT_SUPPORTED;
  product_description const p = at<product_description>(what);
  matrix_description const x = at<matrix_description>(a_layout), y = at<matrix_description>(b_layout),
                           z = at<matrix_description>(c_layout);
  if (c != d || reinterpret_cast<std::uintptr_t>(workspace) % 256 || (workspace_bytes && !workspace) ||
      (p.has_bias() && !p.bias) || (p.has_mask() && !p.mask) || !is_apart(x, a, z, d) || !is_apart(y, b, z, d))
    return CUBLAS_STATUS_INVALID_VALUE;
  ++calls().products;
  calls().epilogues += p.epilogue != CUBLASLT_EPILOGUE_DEFAULT;
  ++calls().with[p.epilogue];
  calls().compute = p.compute;
  reinterpret_cast<emulated_stream*>(stream)->push([=, zeros = calls().masks_hold_zeros] {
    std::memset(workspace, 0x7f, workspace_bytes < 4096 ? workspace_bytes : 4096);
    if (z.type == CUDA_R_64F)
      multiply<double>(p, x, y, z, a, b, d, zeros);
    else
      multiply<float>(p, x, y, z, a, b, d, zeros);
  });
  return CUBLAS_STATUS_SUCCESS;
}

// ---- cuDNN

struct tensor_description {
  cudnnDataType_t type = CUDNN_DATA_FLOAT;
  std::int64_t extent[4]{};
};
struct convolution_description {
  std::int64_t ph, pw, sh, sw, dh, dw, groups = 1;
  cudnnDataType_t type;
  cudnnMathType_t math = CUDNN_DEFAULT_MATH;
};
struct cudnn_context {
  emulated_stream* stream = nullptr;
};
template <class Handle, class T>
cudnnStatus_t create_one(Handle* to) {
  *to = reinterpret_cast<Handle>(new T);
  return CUDNN_STATUS_SUCCESS;
}
template <class Handle, class T>
cudnnStatus_t destroy_one(Handle handle) {
  delete &at<T>(handle);
  return CUDNN_STATUS_SUCCESS;
}
inline cudnnStatus_t set_stream(cudnnHandle_t handle, cudaStream_t stream) {
  at<cudnn_context>(handle).stream = reinterpret_cast<emulated_stream*>(stream);
  return CUDNN_STATUS_SUCCESS;
}
inline std::size_t cudnn_version() { return 91400; }
inline cudnnStatus_t set_tensor(cudnnTensorDescriptor_t t, cudnnTensorFormat_t format, cudnnDataType_t type, int n,
                                int c, int h, int w) {
  at<tensor_description>(t) = {type, {n, c, h, w}};
  return format == CUDNN_TENSOR_NCHW ? CUDNN_STATUS_SUCCESS : CUDNN_STATUS_NOT_SUPPORTED;
}
inline cudnnStatus_t set_filter(cudnnFilterDescriptor_t t, cudnnDataType_t type, cudnnTensorFormat_t format, int k,
                                int c, int h, int w) {
  at<tensor_description>(t) = {type, {k, c, h, w}};
  return format == CUDNN_TENSOR_NCHW ? CUDNN_STATUS_SUCCESS : CUDNN_STATUS_NOT_SUPPORTED;
}
inline cudnnStatus_t set_convolution(cudnnConvolutionDescriptor_t c, int ph, int pw, int sh, int sw, int dh, int dw,
                                     cudnnConvolutionMode_t mode, cudnnDataType_t type) {
  at<convolution_description>(c) = {ph, pw, sh, sw, dh, dw, 1, type};
  return mode == CUDNN_CROSS_CORRELATION ? CUDNN_STATUS_SUCCESS : CUDNN_STATUS_NOT_SUPPORTED;
}
inline cudnnStatus_t set_groups(cudnnConvolutionDescriptor_t c, int groups) {
  at<convolution_description>(c).groups = groups;
  return CUDNN_STATUS_SUCCESS;
}
inline cudnnStatus_t set_math(cudnnConvolutionDescriptor_t c, cudnnMathType_t math) {
  at<convolution_description>(c).math = math;
  return CUDNN_STATUS_SUCCESS;
}
inline bool fits(tensor_description const& x, tensor_description const& w, tensor_description const& y,
                 convolution_description const& c) {
  auto size = [&](int axis, std::int64_t p, std::int64_t s, std::int64_t d) {
    return (x.extent[axis] + 2 * p - d * (w.extent[axis] - 1) - 1) / s + 1 == y.extent[axis];
  };
  return x.extent[0] == y.extent[0] && x.extent[1] == w.extent[1] * c.groups && w.extent[0] == y.extent[1] &&
         size(2, c.ph, c.sh, c.dh) && size(3, c.pw, c.sw, c.dw) && x.type == y.type && x.type == w.type;
}
/// Two that must not be taken stand before the one that is: one that is not repeatable, one that wants more memory.
template <class Found>
cudnnStatus_t offer(bool fits, cudnnMathType_t math, int most, int* count, Found* found) {
  *count = 0;
  if (calls().refuses) return CUDNN_STATUS_NOT_SUPPORTED;
  if (!fits || most < 4) return CUDNN_STATUS_BAD_PARAM;
  for (int i = 0; i < 4; ++i) {
    found[i] = {};
    found[i].algo = static_cast<decltype(found[i].algo)>(i);
    found[i].status = i == 0 ? CUDNN_STATUS_NOT_SUPPORTED : CUDNN_STATUS_SUCCESS;
    found[i].determinism = i == 1 ? CUDNN_NON_DETERMINISTIC : CUDNN_DETERMINISTIC;
    found[i].memory = i == 2 ? std::size_t{1} << 40 : 4096;
    found[i].mathType = math;
  }
  *count = 4;
  return CUDNN_STATUS_SUCCESS;
}
template <class Found>
cudnnStatus_t find_pass(cudnnTensorDescriptor_t x, cudnnFilterDescriptor_t w, cudnnTensorDescriptor_t y,
                        cudnnConvolutionDescriptor_t c, int most, int* count, Found* found) {
  auto const& d = at<convolution_description>(c);
  return offer(fits(at<tensor_description>(x), at<tensor_description>(w), at<tensor_description>(y), d), d.math, most,
               count, found);
}
inline cudnnStatus_t find_forward(cudnnHandle_t, cudnnTensorDescriptor_t const x, cudnnFilterDescriptor_t const w,
                                  cudnnConvolutionDescriptor_t const c, cudnnTensorDescriptor_t const y, int const most,
                                  int* count, cudnnConvolutionFwdAlgoPerf_t* found) {
  return find_pass(x, w, y, c, most, count, found);
}
inline cudnnStatus_t find_data(cudnnHandle_t, cudnnFilterDescriptor_t const w, cudnnTensorDescriptor_t const y,
                               cudnnConvolutionDescriptor_t const c, cudnnTensorDescriptor_t const x, int const most,
                               int* count, cudnnConvolutionBwdDataAlgoPerf_t* found) {
  return find_pass(x, w, y, c, most, count, found);
}
inline cudnnStatus_t find_weight(cudnnHandle_t, cudnnTensorDescriptor_t const x, cudnnTensorDescriptor_t const y,
                                 cudnnConvolutionDescriptor_t const c, cudnnFilterDescriptor_t const w, int const most,
                                 int* count, cudnnConvolutionBwdFilterAlgoPerf_t* found) {
  return find_pass(x, w, y, c, most, count, found);
}
/// f(image, filter, result, their elements' numbers) for every product of a convolution.
template <class F>
void each_product(tensor_description const& x, tensor_description const& w, tensor_description const& y,
                  convolution_description const& c, F f) {
  std::int64_t const channels = w.extent[1], filters = w.extent[0] / c.groups;
  for (std::int64_t n = 0; n < y.extent[0]; ++n)
    for (std::int64_t k = 0; k < y.extent[1]; ++k)
      for (std::int64_t i = 0; i < y.extent[2]; ++i)
        for (std::int64_t j = 0; j < y.extent[3]; ++j)
          for (std::int64_t ch = 0; ch < channels; ++ch)
            for (std::int64_t a = 0; a < w.extent[2]; ++a)
              for (std::int64_t b = 0; b < w.extent[3]; ++b) {
                std::int64_t const u = i * c.sh + a * c.dh - c.ph, v = j * c.sw + b * c.dw - c.pw;
                if (u < 0 || v < 0 || u >= x.extent[2] || v >= x.extent[3]) continue;
                f(((n * x.extent[1] + k / filters * channels + ch) * x.extent[2] + u) * x.extent[3] + v,
                  ((k * channels + ch) * w.extent[2] + a) * w.extent[3] + b,
                  ((n * y.extent[1] + k) * y.extent[2] + i) * y.extent[3] + j);
              }
}
inline std::size_t size_of(tensor_description const& t) {
  return static_cast<std::size_t>(t.extent[0] * t.extent[1] * t.extent[2] * t.extent[3]);
}
/// Which of image, filter and result is computed of the two others.
enum class wanted { image, filter, result };
template <class T>
void convolve(tensor_description const& x, tensor_description const& w, tensor_description const& y,
              convolution_description const& c, wanted what, void* image, void* filter, void* result) {
  T* const at[] = {static_cast<T*>(image), static_cast<T*>(filter), static_cast<T*>(result)};
  std::vector<double> sums(size_of(what == wanted::image ? x : what == wanted::filter ? w : y), 0.0);
  each_product(x, w, y, c, [&](std::int64_t i, std::int64_t f, std::int64_t r) {
    double const v[] = {at[0][i], at[1][f], at[2][r]};
    if (what == wanted::image) sums[static_cast<std::size_t>(i)] += v[1] * v[2];
    if (what == wanted::filter) sums[static_cast<std::size_t>(f)] += v[0] * v[2];
    if (what == wanted::result) sums[static_cast<std::size_t>(r)] += v[0] * v[1];
  });
  for (std::size_t i = 0; i < sums.size(); ++i) at[static_cast<int>(what)][i] = static_cast<T>(sums[i]);
}
inline cudnnStatus_t run(cudnnHandle_t handle, cudnnTensorDescriptor_t x_of, void const* x,
                         cudnnFilterDescriptor_t w_of, void const* w, cudnnTensorDescriptor_t y_of, void const* y,
                         cudnnConvolutionDescriptor_t c, wanted what, int algorithm, void* workspace,
                         std::size_t bytes) {
  if (calls().refuses || algorithm != 3 || bytes != 4096 || !workspace) return CUDNN_STATUS_BAD_PARAM;
  tensor_description const image = at<tensor_description>(x_of), filter = at<tensor_description>(w_of),
                           result = at<tensor_description>(y_of);
  convolution_description const how = at<convolution_description>(c);
  ++calls().convolutions;
  calls().math = how.math;
  at<cudnn_context>(handle).stream->push([=] {
    auto const free = [](void const* p) { return const_cast<void*>(p); };
    if (image.type == CUDNN_DATA_DOUBLE)
      convolve<double>(image, filter, result, how, what, free(x), free(w), free(y));
    else
      convolve<float>(image, filter, result, how, what, free(x), free(w), free(y));
  });
  return CUDNN_STATUS_SUCCESS;
}
inline cudnnStatus_t forward(cudnnHandle_t handle, void const*, cudnnTensorDescriptor_t const x_of, void const* x,
                             cudnnFilterDescriptor_t const w_of, void const* w, cudnnConvolutionDescriptor_t const c,
                             cudnnConvolutionFwdAlgo_t algorithm, void* workspace, std::size_t bytes, void const*,
                             cudnnTensorDescriptor_t const y_of, void* y) {
  return run(handle, x_of, x, w_of, w, y_of, y, c, wanted::result, algorithm, workspace, bytes);
}
inline cudnnStatus_t backward_data(cudnnHandle_t handle, void const*, cudnnFilterDescriptor_t const w_of, void const* w,
                                   cudnnTensorDescriptor_t const y_of, void const* y,
                                   cudnnConvolutionDescriptor_t const c, cudnnConvolutionBwdDataAlgo_t algorithm,
                                   void* workspace, std::size_t bytes, void const*, cudnnTensorDescriptor_t const x_of,
                                   void* x) {
  return run(handle, x_of, x, w_of, w, y_of, y, c, wanted::image, algorithm, workspace, bytes);
}
inline cudnnStatus_t backward_weight(cudnnHandle_t handle, void const*, cudnnTensorDescriptor_t const x_of,
                                     void const* x, cudnnTensorDescriptor_t const y_of, void const* y,
                                     cudnnConvolutionDescriptor_t const c, cudnnConvolutionBwdFilterAlgo_t algorithm,
                                     void* workspace, std::size_t bytes, void const*,
                                     cudnnFilterDescriptor_t const w_of, void* w) {
  return run(handle, x_of, x, w_of, w, y_of, y, c, wanted::filter, algorithm, workspace, bytes);
}

/// Puts both libraries where programs look for them.
inline void install() {
  auto function = [](auto* f) { return reinterpret_cast<void*>(f); };
  ashlar::detail::emulated_gpu().libraries["libcublasLt.so." + std::to_string(CUDART_VERSION / 1000)] = {
      {"cublasLtCreate", function(create)},
      {"cublasLtDestroy", function(destroy)},
      {"cublasLtGetVersion", function(version)},
      {"cublasLtMatmul", function(launch)},
      {"cublasLtMatmulAlgoGetHeuristic", function(find)},
      {"cublasLtMatmulDescCreate", function(create_product)},
      {"cublasLtMatmulDescDestroy", function(destroy_product)},
      {"cublasLtMatmulDescSetAttribute", function(set_product)},
      {"cublasLtMatmulPreferenceCreate", function(create_preference)},
      {"cublasLtMatmulPreferenceDestroy", function(destroy_preference)},
      {"cublasLtMatmulPreferenceSetAttribute", function(set_preference)},
      {"cublasLtMatrixLayoutCreate", function(create_matrix)},
      {"cublasLtMatrixLayoutDestroy", function(destroy_matrix)},
      {"cublasLtMatrixLayoutSetAttribute", function(set_matrix)}};
  ashlar::detail::emulated_gpu().libraries["libcudnn.so." + std::to_string(CUDNN_MAJOR)] = {
      {"cudnnCreate", function(create_one<cudnnHandle_t, cudnn_context>)},
      {"cudnnDestroy", function(destroy_one<cudnnHandle_t, cudnn_context>)},
      {"cudnnSetStream", function(set_stream)},
      {"cudnnGetVersion", function(cudnn_version)},
      {"cudnnCreateTensorDescriptor", function(create_one<cudnnTensorDescriptor_t, tensor_description>)},
      {"cudnnSetTensor4dDescriptor", function(set_tensor)},
      {"cudnnDestroyTensorDescriptor", function(destroy_one<cudnnTensorDescriptor_t, tensor_description>)},
      {"cudnnCreateFilterDescriptor", function(create_one<cudnnFilterDescriptor_t, tensor_description>)},
      {"cudnnSetFilter4dDescriptor", function(set_filter)},
      {"cudnnDestroyFilterDescriptor", function(destroy_one<cudnnFilterDescriptor_t, tensor_description>)},
      {"cudnnCreateConvolutionDescriptor", function(create_one<cudnnConvolutionDescriptor_t, convolution_description>)},
      {"cudnnSetConvolution2dDescriptor", function(set_convolution)},
      {"cudnnSetConvolutionGroupCount", function(set_groups)},
      {"cudnnSetConvolutionMathType", function(set_math)},
      {"cudnnDestroyConvolutionDescriptor",
       function(destroy_one<cudnnConvolutionDescriptor_t, convolution_description>)},
      {"cudnnGetConvolutionForwardAlgorithm_v7", function(find_forward)},
      {"cudnnGetConvolutionBackwardDataAlgorithm_v7", function(find_data)},
      {"cudnnGetConvolutionBackwardFilterAlgorithm_v7", function(find_weight)},
      {"cudnnConvolutionForward", function(forward)},
      {"cudnnConvolutionBackwardData", function(backward_data)},
      {"cudnnConvolutionBackwardFilter", function(backward_weight)}};
}

}  // namespace emulated_libraries
