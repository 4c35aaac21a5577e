// SPDX-License-Identifier: MIT
#pragma once
#include <cmath>

#include "support/emulated_library_calls.hpp"

/// cuDNN on the emulated GPU.
namespace emulated_libraries {

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
         size(2, c.ph, c.sh, c.dh) && size(3, c.pw, c.sw, c.dw) && x.type == y.type && x.type == w.type &&
         c.type == (x.type == CUDNN_DATA_DOUBLE ? CUDNN_DATA_DOUBLE : CUDNN_DATA_FLOAT);
}
inline std::size_t size_of(tensor_description const& t) {
  return static_cast<std::size_t>(t.extent[0] * t.extent[1] * t.extent[2] * t.extent[3]);
}
/// Ways that must not be taken stand before the one that is.
enum way {
  is_unsupported,
  is_not_repeatable,
  wants_much_memory,
  rounds_factors,  // where that is not wanted
  has_no_memory_told,
  fails_at_last,
  serves,
  ways
};
/// What the way that serves works in: a copy of each operand.
inline std::size_t bytes_of_copies(tensor_description const& x, tensor_description const& w,
                                   tensor_description const& y) {
  std::size_t const size = x.type == CUDNN_DATA_DOUBLE ? 8 : x.type == CUDNN_DATA_BFLOAT16 ? 2 : 4;
  return size * (size_of(x) + size_of(w) + size_of(y));
}
template <class Found>
cudnnStatus_t find_pass(cudnnTensorDescriptor_t x, cudnnFilterDescriptor_t w, cudnnTensorDescriptor_t y,
                        cudnnConvolutionDescriptor_t c, int most, int* count, Found* found) {
  auto const& d = at<convolution_description>(c);
  *count = 0;
  if (calls().refuses) return CUDNN_STATUS_NOT_SUPPORTED;
  if (most < ways || !fits(at<tensor_description>(x), at<tensor_description>(w), at<tensor_description>(y), d))
    return CUDNN_STATUS_BAD_PARAM;
  for (int i = 0; i < ways; ++i) {
    bool const misses = i == is_unsupported || (i == rounds_factors && d.math != CUDNN_FMA_MATH);
    found[i] = {};
    found[i].algo = static_cast<decltype(found[i].algo)>(i);
    found[i].status = misses ? CUDNN_STATUS_NOT_SUPPORTED : CUDNN_STATUS_SUCCESS;
    found[i].determinism = i == is_not_repeatable ? CUDNN_NON_DETERMINISTIC : CUDNN_DETERMINISTIC;
    found[i].mathType = i == rounds_factors        ? CUDNN_TENSOR_OP_MATH
                        : d.math == CUDNN_FMA_MATH ? CUDNN_DEFAULT_MATH  // which it would round by
                                                   : d.math;
  }
  *count = ways;
  return CUDNN_STATUS_SUCCESS;
}
template <class Algorithm>
cudnnStatus_t memory_of(cudnnTensorDescriptor_t x, cudnnFilterDescriptor_t w, cudnnTensorDescriptor_t y,
                        Algorithm algorithm, std::size_t* bytes) {
  int const way = static_cast<int>(algorithm);
  *bytes = way == wants_much_memory
               ? std::size_t{1} << 40
               : bytes_of_copies(at<tensor_description>(x), at<tensor_description>(w), at<tensor_description>(y));
  return way == has_no_memory_told ? CUDNN_STATUS_NOT_SUPPORTED : CUDNN_STATUS_SUCCESS;
}
inline cudnnStatus_t memory_of_forward(cudnnHandle_t, cudnnTensorDescriptor_t const x, cudnnFilterDescriptor_t const w,
                                       cudnnConvolutionDescriptor_t const, cudnnTensorDescriptor_t const y,
                                       cudnnConvolutionFwdAlgo_t algorithm, std::size_t* bytes) {
  return memory_of(x, w, y, algorithm, bytes);
}
inline cudnnStatus_t memory_of_data(cudnnHandle_t, cudnnFilterDescriptor_t const w, cudnnTensorDescriptor_t const y,
                                    cudnnConvolutionDescriptor_t const, cudnnTensorDescriptor_t const x,
                                    cudnnConvolutionBwdDataAlgo_t algorithm, std::size_t* bytes) {
  return memory_of(x, w, y, algorithm, bytes);
}
inline cudnnStatus_t memory_of_weight(cudnnHandle_t, cudnnTensorDescriptor_t const x, cudnnTensorDescriptor_t const y,
                                      cudnnConvolutionDescriptor_t const, cudnnFilterDescriptor_t const w,
                                      cudnnConvolutionBwdFilterAlgo_t algorithm, std::size_t* bytes) {
  return memory_of(x, w, y, algorithm, bytes);
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
/// Which of image, filter and result is computed of the two others.
enum class wanted { image, filter, result };
/// A float without the lower half of its bits, the nearest of a number.
struct bf16 {
  std::uint16_t bits;

  bf16() = default;
  explicit bf16(double number) {
    float const x = static_cast<float>(number);
    if (std::isnan(x) || std::isinf(x)) {
      bits = std::isnan(x) ? 0x7fc0 : x < 0 ? 0xff80 : 0x7f80;
      return;
    }
    int exponent = 0;
    double const mantissa = std::frexp(static_cast<double>(x), &exponent);  // of 8 bits, the first a half
    float const nearest = static_cast<float>(std::ldexp(std::nearbyint(std::ldexp(mantissa, 8)), exponent - 8));
    std::uint32_t all;
    std::memcpy(&all, &nearest, sizeof all);
    bits = static_cast<std::uint16_t>(all >> 16);
  }
  operator double() const {
    std::uint32_t const all = std::uint32_t{bits} << 16;
    float x;
    std::memcpy(&x, &all, sizeof x);
    return static_cast<double>(x);
  }
};
template <class T>
void convolve(tensor_description const& x, tensor_description const& w, tensor_description const& y,
              convolution_description const& c, wanted what, void* image, void* filter, void* result) {
  T* const at[] = {static_cast<T*>(image), static_cast<T*>(filter), static_cast<T*>(result)};
  std::vector<double> sums(size_of(what == wanted::image ? x : what == wanted::filter ? w : y), 0.0);
  each_product(x, w, y, c, [&](std::int64_t i, std::int64_t f, std::int64_t r) {
    double const v[] = {static_cast<double>(at[0][i]), static_cast<double>(at[1][f]), static_cast<double>(at[2][r])};
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
  if (algorithm == fails_at_last) {
    ++calls().failed_convolutions;
    return CUDNN_STATUS_EXECUTION_FAILED;
  }
  tensor_description const image = at<tensor_description>(x_of), filter = at<tensor_description>(w_of),
                           result = at<tensor_description>(y_of);
  convolution_description const how = at<convolution_description>(c);
  if (calls().refuses || algorithm != serves || bytes != bytes_of_copies(image, filter, result) || !workspace)
    return CUDNN_STATUS_BAD_PARAM;
  ++calls().convolutions;
  calls().math = how.math;
  calls().type = image.type;
  at<cudnn_context>(handle).stream->push([=] {
    std::memset(workspace, 0x7f, bytes);
    auto const free = [](void const* p) { return const_cast<void*>(p); };
    if (image.type == CUDNN_DATA_DOUBLE)
      convolve<double>(image, filter, result, how, what, free(x), free(w), free(y));
    else if (image.type == CUDNN_DATA_BFLOAT16)
      convolve<bf16>(image, filter, result, how, what, free(x), free(w), free(y));
    else
      convolve<float>(image, filter, result, how, what, free(x), free(w), free(y));
  });
  return CUDNN_STATUS_SUCCESS;
}
struct activation_description {
  cudnnActivationMode_t mode = CUDNN_ACTIVATION_IDENTITY;
  cudnnNanPropagation_t nan = CUDNN_NOT_PROPAGATE_NAN;
  double bound = 0;
};
inline cudnnStatus_t set_activation(cudnnActivationDescriptor_t a, cudnnActivationMode_t mode,
                                    cudnnNanPropagation_t nan, double bound) {
  at<activation_description>(a) = {mode, nan, bound};
  return CUDNN_STATUS_SUCCESS;
}
template <class T>
void add_bias_and_relu(tensor_description const& y, void* result, void const* bias, bool takes_nan, double bound) {
  T* const to = static_cast<T*>(result);
  std::int64_t const pixels = y.extent[2] * y.extent[3];
  for (std::int64_t i = 0; i < y.extent[0] * y.extent[1] * pixels; ++i) {
    T const x = to[i] + static_cast<T const*>(bias)[i / pixels % y.extent[1]];
    to[i] = x < 0 || (takes_nan && std::isnan(x)) ? T(0) : x > bound ? static_cast<T>(bound) : x;
  }
}
inline cudnnStatus_t forward_with_activation(cudnnHandle_t handle, void const*, cudnnTensorDescriptor_t const x_of,
                                             void const* x, cudnnFilterDescriptor_t const w_of, void const* w,
                                             cudnnConvolutionDescriptor_t const c, cudnnConvolutionFwdAlgo_t algorithm,
                                             void* workspace, std::size_t bytes, void const*,
                                             cudnnTensorDescriptor_t const z_of, void const* z,
                                             cudnnTensorDescriptor_t const bias_of, void const* bias,
                                             cudnnActivationDescriptor_t const a, cudnnTensorDescriptor_t const y_of,
                                             void* y) {
  if (calls().refuses_activations) return CUDNN_STATUS_NOT_SUPPORTED;
  if (calls().activations == calls().last_activation) return CUDNN_STATUS_EXECUTION_FAILED;
  tensor_description const result = at<tensor_description>(y_of), biases = at<tensor_description>(bias_of);
  activation_description const how = at<activation_description>(a);
  if (z_of != y_of || z != y || size_of(biases) != static_cast<std::size_t>(result.extent[1]) ||
      biases.extent[1] != result.extent[1] || biases.type != result.type || how.mode != CUDNN_ACTIVATION_RELU ||
      result.type == CUDNN_DATA_BFLOAT16)
    return CUDNN_STATUS_BAD_PARAM;
  cudnnStatus_t const status = run(handle, x_of, x, w_of, w, y_of, y, c, wanted::result, algorithm, workspace, bytes);
  if (status != CUDNN_STATUS_SUCCESS) return status;
  ++calls().activations;
  bool const takes_nan = calls().relu_takes_nan || how.nan == CUDNN_NOT_PROPAGATE_NAN;
  double const bound = calls().relu_is_bounded ? 0 : how.bound;
  at<cudnn_context>(handle).stream->push([=] {
    if (result.type == CUDNN_DATA_DOUBLE)
      add_bias_and_relu<double>(result, y, bias, takes_nan, bound);
    else
      add_bias_and_relu<float>(result, y, bias, takes_nan, bound);
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

}  // namespace emulated_libraries
