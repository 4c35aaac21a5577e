// SPDX-License-Identifier: MIT
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include <ashlar/ashlar.hpp>

#include "support/combinations.hpp"
#include "support/fewer_problems.hpp"
#include "support/least_set.hpp"
#include "support/ways_to_run.hpp"

using namespace ashlar;

namespace {

using detail::instruction_set, detail::machine_instruction_set, proof::executor, proof::source, proof::way;

template <class Program>
void draw(std::vector<char>& memory) {
  memory.resize(static_cast<std::size_t>(Program::tables.counts.parameter_bytes));
  random_stream const numbers(seed{3}, 1);
  auto* const x = reinterpret_cast<float*>(memory.data());
  for (std::size_t i = 0; i < memory.size() / sizeof(float); ++i) x[i] = numbers.uniform(i) - 0.5f;
}
template <class Program, class Runner>
void draw_inputs(Runner const& runner, int inputs) {
  for (int k = 0; k < inputs; ++k) {
    random_stream const numbers(seed{5}, static_cast<std::uint64_t>(k));
    auto* const x = reinterpret_cast<float*>(runner.input(k));
    std::int64_t const size = Program::tables.inputs[k].extents.size();
    for (std::int64_t i = 0; i < size; ++i) x[i] = numbers.uniform(static_cast<std::uint64_t>(i)) - 0.5f;
  }
}
template <class Program>
std::vector<char> outputs(int rows, way const& how) {
  std::vector<char> parameters;
  draw<Program>(parameters);
  detail::host_runner<Program, executor<Program>> runner;
  draw_inputs<Program>(runner, 1);
  double scalars[1] = {static_cast<double>(rows)};
  detail::run_memory m;
  m.scalars = scalars;
  m.parameters = parameters.data();
  m.rows = rows;
  runner.run(m, how);
  std::int64_t const all = Program::tables.outputs[0].extents.size(),
                     of_row = all / Program::tables.outputs[0].extents[0];
  return {runner.output(0), runner.output(0) + of_row * rows * static_cast<std::int64_t>(sizeof(float))};
}
// Parameters after two steps.
template <class Program, class Optimizer>
std::vector<char> trained(int rows, way const& how, Optimizer const& optimizer) {
  std::vector<char> parameters;
  draw<Program>(parameters);
  detail::host_stepper<Program, executor<Program>, Optimizer::slots, 1 + Optimizer::scalars> steps;
  detail::run_memory m;
  m.parameters = parameters.data();
  m.rows = rows;
  for (int step = 0; step < 2; ++step) {
    draw_inputs<Program>(steps, 2);
    steps.step(m, how, source<Optimizer>{optimizer, rows});
  }
  CHECK(steps.steps() == 2);  // losses are finite
  return parameters;
}

// The step that finishes a product, looked at alone, has the bits of the fused kernel of its code.
template <class Program, int Step, int... I>
void check_step(int rows, std::integer_sequence<int, I...>) {
  constexpr auto const& tables = Program::tables;
  constexpr auto const& step = tables.steps[Step];
  constexpr int begin = tables.kernel_begin[step.kernel];
  constexpr detail::kernel_function fused[] = {detail::baseline_kernel<tables.code[begin + I]...>,
                                               detail::avx2_kernel<tables.code[begin + I]...>,
                                               detail::avx512_kernel<tables.code[begin + I]...>};
  std::int64_t const* const n = tables.numbers + step.numbers;
  auto const size = static_cast<std::size_t>(n[0] == 1 ? n[3] : n[3] * n[4]);
  std::vector<float> memory[3];
  for (std::uint64_t k = 0; k < 3; ++k) {
    random_stream const random(seed{7}, k);
    for (std::size_t i = 0; i < size; ++i) memory[k].push_back(i % 5 == k ? 0 : random.uniform(i) - 0.5f);
  }
  auto const untouched = memory[2];
  for (int set = proof::least_set; set <= static_cast<int>(machine_instruction_set()); ++set) {
    auto const run = [&](detail::kernel_function kernel, int parts) {
      memory[2] = untouched;
      char* operands[3];
      for (int k = 0; k < 3; ++k) operands[k] = reinterpret_cast<char*>(memory[k].data());
      detail::kernel_arguments args{operands, n, tables.constants + step.constants, rows, 0,
                                    0,        0, static_cast<instruction_set>(set)};
      args.parts = parts;
      for (args.part = 0; args.part < parts; ++args.part) kernel(args);
      return memory[2];
    };
    auto const wanted = run(fused[set], 1);
    CHECK(wanted != untouched);
    for (int parts : {1, 2, 5}) CHECK(run(detail::finished_step<tables.code[begin + I]...>, parts) == wanted);
  }
}
template <class Program, int Step>
int check_step(int batch) {
  constexpr auto const& tables = Program::tables;
  constexpr int kernel = tables.steps[Step].kernel;
  if constexpr (detail::product_tails<Program>::found.is_done[Step] && detail::finishes_products<Program>(kernel)) {
    for (int rows : {batch, (batch + 1) / 2, 1})
      check_step<Program, Step>(
          rows, std::make_integer_sequence<int, tables.kernel_begin[kernel + 1] - tables.kernel_begin[kernel]>{});
    return 1;
  }
  return 0;
}
template <class Program>
void check_steps(int batch) {
  int const checked = [batch]<int... Step>(std::integer_sequence<int, Step...>) {
    return (0 + ... + check_step<Program, Step>(batch));
  }
  (std::make_integer_sequence<int, Program::tables.sizes.steps>{});
  // those of convolutions and pooling, and of matrices where a step that no product does has their code, keep the
  // kernel of their own
  bool const has_others = [] {
    auto const& tails = detail::product_tails<Program>::found;
    for (auto const& tail : tails.of)
      if (tail.operand_count > 0 && tail.operand_count != 4) return true;
    for (int s = 0; s < Program::tables.sizes.steps; ++s)
      for (int r = 0; r < Program::tables.sizes.steps; ++r)
        if (tails.is_done[s] && !tails.is_done[r] && Program::tables.steps[r].kernel == Program::tables.steps[s].kernel)
          return true;
    return false;
  }();
  CHECK((checked == detail::product_tails<Program>::found.count || has_others));
}

// run(rows, way) gives the same bits in every way.
template <class Run>
void check_ways(int batch, Run const& run) {
  int const last = static_cast<int>(machine_instruction_set()), first = proof::fewer_problems() ? last : 0;
  for (int set = first; set <= last; ++set)
    for (int rows : {batch, (batch + 1) / 2, 1}) {
      if (proof::fewer_problems() && rows != (batch + 1) / 2) continue;
      CAPTURE(set);
      CAPTURE(rows);
      auto const which = static_cast<instruction_set>(set);
      auto const alone = run(rows, way{false, which});
      for (int parts : {1, 2, 3, 7}) {
        CAPTURE(parts);
        CHECK(run(rows, way{true, which, parts}) == alone);
      }
    }
  thread_pool pool(threads{2});
  pool.set_break_even(0);
  CHECK(run(batch, way{true, machine_instruction_set(), 1, &pool}) == run(batch, way{}));
}
template <int Batch, int Predicted, int Trained, class Net, class Input>
void check_network_of(Net const& network, Input const& sample) {
  CAPTURE(Batch);
  auto const net = model(network, sample, cpu, seed{1});
  using prediction = typename predictor<std::remove_const_t<decltype(net)>, Batch>::program;
  static_assert(detail::product_tails<prediction>::found.count == Predicted);
  check_ways(Batch, [](int rows, way const& how) { return outputs<prediction>(rows, how); });
  check_steps<prediction>(Batch);
  if constexpr (Trained > 0) {
    auto learner = model(network, sample, cpu, seed{1});
    sgd const optimizer{.learning_rate = 0.1f};
    using training = typename decltype(make_trainer(learner, mse, optimizer, batch<Batch>))::program;
    static_assert(detail::product_tails<training>::found.count == Trained);
    check_ways(Batch, [&](int rows, way const& how) { return trained<training>(rows, how, optimizer); });
    check_steps<training>(Batch);
  }
}
template <int Batch, int Inputs, int Predicted, int Trained, class Net>
void check_network(Net const& network) {
  check_network_of<Batch, Predicted, Trained>(network, input<Inputs>);
}
// Where others alike are checked, too.
template <int Batch, int Inputs, int Predicted, int Trained, class Net>
void check_more(Net const& network) {
  if constexpr (proof::most_combinations) check_network<Batch, Inputs, Predicted, Trained>(network);
}

inline constexpr auto mean_outputs = [](auto net, auto x) { return mean(net(x)); };

}  // namespace

TEST_CASE(
    "products with a bias, a ReLU or its gradient done on the way to memory have the bits of steps of their own") {
  // few outputs, stored row by row; tails of vectors; a single row
  constexpr auto narrow = linear<64> | relu | linear<37> | relu | linear<4>;
  check_network<1, 16, 3, 4>(narrow);
  check_more<3, 16, 3, 4>(narrow);
  check_network<33, 19, 3, 4>(narrow);
}
TEST_CASE("a matrix that is added to a product, after its bias and before a ReLU, is so too") {
  constexpr auto residuals = linear<37> | relu | residual(linear<37>) | residual(linear<40> | relu | linear<37>);
  check_more<2, 16, 4, 5>(residuals);
  check_network<33, 19, 4, 5>(residuals);
  constexpr auto wide = linear<200> | residual(linear<40, no_bias> | linear<200, no_bias>);
  check_network<130, 19, 2, 2>(wide);
  // a ReLU of the sum; a product whose addend follows it
  constexpr auto activated = [](auto x) {
    auto const y = linear<40>(x);
    return relu(linear<40>(y) + y);
  };
  check_network<70, 19, 2, 2>(activated);
  // a sum of gradients lies where its first operand does, unless that is written to later: it has a step of its own
  constexpr auto forking = [](auto x) {
    auto const y = linear<40>(x);
    return linear<24>(y) * linear<24>(y);
  };
  check_more<1, 19, 1, 2>(forking);
  check_network<50, 19, 1, 1>(forking);
}
TEST_CASE("products of one column, whose bias is one number, do so too") {
  constexpr auto one = linear<24> | relu | linear<1> | relu;
  check_network<1, 16, 2, 3>(one);
  check_more<3, 16, 2, 2>(one);
  check_network<70, 1100, 3, 4>(linear<1> | relu | linear<70> | relu | linear<1>);
  constexpr auto matrix = [](auto x) {  // as it lies, not transposed
    auto w = parameter<"weight", float, 16, 1>(x, initial_normal<1>);
    return matmul(x, w) + parameter<"bias", float, 1>(x, initial_normal<1>);
  };
  check_network<1, 16, 1, 0>(matrix);
  check_more<9, 16, 1, 0>(matrix);
}
TEST_CASE("products in several slabs, of many rows and of wide matrices do so too") {
  check_network<130, 1100, 2, 2>(linear<70> | relu | linear<33>);
  check_network<1, 600, 2, 0>(linear<1024> | relu | linear<512>);
  check_more<16, 600, 2, 0>(linear<1040> | relu | linear<5>);
}
TEST_CASE("products in the bodies of loops do so too") {
  check_network<9, 16, 3, 1>(linear<24> | repeat<3>(linear<24> | relu) | tanh | linear<24>);
}
TEST_CASE("convolutions by Winograd's algorithm with a bias and perhaps a ReLU do so too") {
  // several blocks of filters and tiles, which reach beyond the images; the last product is a linear layer's
  constexpr auto network =
      conv2d<70, 3, padding<1>> | relu | conv2d<36, 3, padding<2>> | tanh | conv2d<33, 3> | relu | flatten | linear<3>;
  check_network_of<5, 3, 3>(network, input<33, 11, 18>);
  check_network_of<1, 2, 0>(conv2d<70, 3, padding<1>> | relu | conv2d<64, 3, padding<1>> | relu, input<64, 21, 26>);
  check_network_of<2, 1, 0>(conv2d<64, 3, padding<1>, no_bias> | relu | conv2d<64, 3, padding<1>> | relu,
                            input<64, 18, 17>);
}
TEST_CASE("maxima found with their positions have the bits of a step of their own") {
  // squares side by side, with a column and a row left over; then windows that overlap, with padding
  constexpr auto network = conv2d<6, 5> | relu | max_pool2d<2> | conv2d<9, 2> | max_pool2d<3, stride<2>, padding<1>> |
                           flatten | linear<3, no_bias>;
  check_network_of<7, 2, 2>(network, input<2, 19, 43>);
  // the ReLU's gradient is the linear layer's to finish, before pooling puts it
  check_network_of<1, 1, 2>(conv2d<3, 5> | relu | max_pool2d<2> | flatten | linear<3, no_bias>, input<1, 8, 8>);
  check_network_of<3, 1, 1>(repeat<3>(max_pool2d<3, stride<1>, padding<1>>) | flatten | linear<3, no_bias>,
                            input<2, 6, 7>);
}
TEST_CASE("direct convolutions, and those whose result is read twice, are stored as they are") {
  auto check = [](auto const& net) {
    using program = typename predictor<std::remove_const_t<std::remove_reference_t<decltype(net)>>, 3>::program;
    CHECK(detail::product_tails<program>::found.count == 0);
    CHECK(outputs<program>(3, way{true}) == outputs<program>(3, way{}));
  };
  check(model(conv2d<64, 3, padding<1>> | relu, input<64, 9, 9>, cpu.with(no_winograd), seed{1}));
  check(model(conv2d<64, 3, stride<2>> | relu, input<64, 9, 9>, cpu, seed{1}));
  constexpr auto both = [](auto x) {
    auto const convolved = conv2d<64, 3, padding<1>, no_bias>(x);
    return relu(convolved + 1.0f) + convolved;
  };
  check(model(both, input<64, 9, 9>, cpu, seed{1}));
}
TEST_CASE("without fusion no step is done with a product") {
  constexpr auto network = linear<64> | relu | linear<4>;
  auto const net = model(network, input<16>, cpu.with(no_fusion), seed{1});
  using program = typename predictor<std::remove_const_t<decltype(net)>, 4>::program;
  static_assert(detail::product_tails<program>::found.count == 0);
  auto const fused = model(network, input<16>, cpu, seed{1});
  using fused_program = typename predictor<std::remove_const_t<decltype(fused)>, 4>::program;
  CHECK(outputs<program>(4, way{true}) == outputs<fused_program>(4, way{true}));
}
TEST_CASE("a product that another step reads too is stored as it is") {
  constexpr auto both = [](auto x) {
    auto const product = linear<24, no_bias>(x);
    return relu(product + 1.0f) + product;
  };
  auto const net = model(both, input<16>, cpu, seed{1});
  using program = typename predictor<std::remove_const_t<decltype(net)>, 4>::program;
  static_assert(detail::product_tails<program>::found.count == 0);
  CHECK(outputs<program>(4, way{true}) == outputs<program>(4, way{}));
}

// Where every step is looked at, what is done to a result on the way to memory is a step of its own.
namespace {

template <int Tails, class Layer>
void check_looked_at(Layer const& pooling) {
  auto net = model(
      conv2d<16, 3, padding<1>> | relu | pooling | [](auto x) { return log(x + 0.01f); } | flatten | linear<3>,
      input<16, 9, 11>, no_target, cpu, seed{1});
  auto t = make_trainer(net, mean_outputs, sgd{.learning_rate = 0}, batch<7>);
  static_assert(detail::product_tails<typename decltype(t)::program>::found.count == Tails);
  tensor<float, 7, 16, 9, 11> x;
  random_normal(x, seed{2});
  CHECK(t.step(x) < 100);
  CHECK(find_non_finite(t, x).sentence == "");
  CHECK(t.step(x) < 100);
}

}  // namespace

TEST_CASE("steps that convolutions finish are whole for all channels") {
  check_looked_at<2>(max_pool2d<3, stride<2>>);
  check_looked_at<0>(max_pool2d<2>);  // all of it is the convolution's step
}
TEST_CASE("steps that products finish are right for one row, where the bias is the first operand") {
  constexpr auto dense = [](auto x) {
    auto w = parameter<"weight", float, 8, 600>(x, initial_constant<0.01>);
    auto b = parameter<"bias", float, 8>(x, initial_constant<-1.0>);
    return reshape<1, 8>(b) + matmul(x, transpose(w));
  };
  auto net = model(
      dense | relu | linear<4, no_bias> | [](auto x) { return log(x * x); }, input<600>, no_target, cpu, seed{1});
  auto t = make_trainer(net, mean_outputs, sgd{.learning_rate = 0}, batch<1>);
  static_assert(detail::product_tails<decltype(t)::program>::found.count > 0);
  tensor<float, 1, 600> x;
  for (int i = 0; i < 600; ++i) x.data()[i] = 1;
  CHECK(t.step(x) < 100);
  CHECK(find_non_finite(t, x).sentence == "");
}
