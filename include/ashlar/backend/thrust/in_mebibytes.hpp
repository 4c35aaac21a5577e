// SPDX-License-Identifier: MIT
#pragma once
#include <cstdint>
#include <string>

#include <ashlar/core/config.hpp>

namespace ashlar::inline ASHLAR_ABI::detail {

/// "12 MiB", rounded up.
inline std::string in_mebibytes(std::int64_t bytes) { return std::to_string((bytes + (1 << 20) - 1) >> 20) + " MiB"; }

}  // namespace ashlar::inline ASHLAR_ABI::detail
