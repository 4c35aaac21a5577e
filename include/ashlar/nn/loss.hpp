// SPDX-License-Identifier: MIT
#pragma once

/// The losses: functions of (outputs, targets) that state their target's type.
#include <ashlar/nn/binary_cross_entropy_with_logits.hpp>
#include <ashlar/nn/cross_entropy.hpp>
#include <ashlar/nn/huber.hpp>
#include <ashlar/nn/mae.hpp>
#include <ashlar/nn/mse.hpp>
#include <ashlar/nn/nll.hpp>
