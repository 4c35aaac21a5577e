// SPDX-License-Identifier: MIT
// expect: accuracy: the dataset has no column of labels, .* for this output of several classes .of several outputs by
#include <ashlar/ashlar.hpp>
using namespace ashlar;

inline constexpr auto network = [](auto x) {
  return outputs(named<"p">(named<"p">(linear<3>)(x)), named<"q">(named<"q">(linear<3>)(x)));
};
auto net = model(network, named<"x">(input<2>), cpu, seed{1});

#ifdef ASHLAR_TWIN
tensor_dataset data{named<"x">(column<float, 2>()), named<"q">(column<std::int32_t>())};
#else
tensor_dataset data{column<float, 2>(), column<std::int32_t>(), column<std::int32_t>()};
#endif

double share = accuracy<"q">(net, data);
