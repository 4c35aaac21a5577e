// SPDX-License-Identifier: MIT
// expect: takes columns, or named<.*>.column.: column<float, 4>.numbers.
#include <ashlar/ashlar.hpp>
using namespace ashlar;

std::vector<float> numbers(8);

#ifdef ASHLAR_TWIN
tensor_dataset data{column<float, 4>(numbers)};
#else
tensor_dataset data{numbers};
#endif
