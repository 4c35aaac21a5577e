// SPDX-License-Identifier: MIT
#pragma once
#include "support/emulated_cublaslt.hpp"
#include "support/emulated_cudnn.hpp"

namespace emulated_libraries {

/// Puts both libraries where programs look for them.
inline void install() {
  auto function = [](auto* f) { return reinterpret_cast<void*>(f); };
  ashlar::detail::emulated_gpu().libraries["libcublasLt.so." + std::to_string(CUDART_VERSION / 1000)] = {
      {"cublasLtCreate", function(create)},
      {"cublasLtDestroy", function(destroy)},
      {"cublasLtGetVersion", function(version)},
      {"cublasLtMatmul", function(launch)},
      {"cublasLtMatmulAlgoCapGetAttribute", function(say_of_algorithm)},
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
      {"cudnnGetConvolutionForwardWorkspaceSize", function(memory_of_forward)},
      {"cudnnGetConvolutionBackwardDataWorkspaceSize", function(memory_of_data)},
      {"cudnnGetConvolutionBackwardFilterWorkspaceSize", function(memory_of_weight)},
      {"cudnnConvolutionForward", function(forward)},
      {"cudnnConvolutionBiasActivationForward", function(forward_with_activation)},
      {"cudnnCreateActivationDescriptor", function(create_one<cudnnActivationDescriptor_t, activation_description>)},
      {"cudnnSetActivationDescriptor", function(set_activation)},
      {"cudnnDestroyActivationDescriptor", function(destroy_one<cudnnActivationDescriptor_t, activation_description>)},
      {"cudnnConvolutionBackwardData", function(backward_data)},
      {"cudnnConvolutionBackwardFilter", function(backward_weight)}};
}

}  // namespace emulated_libraries
