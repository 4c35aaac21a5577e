// SPDX-License-Identifier: MIT
#pragma once
#include <cstdint>
#include <string>

/// A system of Thrust that is chosen when a program is linked: tests of the device policy are compiled once, by
/// -DASHLAR_HOST_SYSTEM='"support/linked_system.hpp"', and run on every system and with every Thrust, each of which
/// compiles support/systems/linked_system.cpp.
namespace proof {

using part_function = void (*)(void const* work, std::int64_t part);

void do_parts(part_function function, void const* work, std::int64_t parts, bool side_by_side);
std::string host_system_in_words();
/// f(context) while the system has so many threads, where their number is its own.
void with_threads_of_system(int count, void (*f)(void* context), void* context);

}  // namespace proof

#if defined(ASHLAR_HOST_SYSTEM)
namespace ashlar::inline ASHLAR_ABI::detail::inline ASHLAR_DEVICE_ABI {

using proof::do_parts;
using proof::host_system_in_words;

}  // namespace ashlar::inline ASHLAR_ABI::detail::inline ASHLAR_DEVICE_ABI
#endif
