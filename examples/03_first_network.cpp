// A first network: it learns which of three spirals a point of the plane lies on.
// g++ -std=c++20 -O2 -I include examples/03_first_network.cpp -o first_network && ./first_network
// nvcc -std=c++20 -O2 -I include -x cu examples/03_first_network.cpp -o first_network && ./first_network
// cmake -B build && cmake --build build --target example_first_network
// SPDX-License-Identifier: MIT
#include <cmath>
#include <cstdio>
#include <vector>

#include <ashlar/anywhere.hpp>

#include "tools/output_path.hpp"
#include "tools/plane.hpp"

using namespace ashlar;
using namespace ashlar_examples;

// Points beside three arms that wind around the middle; a point's label is its arm.
dataset<2> spirals(int count, seed number) {
  random_stream const random(number, hash_path("spirals", 7));
  std::vector<float> points;
  std::vector<std::int32_t> labels;
  for (int i = 0; i < count; ++i) {
    float const along = random.uniform(3 * i), radius = 0.1f + 0.9f * along;
    float const angle = 2.0944f * static_cast<float>(i % 3) + 5 * along;  // 2.0944: a third of a turn
    points.push_back(radius * std::cos(angle) + 0.025f * random.normal(3 * i + 1));
    points.push_back(radius * std::sin(angle) + 0.025f * random.normal(3 * i + 2));
    labels.push_back(i % 3);
  }
  return {points, labels};
}

// Two numbers go in, three come out: the arm whose number is largest is the answer.
inline constexpr auto network = linear<64> | tanh | linear<64> | tanh | linear<3>;

int main() try {
  auto const [train, valid] = split(spirals(1200, seed{7}), 300, seed{7});

  auto net = model(network, input<2>, anywhere, seed{7});
  std::printf("%s\n%s", anywhere.describe().c_str(), summary(net).c_str());
  std::printf("accuracy before: %.2f %%\n", 100 * accuracy(net, valid));
  fit(net, train, valid, cross_entropy, adam{.learning_rate = 5e-3f}, batch<64>,
      {.epochs = 60, .progress = true, .shuffle = seed{7}, .schedule = cosine_decay});

  // The network's answer for every cell of the picture: pale where it wavers between two arms.
  plane picture("three spirals, and what the network sees", -1.2, 1.2, -1.2, 1.2);
  tensor<float, plane::cells, 2> const grid(picture.centres());
  tensor<float, plane::cells, 3> const scores = predict(net, grid);
  picture.shade([&](int cell) {
    int best = 0;
    double all = 0;
    for (int arm = 1; arm < 3; ++arm) best = scores(cell, arm) > scores(cell, best) ? arm : best;
    for (int arm = 0; arm < 3; ++arm) all += std::exp(scores(cell, arm) - scores(cell, best));
    return mixed({255, 255, 255}, colour_of_kind(best), 0.75 / all - 0.25);
  });
  for (int i = 0; i < valid.size(); ++i)
    picture.dot(valid.sample(i)[0], valid.sample(i)[1], colour_of_kind(valid.label(i)));
  picture.write(output_path("first_network.png"));

  double const share = accuracy(net, valid);
  std::printf("accuracy %.2f %%\n", 100 * share);
  return share >= 0.98 ? 0 : 1;
} catch (std::exception const& problem) {
  std::fprintf(stderr, "%s\n", problem.what());
  return 1;
}
