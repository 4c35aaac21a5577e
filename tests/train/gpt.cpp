// SPDX-License-Identifier: MIT
#include "../../bench/networks/gpt.hpp"

#include <doctest/doctest.h>

#include <cmath>

using namespace ashlar;

namespace {

// The next token is the sum of the last two, modulo 7: attention is needed to know it.
template <int Rows, int Context>
void write_sequences(tensor<std::int32_t, Rows, Context>& text, tensor<std::int32_t, Rows, Context>& next) {
  for (int r = 0; r < Rows; ++r) {
    int before = r % 7, now = 1 + r / 7;
    for (int t = 0; t < Context; ++t) {
      text(r, t) = now;
      int const sum = (before + now) % 7;
      next(r, t) = sum;
      before = now;
      now = sum;
    }
  }
}

}  // namespace

TEST_CASE("a small GPT of repeated blocks learns a sequence that needs attention") {
  constexpr int context = 8, rows = 14;
  auto net = model(networks::gpt<2, 32, 4, context, 7>::network, input_of<std::int32_t, context>, cpu, seed{1});
  auto t = make_trainer(net, cross_entropy, adamw{.learning_rate = 3e-3f}, batch<rows>);
  tensor<std::int32_t, rows, context> text, next;
  write_sequences(text, next);
  float const first = t.step(text, next);
  CHECK(first == doctest::Approx(std::log(7.0)).epsilon(0.1));
  float last = first;
  for (int step = 0; step < 120; ++step) last = t.step(text, next);
  CHECK(last < 0.5f * first);
  auto const logits = predict(net, text);
  int right = 0;
  for (int r = 0; r < rows; ++r)
    for (int c = 1; c < context; ++c) {  // the first token alone does not say what comes next
      int best = 0;
      for (int k = 1; k < 7; ++k) best = logits(r, c, k) > logits(r, c, best) ? k : best;
      right += best == next(r, c);
    }
  CHECK(right > 0.9 * rows * (context - 1));
}

TEST_CASE("a small GPT does not look ahead: later tokens change no earlier output") {
  constexpr int context = 8;
  auto net = model(networks::gpt<2, 32, 4, context, 7>::network, input_of<std::int32_t, context>, cpu, seed{1});
  tensor<std::int32_t, 1, context> a{0, 1, 2, 3, 4, 5, 6, 0}, b = a;
  b(0, 5) = 1;
  auto const x = predict(net, a), y = predict(net, b);
  bool differs = false;
  for (int t = 0; t < context; ++t)
    for (int k = 0; k < 7; ++k) {
      if (t < 5) CHECK(x(0, t, k) == y(0, t, k));
      differs = differs || (t >= 5 && x(0, t, k) != y(0, t, k));
    }
  CHECK(differs);
}
