// SPDX-License-Identifier: MIT
#pragma once
#include <ashlar/device.hpp>

/// Stands before everything in sources of tests that are compiled for the device: what they say of `cpu` is proven of
/// the device's policy.
#define cpu device
