// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <cmath>
#include <cstdint>
#include <cstdio>
#include <string>
#include <vector>

#include <ashlar/ashlar.hpp>

#include "io/temporary_folder.hpp"
#include "support/elements_of.hpp"

using namespace ashlar;

namespace {

using enum detail::stored_order;

inline constexpr auto wide = linear<48> | relu | repeat<3>(linear<48>) | frozen(linear<40>) | relu | linear<10>;

/// What linear<Out> is, of parameters that lie as their shapes say.
template <int Out>
struct row_by_row {
  template <class T, int B, int In>
  constexpr auto operator()(basic_value<T, B, In> x) const {
    auto weight = parameter<"weight", T, Out, In>(x, initial_constant<0.0>);
    return matmul(x, transpose(weight)) + parameter<"bias", T, Out>(x, initial_constant<0.0>);
  }
};
inline constexpr auto wide_row_by_row =
    row_by_row<48>{} | relu | repeat<3>(row_by_row<48>{}) | frozen(row_by_row<40>{}) | relu | row_by_row<10>{};

template <class Model>
detail::stored_order order_of(Model const& net, std::string const& name) {
  auto order = detail::stored_order::rows;
  net.each_variable([&](parameter_reference const& p, detail::variable_info const& v) {
    if (p.name() == name) order = v.order;
  });
  return order;
}
template <class A, class B>
double difference(A const& a, B const& b) {
  double most = 0;
  a.each_variable([&](parameter_reference const& p, auto const&) {
    std::vector<float> const x = proof::elements_of<float>(p), y = proof::elements_of<float>(b.parameter(p.name()));
    REQUIRE(x.size() == y.size());
    for (std::size_t i = 0; i < x.size(); ++i) most = std::fmax(most, std::fabs(double{x[i]} - double{y[i]}));
  });
  return most;
}
/// Steps on full and partial batches of both, from the first one's parameters; what they differ in then.
template <class A, class B, class Optimizer>
double difference_after_training(A& a, B& b, Optimizer const& optimizer) {
  a.each_variable([&](parameter_reference const& p, auto const&) {
    b.parameter(p.name()).write(proof::elements_of<float>(p).data());
  });
  auto t = make_trainer(a, cross_entropy, optimizer, batch<8>);
  auto u = make_trainer(b, cross_entropy, optimizer, batch<8>);
  for (int step = 0; step < 6; ++step) {
    tensor<float, 8, 7> x;
    random_normal(x, seed{step + 1});
    tensor<std::int32_t, 8> const labels{0, 1, 2, 3, 4, 5, 6, step};
    tensor<float, 3, 7> const few(x.view().template slice<0, 3>(1));
    tensor<std::int32_t, 3> const labels_of_few{4, 5, step};
    float const loss = step % 2 ? t.step(few, labels_of_few) : t.step(x, labels);
    CHECK(loss == doctest::Approx(step % 2 ? u.step(few, labels_of_few) : u.step(x, labels)).epsilon(1e-5));
  }
  return difference(a, b);
}

}  // namespace

TEST_CASE("weights of many outputs lie column by column, others and those of one's own row by row") {
  auto const net = model(wide, input<7>, cpu, seed{5});
  for (char const* name : {"0.weight", "2.0.weight", "2.2.weight", "3.weight"}) CHECK(order_of(net, name) == columns);
  for (char const* name : {"0.bias", "5.weight"}) CHECK(order_of(net, name) == rows);
  CHECK(order_of(model(wide_row_by_row, input<7>, cpu, seed{5}), "0.weight") == rows);
  CHECK(net.parameter("0.weight").shape() == make_shape<48, 7>());
  CHECK(summary(net).find("[48, 7]") != std::string::npos);
}

TEST_CASE("a file has the bytes that it had when every weight lay row by row, and loads as it is") {
  temporary_folder const folder;
  std::string const file = folder.file("wide.safetensors");
  auto const net = model(wide, input<7>, cpu, seed{5});
  save(net, file);
  std::FILE* const in = std::fopen(file.c_str(), "rb");
  REQUIRE(in != nullptr);
  std::uint64_t hash = 0xcbf29ce484222325u;  // FNV-1a
  for (int c; (c = std::fgetc(in)) != EOF;) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3u;
  std::fclose(in);
  CHECK(hash == 0x4dba8fc0420ea76bu);

  safetensors_file const read(file);
  safetensors_entry const* const entry = read.find("2.1.weight");
  REQUIRE(entry != nullptr);
  CHECK(entry->extents == std::vector<std::int64_t>{48, 48});
  auto const* const numbers = reinterpret_cast<float const*>(read.data(*entry));
  random_stream const stream(seed{5}, hash_path("2.1.weight", 10));
  double const bound = 1 / std::sqrt(48.0);
  for (std::uint64_t i = 0; i < 48 * 48; ++i)
    REQUIRE(numbers[i] == static_cast<float>((2.0 * static_cast<double>(stream.uniform(i)) - 1) * bound));

  auto other = model(wide, input<7>, cpu, seed{6});
  CHECK(difference(net, other) > 0.01);
  load(other, file);
  CHECK(difference(net, other) == 0);
}

namespace {

/// They learn the same by two optimizers, and then predict the same of so many rows.
template <int... Rows, class Net, class Other>
void check_equal(Net& net, Other& other) {
  CHECK(difference_after_training(net, other, sgd{.learning_rate = 0.1f, .momentum = 0.9f}) < 2e-5);
  CHECK(difference_after_training(net, other, clip_by_norm{0.5f} | adamw{.learning_rate = 1e-3f}) < 2e-5);
  auto check_rows = [&]<int Count>(tensor<float, Count, 7> x) {
    random_normal(x, seed{Count});
    auto const y = predict(net, x), z = predict(other, x);
    for (std::int64_t i = 0; i < y.size(); ++i) CHECK(std::fabs(y[i] - z[i]) < 1e-4);
  };
  (check_rows(tensor<float, Rows, 7>()), ...);
}

}  // namespace

TEST_CASE("a network whose weights lie column by column predicts and trains as one whose weights do not") {
  auto net = model(wide, input<7>, cpu, seed{5});
  auto other = model(wide_row_by_row, input<7>, cpu, seed{5});
  check_equal<1, 3, 33>(net, other);
}

namespace {

std::uint64_t hash_of_file(std::string const& file) {
  std::FILE* const in = std::fopen(file.c_str(), "rb");
  REQUIRE(in != nullptr);
  std::uint64_t hash = 0xcbf29ce484222325u;  // FNV-1a
  for (int c; (c = std::fgetc(in)) != EOF;) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3u;
  std::fclose(in);
  return hash;
}

inline constexpr auto in_panels = linear<128> | relu | repeat<2>(linear<128>) | frozen(linear<192>) | relu |
                                  linear<320> | tanh | linear<64> | relu | linear<10>;
inline constexpr auto not_in_panels = row_by_row<128>{} | relu | repeat<2>(row_by_row<128>{}) |
                                      frozen(row_by_row<192>{}) | relu | row_by_row<320>{} | tanh | row_by_row<64>{} |
                                      relu | row_by_row<10>{};

}  // namespace

TEST_CASE("weights whose outputs are several panels lie in panels, and files are as they were") {
  auto net = model(in_panels, input<7>, cpu, seed{5});
  for (char const* name : {"0.weight", "2.0.weight", "2.1.weight", "3.weight", "5.weight"})
    CHECK(order_of(net, name) == panels);
  CHECK(order_of(net, "7.weight") == columns);
  CHECK(order_of(net, "9.weight") == rows);
  CHECK(order_of(net, "0.bias") == rows);
  CHECK(net.parameter("5.weight").shape() == make_shape<320, 192>());
  tensor<float, 128, 7> const weight = net.parameter("0.weight");
  auto const* const stored = reinterpret_cast<float const*>(net.parameter("0.weight").address());
  for (int out = 0; out < 128; ++out)
    for (int in = 0; in < 7; ++in) REQUIRE(weight(out, in) == stored[out / 64 * 7 * 64 + in * 64 + out % 64]);

  temporary_folder const folder;
  std::string const file = folder.file("panels.safetensors");
  save(net, file);
  CHECK(hash_of_file(file) == 0x17fa4b8eff356ed5u);
  auto other = model(in_panels, input<7>, cpu, seed{6});
  CHECK(difference(net, other) > 0.01);
  load(other, file);
  CHECK(difference(net, other) == 0);
  auto copied = model(in_panels, input<7>, cpu, seed{7});
  copied.parameter("0.weight") = weight;
  CHECK(std::memcmp(copied.parameter("0.weight").address(), stored, 128 * 7 * sizeof(float)) == 0);
}

TEST_CASE("a network whose weights lie in panels predicts and trains as one whose weights do not") {
  auto net = model(in_panels, input<7>, cpu, seed{5});
  auto other = model(not_in_panels, input<7>, cpu, seed{5});
  check_equal<1, 3, 70>(net, other);
}

TEST_CASE("weights in panels have the same bits after training on any number of threads") {
  std::vector<float> all[3];
  auto train = [&](int count) {
    thread_pool pool(threads{count});
    pool.set_break_even(0);
    auto net = model(in_panels, input<7>, cpu.with(pool), seed{5});
    auto t = make_trainer(net, cross_entropy, adam{.learning_rate = 1e-2f}, batch<40>);
    for (int step = 0; step < 3; ++step) {
      tensor<float, 40, 7> x;
      random_normal(x, seed{step + 1});
      tensor<std::int32_t, 40> labels;
      for (int i = 0; i < 40; ++i) labels[i] = (i + step) % 10;
      t.step(x, labels);
    }
    net.each_variable([&](parameter_reference const& p, auto const&) {
      for (float const v : proof::elements_of<float>(p)) all[count - 1].push_back(v);
    });
  };
  for (int count : {1, 2, 3}) train(count);
  CHECK(all[0] == all[1]);
  CHECK(all[0] == all[2]);
}

namespace {

inline constexpr auto plain_of_panels = row_by_row<128>{};
inline constexpr auto panels_by_layer = [](auto x) {
  return named<"t">(linear<128>)(x) - tanh(named<"t">(plain_of_panels)(x));
};
inline constexpr auto panels_by_hand = [](auto x) {
  return named<"t">(plain_of_panels)(x) - tanh(named<"t">(plain_of_panels)(x));
};

}  // namespace

TEST_CASE("a weight in panels that another layer reads in its shape is one weight") {
  auto by_layer = model(panels_by_layer, input<7>, cpu, seed{1});
  auto expected = model(panels_by_hand, input<7>, cpu, seed{1});
  CHECK(order_of(by_layer, "t.weight") == panels);
  CHECK(difference_after_training(by_layer, expected, sgd{.learning_rate = 0.05f, .momentum = 0.5f}) < 2e-5);
}

namespace {

inline constexpr auto plain = row_by_row<40>{};
inline constexpr auto first_by_layer = [](auto x) { return named<"t">(linear<40>)(x) - tanh(named<"t">(plain)(x)); };
inline constexpr auto first_by_hand = [](auto x) { return named<"t">(plain)(x) - tanh(named<"t">(linear<40>)(x)); };
inline constexpr auto all_by_hand = [](auto x) { return named<"t">(plain)(x) - tanh(named<"t">(plain)(x)); };

}  // namespace

TEST_CASE("a weight that two layers share lies as the first of them asks, and both read it in its shape") {
  auto by_layer = model(first_by_layer, input<7>, cpu, seed{1});
  auto by_hand = model(first_by_hand, input<7>, cpu, seed{1});
  auto expected = model(all_by_hand, input<7>, cpu, seed{1});
  CHECK(order_of(by_layer, "t.weight") == columns);
  CHECK(order_of(by_hand, "t.weight") == rows);
  sgd const optimizer{.learning_rate = 0.05f, .momentum = 0.5f};
  CHECK(difference_after_training(by_layer, expected, optimizer) < 2e-5);
  CHECK(difference_after_training(by_hand, expected, optimizer) < 2e-5);
}

namespace {

/// Steps of a training step that move what lies apart.
template <class Net>
constexpr int moves_in_training(Net const&) {
  using recorder = detail::training_recorder<Net, std::remove_cvref_t<decltype(input<7>)>, void,
                                             std::remove_cvref_t<decltype(cross_entropy)>, adam, 8>;
  auto const& t = detail::program<recorder>::tables;
  int n = 0;
  for (int s = 0; s < t.sizes.steps; ++s)
    n += t.steps[s].kernel >= 0 &&
         t.code[t.kernel_begin[t.steps[s].kernel]] == static_cast<int>(detail::kernel_kind::move);
  return n;
}

static_assert(!detail::lies_by_columns(31) && detail::lies_by_columns(32) && detail::lies_by_columns(1000));
static_assert(!detail::lies_by_columns(512) && !detail::lies_by_columns(4096));

inline constexpr auto perceptron = linear<64> | relu | linear<48> | relu | linear<10>;
static_assert(moves_in_training(perceptron) == 0);
struct turned {
  template <class T, int B>
  constexpr basic_value<T, B, 64> operator()(basic_value<T, B, 64> x) const {
    return reshape<B, 64>(permute<0, 2, 1>(reshape<B, 8, 8>(x)));
  }
};
static_assert(moves_in_training(row_by_row<64>{} | relu | row_by_row<10>{}) == 0);  // products read them as they lie
static_assert(moves_in_training(linear<64> | turned{} | linear<10>) > 0);

}  // namespace
