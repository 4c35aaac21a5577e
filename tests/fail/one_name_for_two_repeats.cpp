// SPDX-License-Identifier: MIT
// expect: two layers have one name and so the same parameters, but want them of different shapes
#include <ashlar/ashlar.hpp>
using namespace ashlar;

#ifdef ASHLAR_TWIN
inline constexpr auto net = named<"a">(repeat<2>(linear<4>)) | named<"b">(repeat<3>(linear<4>));
#else

inline constexpr auto net = named<"a">(repeat<2>(linear<4>)) | named<"a">(repeat<3>(linear<4>));
#endif

auto m = model(net, input<4>, cpu, seed{1});
