// SPDX-License-Identifier: MIT
#pragma once
#include <ashlar/ashlar.hpp>
#include <ashlar/backend/thrust/policy.hpp>
