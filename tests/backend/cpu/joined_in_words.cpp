// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <string>

#include <ashlar/ashlar.hpp>

using namespace ashlar;

namespace {

template <class Net, class Input, class Policy, class Optimizer>
std::string text_of(Net const& network, Input const& sample, Policy const& policy, Optimizer const& optimizer) {
  auto net = model(network, sample, policy, seed{1});
  return to_text(make_trainer(net, cross_entropy, optimizer, batch<32>).summary());
}
/// The number behind `words` in the line of which they are part.
int number_behind(std::string const& text, std::string const& words) {
  std::size_t const at = text.find(words);
  return at == std::string::npos ? -1 : std::stoi(text.substr(at + words.size()));
}
/// The head of step n.
std::string head(std::string const& text, int n) {
  std::string const begin = "\nstep " + std::to_string(n) + ": ";
  std::size_t const at = text.find(begin);
  return at == std::string::npos ? "" : text.substr(at + 1, text.find('\n', at + 1) - at - 1);
}
std::size_t count(std::string const& text, std::string const& words) {
  std::size_t n = 0;
  for (std::size_t at = text.find(words); at != std::string::npos; at = text.find(words, at + 1)) ++n;
  return n;
}

constexpr auto perceptron = linear<32> | relu | linear<10>;
constexpr auto images = conv2d<16, 3, padding<1>> | relu | max_pool2d<2> | flatten | linear<10>;

}  // namespace

TEST_CASE("a trainer's text says which steps a product's kernel does, and those by which they are done") {
  std::string const text = text_of(perceptron, input<64>, cpu, sgd{});
  CAPTURE(text);
  for (char const* words : {"; adds the bias and takes the ReLU of step ", "; takes the ReLU's gradient of step "}) {
    CAPTURE(words);
    int const other = number_behind(text, words);
    REQUIRE(other > 0);
    std::string const done = head(text, other);
    CAPTURE(done);
    CHECK(head(text, number_behind(done, "; done by step ")).find(words) != std::string::npos);
  }
  CHECK(count(text, " on the way to memory\n") == count(text, "; done by step "));
}

TEST_CASE("a trainer's text says which maxima are taken with their positions") {
  CHECK(text_of(images, input<3, 16, 16>, cpu, sgd{}).find("(window_index), layer 2; takes the maxima of step ") !=
        std::string::npos);
}

TEST_CASE("a trainer's text says which products a matrix is added to") {
  std::string const text =
      text_of(linear<32> | residual(linear<32> | relu | linear<32>) | relu | residual(linear<32>) | linear<10>,
              input<64>, cpu, sgd{});
  CAPTURE(text);
  CHECK(count(text, "; adds the bias and a matrix and takes the ReLU of step ") == 1);
  CHECK(count(text, "; adds the bias and a matrix of step ") == 1);
  CHECK(count(text, "; adds a matrix of step ") == 1);
  CHECK(count(text, "maxima") == 0);
}

TEST_CASE("a trainer's text says which gradients the update takes while they are computed") {
  std::string const text = text_of(linear<1024> | relu | linear<10>, input<1024>, cpu, sgd{});
  std::string const words = "; done for the gradients of step";
  REQUIRE(count(text, words) == 2);  // sgd has two variants
  std::string const behind = text.substr(text.find(words) + words.size());
  int const gradient = std::stoi(behind.substr(behind.find(' ')));
  CHECK(head(text, gradient).find("; the update takes its gradient block by block") != std::string::npos);
  CHECK(text_of(perceptron, input<64>, cpu, sgd{}).find(words) == std::string::npos);
}

TEST_CASE("a trainer's text joins nothing where every step runs alone, or the policy is not known") {
  for (std::string const& text : {text_of(perceptron, input<64>, cpu.with(debug), sgd{}),
                                  text_of(perceptron, input<64>, cpu.with(no_fusion), sgd{}),
                                  to_text(training_plan(perceptron, input<64>, cross_entropy, sgd{}, batch<32>))})
    CHECK(text.find(';') == std::string::npos);
}

TEST_CASE("a trainer's summary in Graphviz's language says it, too") {
  auto net = model(perceptron, input<64>, cpu, seed{1});
  auto const t = make_trainer(net, cross_entropy, sgd{}, batch<32>);
  CHECK(to_dot(t.summary()).find("; adds the bias and takes the ReLU of step ") != std::string::npos);
}
