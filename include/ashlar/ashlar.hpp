// SPDX-License-Identifier: MIT
#pragma once

// core: what tensors are made of
#include <ashlar/core/config.hpp>
#include <ashlar/core/dtype.hpp>
#include <ashlar/core/error.hpp>
#include <ashlar/core/random.hpp>
#include <ashlar/core/random_tensor.hpp>
#include <ashlar/core/shape.hpp>
#include <ashlar/core/signature.hpp>
#include <ashlar/core/target.hpp>
#include <ashlar/core/tensor.hpp>
#include <ashlar/core/view.hpp>
#include <ashlar/core/view_stream.hpp>

// expr: values of a graph, their operators and transformations
#include <ashlar/expr/composite.hpp>
#include <ashlar/expr/convolution.hpp>
#include <ashlar/expr/custom.hpp>
#include <ashlar/expr/elementary.hpp>
#include <ashlar/expr/extremum.hpp>
#include <ashlar/expr/gradient.hpp>
#include <ashlar/expr/indexing.hpp>
#include <ashlar/expr/matmul.hpp>
#include <ashlar/expr/moving.hpp>
#include <ashlar/expr/pointwise.hpp>
#include <ashlar/expr/random_values.hpp>
#include <ashlar/expr/reduction.hpp>
#include <ashlar/expr/shaping.hpp>
#include <ashlar/expr/value.hpp>

// nn: layers, losses, optimizers
#include <ashlar/nn/activation.hpp>
#include <ashlar/nn/binary_cross_entropy_with_logits.hpp>
#include <ashlar/nn/branches.hpp>
#include <ashlar/nn/chain.hpp>
#include <ashlar/nn/constant_number.hpp>
#include <ashlar/nn/conv2d.hpp>
#include <ashlar/nn/conv_transpose2d.hpp>
#include <ashlar/nn/cross_entropy.hpp>
#include <ashlar/nn/dropout.hpp>
#include <ashlar/nn/elu.hpp>
#include <ashlar/nn/exchange.hpp>
#include <ashlar/nn/frozen.hpp>
#include <ashlar/nn/gelu.hpp>
#include <ashlar/nn/hardtanh.hpp>
#include <ashlar/nn/huber.hpp>
#include <ashlar/nn/initialised.hpp>
#include <ashlar/nn/initialiser.hpp>
#include <ashlar/nn/leaky_relu.hpp>
#include <ashlar/nn/linear.hpp>
#include <ashlar/nn/loss_options.hpp>
#include <ashlar/nn/losses.hpp>
#include <ashlar/nn/mae.hpp>
#include <ashlar/nn/mse.hpp>
#include <ashlar/nn/named.hpp>
#include <ashlar/nn/network.hpp>
#include <ashlar/nn/network_outputs.hpp>
#include <ashlar/nn/nll.hpp>
#include <ashlar/nn/normalisation.hpp>
#include <ashlar/nn/optimizer.hpp>
#include <ashlar/nn/parameter.hpp>
#include <ashlar/nn/pooling.hpp>
#include <ashlar/nn/repeat.hpp>
#include <ashlar/nn/residual.hpp>
#include <ashlar/nn/signature.hpp>
#include <ashlar/nn/silu.hpp>
#include <ashlar/nn/softmax.hpp>
#include <ashlar/nn/softplus.hpp>

// plan: what the compiler knows of a program
#include <ashlar/plan/dot.hpp>
#include <ashlar/plan/summary.hpp>
#include <ashlar/plan/text.hpp>

// backend: where programs run
#include <ashlar/backend/cpu/policy.hpp>

// data and files
#include <ashlar/data/batches.hpp>
#include <ashlar/data/column.hpp>
#include <ashlar/data/csv.hpp>
#include <ashlar/data/dataset.hpp>
#include <ashlar/data/idx.hpp>
#include <ashlar/data/split.hpp>
#include <ashlar/data/tensor_dataset.hpp>
#include <ashlar/io/safetensors.hpp>

// train: what is asked of networks, objectives and tensors; then models, trainers, and functions of tensors
#include <ashlar/train/given.hpp>
#include <ashlar/train/objective.hpp>
#include <ashlar/train/requirements.hpp>

#include <ashlar/train/dataset_columns.hpp>
#include <ashlar/train/objective_requirements.hpp>

#include <ashlar/train/compile.hpp>
#include <ashlar/train/files.hpp>
#include <ashlar/train/fit.hpp>
#include <ashlar/train/inspect.hpp>
#include <ashlar/train/metrics.hpp>
#include <ashlar/train/model.hpp>
#include <ashlar/train/predict.hpp>
#include <ashlar/train/predictor.hpp>
#include <ashlar/train/summary.hpp>
#include <ashlar/train/trainer.hpp>
