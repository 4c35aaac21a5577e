// SPDX-License-Identifier: MIT
#pragma once
#include <ashlar/backend/thrust/gpu/libraries/found.hpp>
#if ASHLAR_HAS_CUDNN
#include <cstdint>
#include <limits>

namespace ashlar::inline ASHLAR_ABI::detail::inline ASHLAR_DEVICE_ABI {

/// What Ashlar calls of cuDNN.
struct cudnn_functions {
  decltype(::cudnnCreate)* cudnnCreate = nullptr;
  decltype(::cudnnDestroy)* cudnnDestroy = nullptr;
  decltype(::cudnnSetStream)* cudnnSetStream = nullptr;
  decltype(::cudnnGetVersion)* cudnnGetVersion = nullptr;
  decltype(::cudnnCreateTensorDescriptor)* cudnnCreateTensorDescriptor = nullptr;
  decltype(::cudnnSetTensor4dDescriptor)* cudnnSetTensor4dDescriptor = nullptr;
  decltype(::cudnnDestroyTensorDescriptor)* cudnnDestroyTensorDescriptor = nullptr;
  decltype(::cudnnCreateFilterDescriptor)* cudnnCreateFilterDescriptor = nullptr;
  decltype(::cudnnSetFilter4dDescriptor)* cudnnSetFilter4dDescriptor = nullptr;
  decltype(::cudnnDestroyFilterDescriptor)* cudnnDestroyFilterDescriptor = nullptr;
  decltype(::cudnnCreateConvolutionDescriptor)* cudnnCreateConvolutionDescriptor = nullptr;
  decltype(::cudnnSetConvolution2dDescriptor)* cudnnSetConvolution2dDescriptor = nullptr;
  decltype(::cudnnSetConvolutionGroupCount)* cudnnSetConvolutionGroupCount = nullptr;
  decltype(::cudnnSetConvolutionMathType)* cudnnSetConvolutionMathType = nullptr;
  decltype(::cudnnDestroyConvolutionDescriptor)* cudnnDestroyConvolutionDescriptor = nullptr;
  decltype(::cudnnGetConvolutionForwardAlgorithm_v7)* cudnnGetConvolutionForwardAlgorithm_v7 = nullptr;
  decltype(::cudnnGetConvolutionBackwardDataAlgorithm_v7)* cudnnGetConvolutionBackwardDataAlgorithm_v7 = nullptr;
  decltype(::cudnnGetConvolutionBackwardFilterAlgorithm_v7)* cudnnGetConvolutionBackwardFilterAlgorithm_v7 = nullptr;
  decltype(::cudnnGetConvolutionForwardWorkspaceSize)* cudnnGetConvolutionForwardWorkspaceSize = nullptr;
  decltype(::cudnnConvolutionForward)* cudnnConvolutionForward = nullptr;
  decltype(::cudnnConvolutionBiasActivationForward)* cudnnConvolutionBiasActivationForward = nullptr;
  decltype(::cudnnCreateActivationDescriptor)* cudnnCreateActivationDescriptor = nullptr;
  decltype(::cudnnSetActivationDescriptor)* cudnnSetActivationDescriptor = nullptr;
  decltype(::cudnnDestroyActivationDescriptor)* cudnnDestroyActivationDescriptor = nullptr;
  decltype(::cudnnGetConvolutionBackwardDataWorkspaceSize)* cudnnGetConvolutionBackwardDataWorkspaceSize = nullptr;
  decltype(::cudnnConvolutionBackwardData)* cudnnConvolutionBackwardData = nullptr;
  decltype(::cudnnGetConvolutionBackwardFilterWorkspaceSize)* cudnnGetConvolutionBackwardFilterWorkspaceSize = nullptr;
  decltype(::cudnnConvolutionBackwardFilter)* cudnnConvolutionBackwardFilter = nullptr;
  bool is_there = false, has_activations = false;

  cudnn_functions() {
#if !defined(ASHLAR_LINK_CUDA_LIBRARIES)
    found_library const library("libcudnn.so", CUDNN_MAJOR);
#endif
    is_there = ASHLAR_FIND(cudnnCreate) && ASHLAR_FIND(cudnnDestroy) && ASHLAR_FIND(cudnnSetStream) &&
               ASHLAR_FIND(cudnnGetVersion) && ASHLAR_FIND(cudnnCreateTensorDescriptor) &&
               ASHLAR_FIND(cudnnSetTensor4dDescriptor) && ASHLAR_FIND(cudnnDestroyTensorDescriptor) &&
               ASHLAR_FIND(cudnnCreateFilterDescriptor) && ASHLAR_FIND(cudnnSetFilter4dDescriptor) &&
               ASHLAR_FIND(cudnnDestroyFilterDescriptor) && ASHLAR_FIND(cudnnCreateConvolutionDescriptor) &&
               ASHLAR_FIND(cudnnSetConvolution2dDescriptor) && ASHLAR_FIND(cudnnSetConvolutionGroupCount) &&
               ASHLAR_FIND(cudnnSetConvolutionMathType) && ASHLAR_FIND(cudnnDestroyConvolutionDescriptor) &&
               ASHLAR_FIND(cudnnGetConvolutionForwardAlgorithm_v7) &&
               ASHLAR_FIND(cudnnGetConvolutionBackwardDataAlgorithm_v7) &&
               ASHLAR_FIND(cudnnGetConvolutionBackwardFilterAlgorithm_v7) &&
               ASHLAR_FIND(cudnnGetConvolutionForwardWorkspaceSize) &&
               ASHLAR_FIND(cudnnGetConvolutionBackwardDataWorkspaceSize) &&
               ASHLAR_FIND(cudnnGetConvolutionBackwardFilterWorkspaceSize) && ASHLAR_FIND(cudnnConvolutionForward) &&
               ASHLAR_FIND(cudnnConvolutionBackwardData) && ASHLAR_FIND(cudnnConvolutionBackwardFilter);
    has_activations = is_there && ASHLAR_FIND(cudnnConvolutionBiasActivationForward) &&
                      ASHLAR_FIND(cudnnCreateActivationDescriptor) && ASHLAR_FIND(cudnnSetActivationDescriptor) &&
                      ASHLAR_FIND(cudnnDestroyActivationDescriptor);
  }
  /// Those of this process.
  static cudnn_functions const& of_process() {
    static cudnn_functions const functions;
    return functions;
  }
};

/// A convolution of images [batch, channels, h, w] by filters [out, channels / groups, kh, kw].
struct convolution_shape {
  std::int64_t batch, channels, h, w, out, oh, ow, kh, kw, sh, sw, ph, pw, dh, dw, groups;
  bool is_wide;

  /// By the numbers of a step.
  convolution_shape(std::int64_t const* n, bool wide)
      : batch(n[0]),
        channels(n[1]),
        h(n[2]),
        w(n[3]),
        out(n[4]),
        oh(n[5]),
        ow(n[6]),
        kh(n[7]),
        kw(n[8]),
        sh(n[9]),
        sw(n[10]),
        ph(n[11]),
        pw(n[12]),
        dh(n[13]),
        dw(n[14]),
        groups(n[15]),
        is_wide(wide) {}

  /// How many numbers the images, the filters and the results are.
  std::int64_t of_images() const { return batch * channels * h * w; }
  std::int64_t of_filters() const { return out * (channels / groups) * kh * kw; }
  std::int64_t of_results() const { return batch * out * oh * ow; }
  /// Whether the library's rule gives such results: others see what it would leave out.
  bool is_regular() const {
    return oh == (h + 2 * ph - dh * (kh - 1) - 1) / sh + 1 && ow == (w + 2 * pw - dw * (kw - 1) - 1) / sw + 1;
  }
};
/// Which of its three passes; the first may go on with a bias for each filter and a ReLU.
enum class convolution_pass { forward, data, weight, forward_with_relu };

/// How cuDNN computes one pass of a convolution; chosen when it is first asked for, among what is repeatable. Ways that
/// the library names and then refuses are passed over.
class cudnn_convolution {
  using functions = cudnn_functions;

 public:
  cudnn_convolution(cudnnHandle_t handle, convolution_shape const& c, convolution_pass pass,
                    library_precision precision, std::size_t workspace)
      : pass_(pass),
        workspace_(workspace),
        is_wide_(c.is_wide),
        is_rounded_(precision == library_precision::bf16 && !c.is_wide) {
    functions const& f = functions::of_process();
    cudnnDataType_t const sums = c.is_wide ? CUDNN_DATA_DOUBLE : CUDNN_DATA_FLOAT;
    cudnnDataType_t const type = is_rounded_ ? CUDNN_DATA_BFLOAT16 : sums;
    math_ = precision == library_precision::full ? CUDNN_FMA_MATH
            : is_rounded_                        ? CUDNN_TENSOR_OP_MATH
                                                 : CUDNN_DEFAULT_MATH;
    auto all = [&](auto... extent) { return ((extent >= 0 && extent <= 0x7fffffff) && ...); };
    auto whole = [](std::int64_t n) { return static_cast<int>(n); };
    is_usable_ =
        c.is_regular() && all(c.batch, c.channels, c.h, c.w, c.out, c.oh, c.ow) &&
        f.cudnnCreateTensorDescriptor(&x_) == success && f.cudnnCreateTensorDescriptor(&y_) == success &&
        f.cudnnCreateFilterDescriptor(&w_) == success && f.cudnnCreateConvolutionDescriptor(&what_) == success &&
        f.cudnnSetTensor4dDescriptor(x_, CUDNN_TENSOR_NCHW, type, whole(c.batch), whole(c.channels), whole(c.h),
                                     whole(c.w)) == success &&
        f.cudnnSetTensor4dDescriptor(y_, CUDNN_TENSOR_NCHW, type, whole(c.batch), whole(c.out), whole(c.oh),
                                     whole(c.ow)) == success &&
        f.cudnnSetFilter4dDescriptor(w_, type, CUDNN_TENSOR_NCHW, whole(c.out), whole(c.channels / c.groups),
                                     whole(c.kh), whole(c.kw)) == success &&
        f.cudnnSetConvolution2dDescriptor(what_, whole(c.ph), whole(c.pw), whole(c.sh), whole(c.sw), whole(c.dh),
                                          whole(c.dw), CUDNN_CROSS_CORRELATION, sums) == success &&
        f.cudnnSetConvolutionGroupCount(what_, whole(c.groups)) == success &&
        f.cudnnSetConvolutionMathType(what_, math_) == success;
    if (pass == convolution_pass::forward_with_relu)
      is_usable_ = is_usable_ && f.has_activations && f.cudnnCreateTensorDescriptor(&bias_) == success &&
                   f.cudnnSetTensor4dDescriptor(bias_, CUDNN_TENSOR_NCHW, type, 1, whole(c.out), 1, 1) == success &&
                   f.cudnnCreateActivationDescriptor(&relu_) == success &&
                   f.cudnnSetActivationDescriptor(relu_, CUDNN_ACTIVATION_RELU, CUDNN_PROPAGATE_NAN,
                                                  std::numeric_limits<double>::max()) == success;  // no upper bound
    if (!is_usable_) return;
    if (is_forward())
      is_usable_ = find<cudnnConvolutionFwdAlgoPerf_t>([&](int most, int* count, auto* found) {
        return f.cudnnGetConvolutionForwardAlgorithm_v7(handle, x_, w_, what_, y_, most, count, found);
      });
    else if (pass == convolution_pass::data)
      is_usable_ = find<cudnnConvolutionBwdDataAlgoPerf_t>([&](int most, int* count, auto* found) {
        return f.cudnnGetConvolutionBackwardDataAlgorithm_v7(handle, w_, y_, what_, x_, most, count, found);
      });
    else
      is_usable_ = find<cudnnConvolutionBwdFilterAlgoPerf_t>([&](int most, int* count, auto* found) {
        return f.cudnnGetConvolutionBackwardFilterAlgorithm_v7(handle, x_, y_, what_, w_, most, count, found);
      });
    choose(handle);
  }
  cudnn_convolution(cudnn_convolution const&) = delete;
  cudnn_convolution& operator=(cudnn_convolution const&) = delete;
  ~cudnn_convolution() {
    functions const& f = functions::of_process();
    if (x_) f.cudnnDestroyTensorDescriptor(x_);
    if (y_) f.cudnnDestroyTensorDescriptor(y_);
    if (w_) f.cudnnDestroyFilterDescriptor(w_);
    if (what_) f.cudnnDestroyConvolutionDescriptor(what_);
    if (bias_) f.cudnnDestroyTensorDescriptor(bias_);
    if (relu_) f.cudnnDestroyActivationDescriptor(relu_);
  }

  bool is_usable() const { return is_usable_; }
  /// It is not usable from now on.
  void refuse() { is_usable_ = false; }
  /// From now on it is computed in the way that it was last, or not at all: the others were not asked.
  void keep_way() { keeps_way_ = true; }
  /// Whether its operands are of bf16.
  bool is_rounded() const { return is_rounded_; }
  /// Launches it on the operands of the step: image and filter, gradient and filter, or gradient and image; then the
  /// result, and a bias where there is one. Returns whether that went well.
  bool launch(cudnnHandle_t handle, char* const* operands, void* workspace, gpu_stream stream) {
    if (functions::of_process().cudnnSetStream(handle, native_stream(stream)) != success) return false;
    while (is_usable_) {
      if (run(handle, operands, workspace) == success) return true;
      gpu_forget_failure();
      if (keeps_way_) return is_usable_ = false;
      ++at_;
      choose(handle);
    }
    return false;
  }

 private:
  static constexpr cudnnStatus_t success = CUDNN_STATUS_SUCCESS;
  static constexpr int most_ways = 16;

  bool is_forward() const { return pass_ == convolution_pass::forward || pass_ == convolution_pass::forward_with_relu; }
  cudnnStatus_t run(cudnnHandle_t handle, char* const* operands, void* workspace) const {
    functions const& f = functions::of_process();
    int const algorithm = ways_[at_].algorithm;
    float const one = 1, zero = 0;
    double const wide_one = 1, wide_zero = 0;
    void const* const alpha = is_wide_ ? static_cast<void const*>(&wide_one) : &one;
    void const* const beta = is_wide_ ? static_cast<void const*>(&wide_zero) : &zero;
    if (pass_ == convolution_pass::forward_with_relu)
      return f.cudnnConvolutionBiasActivationForward(
          handle, alpha, x_, operands[0], w_, operands[1], what_, static_cast<cudnnConvolutionFwdAlgo_t>(algorithm),
          workspace, bytes_, beta, y_, operands[2], bias_, operands[3], relu_, y_, operands[2]);
    if (pass_ == convolution_pass::forward)
      return f.cudnnConvolutionForward(handle, alpha, x_, operands[0], w_, operands[1], what_,
                                       static_cast<cudnnConvolutionFwdAlgo_t>(algorithm), workspace, bytes_, beta, y_,
                                       operands[2]);
    if (pass_ == convolution_pass::data)
      return f.cudnnConvolutionBackwardData(handle, alpha, w_, operands[1], y_, operands[0], what_,
                                            static_cast<cudnnConvolutionBwdDataAlgo_t>(algorithm), workspace, bytes_,
                                            beta, x_, operands[2]);
    return f.cudnnConvolutionBackwardFilter(handle, alpha, x_, operands[1], y_, operands[0], what_,
                                            static_cast<cudnnConvolutionBwdFilterAlgo_t>(algorithm), workspace, bytes_,
                                            beta, w_, operands[2]);
  }
  /// What a way works in, by the math that is set.
  cudnnStatus_t ask_for_bytes(cudnnHandle_t handle, int algorithm, std::size_t* bytes) const {
    functions const& f = functions::of_process();
    if (is_forward())
      return f.cudnnGetConvolutionForwardWorkspaceSize(handle, x_, w_, what_, y_,
                                                       static_cast<cudnnConvolutionFwdAlgo_t>(algorithm), bytes);
    if (pass_ == convolution_pass::data)
      return f.cudnnGetConvolutionBackwardDataWorkspaceSize(
          handle, w_, y_, what_, x_, static_cast<cudnnConvolutionBwdDataAlgo_t>(algorithm), bytes);
    return f.cudnnGetConvolutionBackwardFilterWorkspaceSize(
        handle, x_, y_, what_, w_, static_cast<cudnnConvolutionBwdFilterAlgo_t>(algorithm), bytes);
  }
  /// Keeps the ways that are repeatable and as exact as asked, the fastest first. Where exact ones are, some versions
  /// name the default math of those that know no other.
  template <class Found, class Ask>
  bool find(Ask const& ask) {
    Found found[most_ways]{};
    int count = 0;
    if (ask(most_ways, &count, found) != success) return false;
    bool const exact = math_ == CUDNN_FMA_MATH && !is_wide_;
    for (int i = 0; i < count && i < most_ways; ++i) {
      Found const& a = found[i];
      bool const fits = !exact || a.mathType == CUDNN_FMA_MATH || a.mathType == CUDNN_DEFAULT_MATH;
      if (a.status == success && a.determinism == CUDNN_DETERMINISTIC && fits)
        ways_[count_++] = {static_cast<int>(a.algo), exact ? CUDNN_FMA_MATH : a.mathType};
    }
    return true;
  }
  /// Takes the first way from here on that fits the workspace.
  void choose(cudnnHandle_t handle) {
    for (; is_usable_ && at_ < count_; ++at_)
      if (functions::of_process().cudnnSetConvolutionMathType(what_, ways_[at_].math) == success &&
          ask_for_bytes(handle, ways_[at_].algorithm, &bytes_) == success && bytes_ <= workspace_)
        return;
    is_usable_ = false;
  }

  struct way {
    int algorithm = 0;
    cudnnMathType_t math = CUDNN_DEFAULT_MATH;
  };
  cudnnTensorDescriptor_t x_ = nullptr, y_ = nullptr, bias_ = nullptr;
  cudnnActivationDescriptor_t relu_ = nullptr;
  cudnnFilterDescriptor_t w_ = nullptr;
  cudnnConvolutionDescriptor_t what_ = nullptr;
  cudnnMathType_t math_ = CUDNN_DEFAULT_MATH;
  convolution_pass pass_;
  way ways_[most_ways];
  int count_ = 0, at_ = 0;
  std::size_t workspace_, bytes_ = 0;
  bool is_wide_, is_rounded_, is_usable_ = false, keeps_way_ = false;
};

}  // namespace ashlar::inline ASHLAR_ABI::detail::inline ASHLAR_DEVICE_ABI
#endif
