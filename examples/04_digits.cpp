// A convolutional network learns to read 1,797 handwritten digits, and a file of its weights is read back.
// g++ -std=c++20 -O2 -I include examples/04_digits.cpp -o digits && ./digits
// nvcc -std=c++20 -O2 -I include -x cu examples/04_digits.cpp -o digits && ./digits
// cmake -B build && cmake --build build --target example_digits
// SPDX-License-Identifier: MIT
#include <cstdio>
#include <cstdlib>

#include <ashlar/anywhere.hpp>

#include "tools/curve.hpp"
#include "tools/data_path.hpp"
#include "tools/gallery.hpp"
#include "tools/numbers.hpp"
#include "tools/output_path.hpp"

using namespace ashlar;
using namespace ashlar_examples;

// Images of one channel, 8 x 8; ten numbers come out, one for each digit.
inline constexpr auto network = conv2d<16, 3, padding<1>> | batch_norm | relu |  // [16, 8, 8]
                                conv2d<32, 3, padding<1>> | batch_norm | relu |  // [32, 8, 8]
                                max_pool2d<2> | dropout<0.25> | flatten |        // [512]
                                linear<64> | relu | dropout<0.5> | linear<10>;   // [10]

inline constexpr adamw optimizer{.learning_rate = 3e-3f};

fit_options training(int number) {
  return {.epochs = 40, .progress = true, .shuffle = seed{number}, .schedule = cosine_decay};
}

// In a process of its own: a network of another seed becomes the saved one.
int read_back(std::string const& data, int number, std::string const& weights, std::string const& answers) {
  auto [train, valid] = split(read_csv<1, 8, 8>(data, {.scale = 1 / 16.0f}), 360, seed{number});
  auto again = model(network, input<1, 8, 8>, anywhere, seed{number + 1});
  std::vector<std::int32_t> const before = predict(again, valid);
  load(again, weights);
  std::vector<std::int32_t> const after = predict(again, valid);
  std::vector<std::int32_t> const expected = read_numbers(answers);
  bool const same = before != expected && after == expected;
  std::printf("read back in a new process: %s\n", same ? "it differed before and is identical now" : "FAILED");
  return same ? 0 : 1;
}

int main(int argc, char** argv) try {
  std::string const data = argc > 1 ? argv[1] : data_path("digits.csv");
  int const number = argc > 2 ? std::atoi(argv[2]) : 7;
  std::string const weights = output_path("digits.safetensors"), answers = output_path("digits.txt");
  if (argc > 3) return read_back(data, number, weights, answers);

  auto [train, valid] = split(read_csv<1, 8, 8>(data, {.scale = 1 / 16.0f}), 360, seed{number});
  auto net = model(network, input<1, 8, 8>, anywhere, seed{number});
  std::printf("%s\n%s", anywhere.describe().c_str(), summary(net).c_str());
  auto result = fit(net, train, valid, cross_entropy, optimizer, batch<64>, training(number));

  // Pictures: how it learned, and what it says, mistakes marked.
  std::vector<double> losses, accuracies;
  for (auto const& epoch : result.epochs) losses.push_back(epoch.loss), accuracies.push_back(epoch.accuracy);
  write_curve(output_path("digits.svg"), "Handwritten digits", losses, accuracies);
  std::vector<std::int32_t> const digits = predict(net, valid);
  std::vector<prediction> shown;
  for (int i = 0; i < valid.size(); ++i)
    shown.push_back({{valid.sample(i), valid.sample(i) + 64}, digits[i], valid.label(i)});
  write_gallery(output_path("digits.png"), "360 digits the network never saw", shown, 24);

  save(net, weights);
  write_numbers(answers, digits);
  std::printf("wrote %s, .svg, .png\n", weights.c_str()), std::fflush(stdout);

  std::string const again = "\"" + std::string(argv[0]) + "\" \"" + data + "\" " + std::to_string(number) + " again";
  bool const read = std::system(again.c_str()) == 0;
  double const share = accuracy(net, valid);
  std::printf("accuracy %.2f %%\n", 100 * share);
  return read && share >= 0.98 ? 0 : 1;
} catch (std::exception const& problem) {
  std::fprintf(stderr, "%s\n", problem.what());
  return 1;
}
