// SPDX-License-Identifier: MIT
#pragma once
// what a program records: a prediction or a function of tensors, and a training step
#include <ashlar/train/forward_recorders.hpp>
#include <ashlar/train/training_recorder.hpp>
