// A gradient penalty: an objective asks how steep the network itself is, and keeps it from chasing the noise.
// g++ -std=c++20 -O2 -I include examples/08_gradient_penalty.cpp -o penalty && ./penalty
// nvcc -std=c++20 -O2 -I include -x cu examples/08_gradient_penalty.cpp -o penalty && ./penalty
// cmake -B build && cmake --build build --target example_gradient_penalty
// SPDX-License-Identifier: MIT
#include <cmath>
#include <cstdio>
#include <vector>

#include <ashlar/anywhere.hpp>

#include "tools/output_path.hpp"
#include "tools/plane.hpp"

using namespace ashlar;
using namespace ashlar_examples;

inline constexpr int count = 40;  // few points, and much noise on them
inline constexpr auto network = linear<128> | tanh | linear<128> | tanh | linear<1>;

// The loss, and how far the curve bends: grad of the network by its input, and grad of that, are functions like others.
inline constexpr auto penalised = [](auto net, auto x, auto y) {
  auto slope = grad<0>([=](auto at) { return sum(net(at)); });
  auto bend = grad<0>([=](auto at) { return sum(slope(at)); });
  return mse(net(x), y) + 1e-3f * mean(square(bend(x)));
};

float truth(float x) { return 0.4f * x + 0.5f * std::cos(2.5f * x); }

// Trains a network by an objective and returns its curve.
template <class Objective>
std::vector<float> learned(Objective const& objective, tensor<float, count, 1> const& x,
                           tensor<float, count, 1> const& y, tensor<float, 200, 1> const& along) {
  auto net = model(network, input<1>, target<float, 1>, anywhere, seed{7});
  auto trainer = make_trainer(net, objective, adam{.learning_rate = 5e-3f}, batch<count>);
  for (int step = 0; step < 4000; ++step) {
    trainer.optimizer.learning_rate = 5e-3f * cosine_decay(static_cast<float>(step) / 4000);
    trainer.step(x, y);
  }
  auto const curve = predict(net, along);
  return {curve.begin(), curve.end()};
}

int main() try {
  std::printf("%s\n", anywhere.describe().c_str());
  tensor<float, count, 1> x, y;
  random_uniform(x, seed{7}, -2, 2);
  random_normal(y, seed{7}, 0.25f);
  for (int i = 0; i < count; ++i) y[i] += truth(x[i]);
  tensor<float, 200, 1> along;
  std::vector<float> right;
  for (int i = 0; i < 200; ++i) along[i] = -2 + 0.02f * (i + 0.5f), right.push_back(truth(along[i]));

  std::vector<float> const steep = learned(mse, x, y, along), smooth = learned(penalised, x, y, along);
  auto const error_of = [&](std::vector<float> const& curve) {
    double sum = 0;
    for (int i = 0; i < 200; ++i) sum += (curve[i] - right[i]) * (curve[i] - right[i]);
    return std::sqrt(sum / 200);
  };

  plane picture("the same network, without and with a penalty", -2, 2, -2, 2);
  std::vector<float> const across(along.begin(), along.end());
  picture.path(across, right, {0xb8, 0xbd, 0xca}, 6);
  picture.path(across, steep, colour_of_kind(1));
  picture.path(across, smooth, colour_of_kind(0));
  for (int i = 0; i < count; ++i) picture.dot(x[i], y[i], colour_of_kind(3), 4);
  picture.legend(0, "without", colour_of_kind(1)), picture.legend(1, "with", colour_of_kind(0));
  picture.write(output_path("gradient_penalty.png"));

  std::printf("error without %.3f, error with %.3f\n", error_of(steep), error_of(smooth));
  return error_of(smooth) < 0.15 && error_of(smooth) < 0.6 * error_of(steep) ? 0 : 1;
} catch (std::exception const& problem) {
  std::fprintf(stderr, "%s\n", problem.what());
  return 1;
}
