// SPDX-License-Identifier: MIT
// The plan of a network that is larger than what tests can run: what the compiler knows of it, against counts by hand.
#include "../../bench/networks/vgg16.hpp"

#include <vector>

#include <doctest/doctest.h>

#include "support/layer_proof.hpp"
#include "support/run_plan.hpp"

using namespace ashlar;
using namespace ashlar::detail;

namespace {

template <int Batch>
using vgg16_step = training_recorder<std::remove_cvref_t<decltype(networks::vgg16)>, input_type<float, 3, 224, 224>,
                                     void, cross_entropy_loss, sgd, Batch>;

struct convolution {
  std::int64_t in, out, size;  // channels, channels, height and width of the result

  std::int64_t products() const { return out * in * 9 * size * size; }
};
constexpr convolution convolutions[] = {{3, 64, 224},   {64, 64, 224},  {64, 128, 112}, {128, 128, 112}, {128, 256, 56},
                                        {256, 256, 56}, {256, 256, 56}, {256, 512, 28}, {512, 512, 28},  {512, 512, 28},
                                        {512, 512, 14}, {512, 512, 14}, {512, 512, 14}};
constexpr std::int64_t pooled = 64 * 112 * 112 + 128 * 56 * 56 + 256 * 28 * 28 + 512 * 14 * 14 + 512 * 7 * 7;
constexpr std::int64_t linear_products = 25088 * 4096 + 4096 * 4096 + 4096 * 1000;
constexpr std::int64_t parameters = 138'357'544;  // torchvision's vgg16

/// Multiplications of the convolutions of an image; the first one's input needs no gradient.
std::int64_t convolution_products(bool with_first) {
  std::int64_t n = 0;
  for (convolution const& c : convolutions) n += with_first || c.in != 3 ? c.products() : 0;
  return n;
}
/// Elements that the backward pass reads of an image's forward pass: what each convolution and each linear layer got,
/// which also tells where relu let pass, and the places of the maxima. What was pooled it does not read.
std::int64_t saved_elements() {
  std::int64_t n = 3 * 224 * 224;
  for (int i = 0; i + 1 < 13; ++i)
    if (convolutions[i + 1].size == convolutions[i].size)
      n += convolutions[i].out * convolutions[i].size * convolutions[i].size;
  return n + 2 * pooled + 2 * 4096;
}

template <int Batch>
proof::recording const& recorded() {
  static proof::recording const* const r = [] {
    auto* made = new proof::recording;
    proof::record<vgg16_step<Batch>>(*made);
    return made;
  }();
  return *r;
}
double flops_of(graph const& g, op code) {
  double n = 0;
  for (int i = 0; i < g.size(); ++i)
    if (g[i].code == code) n += lower_node(g, list<int>(1, i)).flops;
  return n;
}

/// For each convolution of a kind in the order of steps: its channels where it is Winograd's, else 0.
std::vector<int> winograd_channels(proof::planned const& p, kernel_kind wanted) {
  std::vector<int> all;
  for (step_entry const& s : p.plan.pools.steps) {
    int const* const code = &p.plan.pools.kernel_code[p.plan.pools.kernel_begin[s.kernel]];
    if (static_cast<kernel_kind>(code[0]) != wanted) continue;
    all.push_back(code[2] >= conv_way::winograd ? static_cast<int>(p.plan.drafted.numbers[s.numbers + 1]) : 0);
  }
  return all;
}

// In a constant, a product that leaves its type is an error: the plan of 1024 images has blocks of 2^33 bytes.
constexpr auto large = training_plan(networks::vgg16, input<3, 224, 224>, cross_entropy, sgd{}, batch<1024>);
static_assert(large.parameters == parameters && large.parameter_bytes == 4 * parameters);
static_assert(large.arena_bytes > 40_GiB);

}  // namespace

TEST_CASE("VGG16's convolutions and linear layers cost what they do by hand, forward and backward") {
  constexpr int batch = 8;
  graph const& g = recorded<batch>().g;
  CHECK(convolution_products(true) == 15'346'630'656);  // an image's, as published: 15.5 G with the linear layers
  auto flops = [](std::int64_t products) { return 2.0 * batch * static_cast<double>(products); };
  CHECK(flops_of(g, op::conv) == flops(convolution_products(true)));
  CHECK(flops_of(g, op::conv_weight) == flops(convolution_products(true)));
  CHECK(flops_of(g, op::conv_data) == flops(convolution_products(false)));
  CHECK(flops_of(g, op::matmul) == flops(3 * linear_products));
  double const by_hand = flops(2 * convolution_products(true) + convolution_products(false) + 3 * linear_products);
  double const planned = proof::planned(recorded<batch>(), {true, true}).counts().flops;
  CHECK(planned > by_hand);
  CHECK(planned < 1.01 * by_hand);  // biases, relu, pooling, the loss and the update
}

TEST_CASE("VGG16's arena holds little more than what a training step must keep") {
  constexpr int batch = 8;
  plan_counts const c = proof::planned(recorded<batch>(), {true, true}).counts();
  CHECK(c.parameters == parameters);
  // The gradients meet before the update, and beside them lies what the backward pass still reads.
  std::int64_t const least = 4 * (parameters + batch * saved_elements());
  MESSAGE("arena " << c.arena_bytes / 1e6 << " MB, least " << least / 1e6 << " MB, without reuse "
                   << c.arena_bytes_without_reuse / 1e6 << " MB");
  CHECK(c.arena_bytes >= least);
  CHECK(c.arena_bytes < 1.1 * static_cast<double>(least));
  CHECK(2.1 * static_cast<double>(c.arena_bytes) < static_cast<double>(c.arena_bytes_without_reuse));
}

TEST_CASE("all of VGG16's convolutions but the first are Winograd's, in every pass, and their rooms reuse memory") {
  proof::planned const usual(recorded<8>(), {true, true, true}), direct(recorded<8>(), {true, true});
  std::vector<int> channels, backward;
  for (auto const& c : convolutions) {
    channels.push_back(c.in == 3 ? 0 : static_cast<int>(c.in));
    backward.insert(backward.begin(), channels.back());
  }
  CHECK(winograd_channels(usual, kernel_kind::conv) == channels);
  CHECK(winograd_channels(usual, kernel_kind::conv_weight) == backward);
  backward.pop_back();  // the first one's input needs no gradient
  CHECK(winograd_channels(usual, kernel_kind::conv_data) == backward);
  CHECK(winograd_channels(direct, kernel_kind::conv) == std::vector<int>(13));
  int on_the_way = 0;  // on the way to memory, which the direct ones' results go through
  for (list<int> const& code = usual.plan.pools.kernel_code; int k : usual.plan.pools.kernel_begin)
    on_the_way +=
        k + 2 < code.size() && code[k] == static_cast<int>(kernel_kind::conv) && code[k + 2] == conv_way::pooled;
  CHECK(on_the_way == 1);
  CHECK(usual.counts().arena_bytes < 1.1 * static_cast<double>(direct.counts().arena_bytes));
  MESSAGE("arena " << usual.counts().arena_bytes / 1e6 << " MB, direct " << direct.counts().arena_bytes / 1e6);
}

TEST_CASE("offsets beyond 4 GB are those of a smaller batch, scaled") {
  proof::planned const small(recorded<8>(), {true, false}), big(recorded<256>(), {true, false});
  std::int64_t const limit = std::int64_t{1} << 32;
  CHECK(big.counts().arena_bytes > 13 * limit);
  // Without reuse each block has a place of its own, in the order of steps: the same steps, sizes in proportion. Only
  // of a small batch some convolutions have a workspace.
  auto const &small_steps = small.plan.pools.steps, &big_steps = big.plan.pools.steps;
  REQUIRE(small_steps.size() == big_steps.size());
  int beyond = 0;
  for (int s = 0; s < big_steps.size(); ++s) {
    int const operands = big_steps[s].inputs + big_steps[s].outputs;
    REQUIRE(small_steps[s].inputs + small_steps[s].outputs == operands);
    for (int k = 0; k < operands; ++k) {
      address const &a = small.plan.pools.operands[small_steps[s].operands + k],
                    &b = big.plan.pools.operands[big_steps[s].operands + k];
      CHECK(a.place == b.place);
      if (a.place != arena_place) continue;
      CHECK(b.offset >= a.offset);
      CHECK(b.offset <= 32 * a.offset);
      CHECK(b.offset < big.counts().arena_bytes);
      beyond += b.offset > limit;
    }
  }
  CHECK(beyond > 100);
  for (std::int64_t n : big.plan.drafted.numbers) CHECK(n >= 0);
}
