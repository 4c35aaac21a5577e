// Regression from a CSV file: how far does a ball fly, thrown at this speed, angle and height?
// g++ -std=c++20 -O2 -I include examples/06_regression.cpp -o regression && ./regression
// nvcc -std=c++20 -O2 -I include -x cu examples/06_regression.cpp -o regression && ./regression
// cmake -B build && cmake --build build --target example_regression
// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <vector>

#include <ashlar/anywhere.hpp>

#include "tools/data_path.hpp"
#include "tools/output_path.hpp"
#include "tools/plane.hpp"

using namespace ashlar;
using namespace ashlar_examples;

// Three numbers go in, one comes out.
inline constexpr auto network = linear<64> | tanh | linear<64> | tanh | linear<1>;

int main(int argc, char** argv) try {
  // Three columns of m/s, degrees and m, scaled to about 1; the last is the target: one float, instead of a label.
  std::string const file = argc > 1 ? argv[1] : data_path("throws.csv");
  auto const [train, valid] =
      split(read_csv<3>(file, target<float, 1>, {.scale = 1 / 20.0f, .header = true}), 200, seed{7});

  auto net = model(network, input<3>, anywhere, seed{7});
  std::printf("%s\n%s", anywhere.describe().c_str(), summary(net).c_str());
  auto const error_of = [&net, &valid = valid] { return std::sqrt(mean_squared_error(net, valid)); };
  std::printf("error before: %.2f m\n", error_of());
  fit(net, train, valid, mse, adam{.learning_rate = 1e-2f}, batch<50>,
      {.epochs = 200, .progress = true, .shuffle = seed{7}, .schedule = cosine_decay});

  // Each held-out throw, measured and predicted: on the line where both agree.
  plane picture("thrown balls: measured across, predicted up", 0, 55, 0, 55);
  picture.line(0, 0, 55, 55, {0xd8, 0xdb, 0xe3});
  std::vector<float> const predicted = predict(net, valid);
  for (int i = 0; i < valid.size(); ++i) picture.dot(valid.target(i)[0], predicted[i], colour_of_kind(0), 4);
  picture.write(output_path("regression.png"));

  tensor<float, 1, 3> const thrown{15 / 20.0f, 45 / 20.0f, 2 / 20.0f};
  std::printf("15 m/s at 45 degrees from 2 m: %.1f m (24.8 m by the parabola)\n", predict(net, thrown)[0]);
  double const error = error_of();
  std::printf("error %.2f m (0.5 m is that of measuring)\n", error);
  return error < 0.6 ? 0 : 1;
} catch (std::exception const& problem) {
  std::fprintf(stderr, "%s\n", problem.what());
  return 1;
}
