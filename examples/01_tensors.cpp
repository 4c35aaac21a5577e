// Tensors and views: a plate that is warm along one side, and how the warmth spreads.
// g++ -std=c++20 -O2 -I include examples/01_tensors.cpp -o tensors && ./tensors
// nvcc -std=c++20 -O2 -I include -x cu examples/01_tensors.cpp -o tensors && ./tensors
// cmake -B build && cmake --build build --target example_tensors
// SPDX-License-Identifier: MIT
#include <cmath>
#include <iostream>

#include <ashlar/anywhere.hpp>

#include "tools/output_path.hpp"
#include "tools/plane.hpp"

using namespace ashlar;
using namespace ashlar_examples;

int main() try {
  std::cout << anywhere.describe() << '\n';

  // The shape of a tensor is part of its type: another number of elements does not fit.
  tensor<float, 2, 3> x{1, 2, 3,  //
                        4, 5, 6};
  std::cout << "a tensor of shape " << x.shape() << ":\n" << x << "\nits last element: " << x(1, 2) << '\n';

  // A view looks at elements that lie elsewhere: a row, some columns, the transpose. Writing to it writes there.
  view<float, 3> const row = x.view().row(1);
  row.fill(0);
  std::cout << "row 1 set to zero:\n" << x << '\n';
  std::cout << "the last two columns:\n"
            << x.view().slice<1, 2>(1) << "\ntransposed:\n"
            << x.view().transpose() << '\n';

  // Tensors are values: a copy is one of its own. Random numbers follow from the seed, on every machine.
  tensor<float, 2, 3> copied = x;
  random_normal(copied, seed{7});
  std::cout << "a copy, filled with random numbers:\n" << copied << "\nwhile the first is still:\n" << x << '\n';

  // The plate: its upper side is held at 1, the others at 0, and inside any numbers to begin with.
  constexpr int size = 31, inside = size - 2;
  tensor<float, size, size> plate;
  random_uniform(plate, seed{7});
  for (int side = 0; side < size; side += size - 1) {
    plate.view().slice<0, 1>(side).fill(0);
    plate.view().slice<1, 1>(side).fill(0);
  }
  plate.view().row(0).fill(1);

  // Each inner point becomes the mean of its neighbours until nothing moves: five views of one memory, shifted by one.
  auto const shifted = [&](int down, int right) {
    return plate.view().slice<0, inside>(1 + down).slice<1, inside>(1 + right);
  };
  view<float, inside, inside> const here = shifted(0, 0);
  auto const above = shifted(-1, 0), below = shifted(1, 0), left = shifted(0, -1), right = shifted(0, 1);
  for (int sweep = 0; sweep < 3000; ++sweep)
    for (int i = 0; i < inside; ++i)
      for (int j = 0; j < inside; ++j) here(i, j) = (above(i, j) + below(i, j) + left(i, j) + right(i, j)) / 4;

  plane picture("a plate that is warm above", 0, size, 0, size);
  picture.shade([&](int cell) {
    return heat(plate(cell / plane::side * size / plane::side, cell % plane::side * size / plane::side));
  });
  picture.write(output_path("tensors.png"));

  // Four plates, each with another warm side, add up to one that is warm all over: so the middle of this one is 1/4.
  float const middle = plate(size / 2, size / 2), error = std::abs(middle - 0.25f);
  std::cout << "in the middle: " << middle << "\nerror " << error << '\n';
  return error < 1e-4f ? 0 : 1;
} catch (std::exception const& problem) {
  std::cerr << problem.what() << '\n';
  return 1;
}
