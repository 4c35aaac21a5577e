// SPDX-License-Identifier: MIT
// What five small plans consist of, to the byte, by every compiler. Who moves a number made plans better or worse: say
// which in the commit, and put in the number that the compiler's message states first.
#include <ashlar/ashlar.hpp>

using namespace ashlar;

namespace {

constexpr auto mlp = linear<32> | relu | linear<10>;
constexpr auto mlp_with_dropout = linear<32> | relu | dropout<0.25> | linear<10>;
constexpr auto small_cnn =
    conv2d<8, 3, padding<1>> | batch_norm | relu | max_pool2d<2> | dropout<0.25> | flatten | linear<10>;
constexpr auto block = [](auto x) { return x + (layer_norm | linear<16> | tanh)(x); };
constexpr auto repeated = linear<16> | repeat<4>(block) | linear<3>;
constexpr auto smooth = linear<16> | tanh | linear<3>;
constexpr auto penalised_loss = [](auto net, auto x, auto label) {
  auto loss = [=](auto v) { return cross_entropy(net(v), label); };
  return loss(x) + 0.1f * sum(square(grad<0>(loss)(x)));
};

/// Nodes, steps, kernels, bytes of the arena.
template <int Nodes, int Steps, int Kernels, std::int64_t Bytes>
struct numbers {
  template <int N, int S, int K, std::int64_t B>
  static consteval bool are(numbers<N, S, K, B>) {
    static_assert(Nodes == N, "nodes");
    static_assert(Steps == S, "steps");
    static_assert(Kernels == K, "kernels");
    static_assert(Bytes == B, "bytes of the arena");
    return true;
  }
};
template <auto const& Plan>
using numbers_of = numbers<Plan.nodes, Plan.steps, Plan.kernels, Plan.arena_bytes>;

constexpr auto mlp_sgd = training_plan(mlp, input<64>, cross_entropy, sgd{}, batch<32>);
constexpr auto dropout_sgd = training_plan(mlp_with_dropout, input<64>, cross_entropy, sgd{}, batch<32>);
constexpr auto mlp_adam = training_plan(mlp, input<64>, cross_entropy, adam{}, batch<32>);
constexpr auto cnn_sgd = training_plan(small_cnn, input<1, 8, 8>, cross_entropy, sgd{}, batch<32>);
constexpr auto loop_sgd = training_plan(repeated, input<8>, cross_entropy, sgd{}, batch<32>);
constexpr auto penalised_sgd = training_plan(smooth, input<8>, penalised_loss, sgd{}, batch<32>);

static_assert(numbers_of<mlp_sgd>::are(numbers<90, 15, 12, 28'928>{}));
// A ReLU and a dropout are one pointwise step, and so are their gradients: dropout launches nothing more.
static_assert(dropout_sgd.launches == mlp_sgd.launches && mlp_sgd.launches == 14);
static_assert(numbers_of<mlp_adam>::are(numbers<108, 15, 12, 28'800>{}));
static_assert(numbers_of<cnn_sgd>::are(numbers<166, 32, 30, 227'328>{}));
static_assert(numbers_of<loop_sgd>::are(numbers<177, 23, 16, 46'272>{}));
static_assert(numbers_of<penalised_sgd>::are(numbers<128, 30, 18, 16'768>{}));

}  // namespace
