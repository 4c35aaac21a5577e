// Layers of one's own: functions of values, which may hold other layers and be repeated, named and combined like them.
// g++ -std=c++20 -O2 -I include examples/07_custom_layer.cpp -o custom_layer && ./custom_layer
// nvcc -std=c++20 -O2 -I include -x cu examples/07_custom_layer.cpp -o custom_layer && ./custom_layer
// cmake -B build && cmake --build build --target example_custom_layer
// SPDX-License-Identifier: MIT
#include <cstdio>
#include <vector>

#include <ashlar/anywhere.hpp>

#include "tools/curve.hpp"
#include "tools/data_path.hpp"
#include "tools/output_path.hpp"

using namespace ashlar;
using namespace ashlar_examples;

// An activation is a function; its gradient follows from it.
inline constexpr auto swish = [](auto x) { return x * sigmoid(x); };

// A layer with parameters is a function that calls layers: here one half of it opens and closes the other.
inline constexpr auto gated = [](auto x) {
  return named<"content">(linear<48>)(x) * sigmoid(named<"gate">(linear<48>)(x));
};

// A block around it: what comes in goes on, and the gated part of it is added.
inline constexpr auto residual = [](auto x) { return x + (layer_norm | gated)(x); };

// They stand in a chain like the layers that come with the library; each repetition has parameters of its own.
inline constexpr auto network =
    flatten | linear<48> | swish | dropout<0.2> | repeat<3>(residual) | layer_norm | named<"head">(linear<10>);

int main(int argc, char** argv) try {
  std::string const file = argc > 1 ? argv[1] : data_path("digits.csv");
  auto const [train, valid] = split(read_csv<1, 8, 8>(file, {.scale = 1 / 16.0f}), 360, seed{7});

  auto net = model(network, input<1, 8, 8>, anywhere, seed{7});
  std::printf("%s\n%s", anywhere.describe(), summary(net).c_str());
  auto const result = fit(net, train, valid, cross_entropy, adamw{.learning_rate = 3e-3f}, batch<64>,
                          {.epochs = 30, .progress = true, .shuffle = seed{7}, .schedule = cosine_decay});

  std::vector<double> losses, accuracies;
  for (auto const& epoch : result.epochs) losses.push_back(epoch.loss), accuracies.push_back(epoch.accuracy);
  write_curve(output_path("custom_layer.svg"), "Digits, by layers of one's own", losses, accuracies);

  double const share = accuracy(net, valid);
  std::printf("accuracy %.2f %%\n", 100 * share);
  return share >= 0.97 ? 0 : 1;
} catch (std::exception const& problem) {
  std::fprintf(stderr, "%s\n", problem.what());
  return 1;
}
