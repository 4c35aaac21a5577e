// LeNet learns the 60,000 digits of MNIST and reads 99 % of the 10,000 others, in ten passes over the data.
// g++ -std=c++20 -O2 -I include examples/05_mnist.cpp -o mnist && ./mnist
// nvcc -std=c++20 -O2 -I include -x cu examples/05_mnist.cpp -o mnist && ./mnist
// cmake -B build && cmake --build build --target example_mnist
// SPDX-License-Identifier: MIT
#include <cstdio>
#include <cstdlib>

#include <ashlar/anywhere.hpp>

#include "tools/curve.hpp"
#include "tools/gallery.hpp"
#include "tools/mnist_files.hpp"
#include "tools/output_path.hpp"

using namespace ashlar;
using namespace ashlar_examples;

// The network of LeCun, Bottou, Bengio and Haffner, 1998, with today's activation.
inline constexpr auto lenet = conv2d<6, 5, padding<2>> | relu | max_pool2d<2> |  // [6, 14, 14]
                              conv2d<16, 5> | relu | max_pool2d<2> | flatten |   // [16, 5, 5], in a row: [400]
                              linear<120> | relu | linear<84> | relu | linear<10>;

int main(int argc, char** argv) try {
  std::string const folder = argc > 1 ? argv[1] : mnist_folder();
  int const number = argc > 2 ? std::atoi(argv[2]) : 7;
  if (folder.empty()) {
    std::puts("skipped: mnist: its folder is neither the first argument, $ASHLAR_DATA/mnist nor ../shared/data/mnist");
    return 77;
  }

  // Bytes become numbers of mean 0 and deviation 1: these two are those of all training images.
  idx_options const scaled{.mean = 0.1307f, .standard_deviation = 0.3081f};
  mnist_files const files = find_mnist(folder);
  auto const train = read_idx<1, 28, 28>(files.train_images, files.train_labels, scaled);
  auto const test = read_idx<1, 28, 28>(files.test_images, files.test_labels, scaled);

  auto net = model(lenet, input<1, 28, 28>, anywhere, seed{number});
  std::printf("%s\n%s", anywhere.describe().c_str(), summary(net).c_str());
  auto result = fit(net, train, test, cross_entropy, adamw{.learning_rate = 2e-3f, .weight_decay = 0.01f}, batch<64>,
                    {.epochs = 10, .progress = true, .shuffle = seed{number}, .schedule = cosine_decay});

  std::vector<double> losses, accuracies;
  double seconds = 0;
  for (auto const& epoch : result.epochs) {
    losses.push_back(epoch.loss), accuracies.push_back(epoch.accuracy);
    seconds += static_cast<double>(train.size()) / epoch.images_per_second;
  }
  write_curve(output_path("mnist.svg"), "MNIST", losses, accuracies);

  std::vector<prediction> mistakes;
  std::vector<std::int32_t> const digits = predict(net, test);
  for (int i = 0; i < test.size(); ++i) {
    if (digits[i] == test.label(i)) continue;
    prediction shown{{test.sample(i), test.sample(i) + 784}, digits[i], test.label(i)};
    for (float& pixel : shown.pixels) pixel = pixel * scaled.standard_deviation + scaled.mean;
    mistakes.push_back(shown);
  }
  write_gallery(output_path("mnist.png"), "all mistakes: predicted / true", mistakes);
  save(net, output_path("mnist.safetensors"));

  double const share = accuracy(net, test);
  std::printf("time per epoch %.1f s\naccuracy %.2f %%\n", seconds / static_cast<double>(losses.size()), 100 * share);
  return share >= 0.99 ? 0 : 1;
} catch (std::exception const& problem) {
  std::fprintf(stderr, "%s\n", problem.what());
  return 1;
}
