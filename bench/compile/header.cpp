// SPDX-License-Identifier: MIT
#include <ashlar/ashlar.hpp>
