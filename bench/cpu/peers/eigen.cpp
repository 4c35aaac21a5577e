// SPDX-License-Identifier: MIT
// Dense layers of BENCH_WIDTHS with ReLU between them, by hand as one writes them with Eigen. BENCH_LOSS and
// BENCH_RULE: training steps by cross entropy or MSE, and by SGD or Adam; without: inference with sizes known at
// compile time.
#include <Eigen/Dense>

#include "peer.hpp"

namespace {

using namespace bench;

constexpr int widths[] = {BENCH_WIDTHS};
constexpr int layers = static_cast<int>(sizeof(widths) / sizeof(int)) - 1;
constexpr int inputs = widths[0], outputs = widths[layers];

using rows = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
using row = Eigen::Matrix<float, 1, Eigen::Dynamic>;

rows weight_of(int layer) {  // [inputs, outputs]
  int const in = widths[layer], out = widths[layer + 1];
  auto const values = start_of(2 * layer, "weight", std::int64_t{in} * out, weight_scale(in));
  return Eigen::Map<rows const>(values.data(), out, in).transpose();
}
row bias_of(int layer) {
  auto const values = start_of(2 * layer, "bias", widths[layer + 1], vector_scale);
  return Eigen::Map<row const>(values.data(), widths[layer + 1]);
}
std::string version() {
  return std::to_string(EIGEN_WORLD_VERSION) + "." + std::to_string(EIGEN_MAJOR_VERSION) + "." +
         std::to_string(EIGEN_MINOR_VERSION);
}

#if defined(BENCH_RULE)
enum losses { cross_entropy, mse };
enum rules { sgd, adam };

/// A matrix or vector that is learned.
template <class M>
struct learned {
  M value, gradient, mean, square;

  explicit learned(M start)
      : value(std::move(start)), gradient(M::Zero(value.rows(), value.cols())), mean(gradient), square(gradient) {}
  void learn(float rate, float first, float second) {
    if constexpr (BENCH_RULE == sgd) {
      value -= rate * gradient;
    } else {
      mean = 0.9f * mean + 0.1f * gradient;
      square.array() = 0.999f * square.array() + 0.001f * gradient.array().square();
      value.array() -= rate * first * mean.array() / ((second * square.array()).sqrt() + 1e-8f);
    }
  }
};

struct network {
  std::vector<learned<rows>> weight;
  std::vector<learned<row>> bias;
  std::vector<rows> result, change;  // of each layer, and what the loss wants of it
  int steps = 0;

  network() {
    for (int l = 0; l < layers; ++l) {
      weight.emplace_back(weight_of(l));
      bias.emplace_back(bias_of(l));
      result.emplace_back(BENCH_BATCH, widths[l + 1]);
      change.emplace_back(BENCH_BATCH, widths[l + 1]);
    }
  }
  /// The loss, and in the last change its gradient.
  float compare(std::int32_t const* labels, rows const& wanted) {
    rows& z = result.back();
    rows& d = change.back();
    if constexpr (BENCH_LOSS == mse) {
      d = z - wanted;
      float const loss = d.squaredNorm() / static_cast<float>(d.size());
      d *= 2.0f / static_cast<float>(d.size());
      return loss;
    } else {
      z.colwise() -= z.rowwise().maxCoeff().eval();
      d = z.array().exp().matrix();
      Eigen::VectorXf const sums = d.rowwise().sum();
      float loss = 0;
      for (int i = 0; i < BENCH_BATCH; ++i) loss += std::log(sums[i]) - z(i, labels[i]);
      d.array().colwise() /= sums.array();
      for (int i = 0; i < BENCH_BATCH; ++i) d(i, labels[i]) -= 1;
      d *= 1.0f / BENCH_BATCH;
      return loss / BENCH_BATCH;
    }
  }
  float step(rows const& x, std::int32_t const* labels, rows const& wanted) {
    for (int l = 0; l < layers; ++l) {
      result[l].noalias() = (l ? result[l - 1] : x) * weight[l].value;
      result[l].rowwise() += bias[l].value;
      if (l + 1 < layers) result[l] = result[l].cwiseMax(0.0f);
    }
    float const loss = compare(labels, wanted);
    ++steps;
    float const first = static_cast<float>(1 / (1 - std::pow(0.9, steps)));
    float const second = static_cast<float>(1 / (1 - std::pow(0.999, steps)));
    for (int l = layers - 1; l >= 0; --l) {
      weight[l].gradient.noalias() = (l ? result[l - 1] : x).transpose() * change[l];
      bias[l].gradient = change[l].colwise().sum();
      if (l > 0) {
        change[l - 1].noalias() = change[l] * weight[l].value.transpose();
        change[l - 1].array() *= (result[l - 1].array() > 0.0f).cast<float>();
      }
      weight[l].learn(BENCH_RATE, first, second);
      bias[l].learn(BENCH_RATE, first, second);
    }
    return loss;
  }
};

void run(int threads) {
  Eigen::setNbThreads(threads);
  network net;
  std::vector<rows> x(batch_count, rows(BENCH_BATCH, inputs)), wanted(batch_count, rows(BENCH_BATCH, outputs));
  std::vector<std::int32_t> labels(batch_count * BENCH_BATCH);
  for (int k = 0; k < batch_count; ++k) {
    fill_samples(x[k].data(), x[k].size(), of_inputs, k * x[k].size());
    fill_samples(wanted[k].data(), wanted[k].size(), of_targets, k * wanted[k].size());
  }
  for (std::size_t i = 0; i < labels.size(); ++i)
    labels[i] = index_number(static_cast<std::uint32_t>(i), of_targets, outputs);
  say(version().c_str());
  int next = 0;
  auto step = [&] {
    int const k = next;
    next = (next + 1) % batch_count;
    return net.step(x[k], labels.data() + k * BENCH_BATCH, wanted[k]);
  };
  obey(step, [&](int times) { return seconds_of(times, step); });
}
#else
/// Layer L and those behind it.
template <int L>
struct dense {
  Eigen::Matrix<float, widths[L + 1], widths[L]> weight = weight_of(L).transpose();
  Eigen::Matrix<float, widths[L + 1], 1> bias = bias_of(L).transpose(), result;
  dense<L + 1> next;

  template <class X>
  auto const& operator()(X const& x) {
    result.noalias() = weight * x;
    result += bias;
    if constexpr (L + 1 == layers) {
      return result;
    } else {
      result = result.cwiseMax(0.0f);
      return next(result);
    }
  }
};
template <>
struct dense<layers> {};

void run(int) {
  static dense<0> net;
  static Eigen::Matrix<float, inputs, 1> x[batch_count];
  for (int k = 0; k < batch_count; ++k) fill_samples(x[k].data(), inputs, of_inputs, k * inputs);
  say(version().c_str());
  int next = 0, turn = 0;
  auto predict = [&]() -> auto const& {
    int const k = next;
    next = (next + 1) % batch_count;
    auto const& y = net(x[k]);
    asm volatile("" : : "r"(&y) : "memory");
    return y;
  };
  obey([&] { return projection(predict().data(), outputs, turn++); },
       [&](int times) { return seconds_of(times, [&] { predict(); }); });
}
#endif

}  // namespace

int main(int argc, char** argv) {
  return main_of([&] { run(threads_of(argc, argv)); });
}
