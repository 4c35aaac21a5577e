// Primitives and layers of one's own: an operation with its gradient, and functions that call it and other layers.
// g++ -std=c++20 -O2 -I include examples/07_custom_layer_and_primitive.cpp -o custom && ./custom
// nvcc -std=c++20 -O2 -I include -x cu examples/07_custom_layer_and_primitive.cpp -o custom && ./custom
// cmake -B build && cmake --build build --target example_custom_layer_and_primitive
// SPDX-License-Identifier: MIT
#include <cmath>
#include <cstdio>
#include <vector>

#include <ashlar/anywhere.hpp>

#include "tools/curve.hpp"
#include "tools/data_path.hpp"
#include "tools/output_path.hpp"

using namespace ashlar;
using namespace ashlar_examples;

// A primitive is a type: the shape of its value, what computes an element of it, and its gradient as an expression.
struct softsign {
  template <class X>
  using result = X;
  template <class X, class Y>
  ASHLAR_HD static void element(std::int64_t i, X x, Y y) {  // on the host and on a device
    y.data()[i] = x.data()[i] / (1 + std::fabs(x.data()[i]));
  }
  static constexpr auto gradient = [](auto d, auto, auto x) { return d / square(1 + abs(x)); };
};

// A layer with parameters is a function that calls layers: here one half of it opens and closes the other.
inline constexpr auto gated = [](auto x) {
  return custom<softsign>(named<"content">(linear<48>)(x)) * sigmoid(named<"gate">(linear<48>)(x));
};

// A block around it: what comes in goes on, and the gated part of it is added.
inline constexpr auto gated_block = [](auto x) { return x + (layer_norm | gated)(x); };

// They stand in a chain like the layers that come with the library; each repetition has parameters of its own.
inline constexpr auto network =
    flatten | linear<48> | relu | dropout<0.2> | repeat<3>(gated_block) | layer_norm | named<"head">(linear<10>);

int main(int argc, char** argv) try {
  std::string const file = argc > 1 ? argv[1] : data_path("digits.csv");
  auto const [train, valid] = split(read_csv<1, 8, 8>(file, {.scale = 1 / 16.0f}), 360, seed{7});

  auto net = model(network, input<1, 8, 8>, anywhere, seed{7});
  std::printf("%s\n%s", anywhere.describe().c_str(), summary(net).c_str());
  auto const result = fit(net, train, valid, cross_entropy, adamw{.learning_rate = 3e-3f}, batch<64>,
                          {.epochs = 30, .progress = true, .shuffle = seed{7}, .schedule = cosine_decay});

  std::vector<double> losses, accuracies;
  for (auto const& epoch : result.epochs) losses.push_back(epoch.loss), accuracies.push_back(epoch.accuracy);
  write_curve(output_path("custom_layer.svg"), "Digits, by a primitive and layers of one's own", losses, accuracies);

  double const share = accuracy(net, valid);
  std::printf("accuracy %.2f %%\n", 100 * share);
  return share >= 0.97 ? 0 : 1;
} catch (std::exception const& problem) {
  std::fprintf(stderr, "%s\n", problem.what());
  return 1;
}
