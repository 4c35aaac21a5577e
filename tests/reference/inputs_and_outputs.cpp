// SPDX-License-Identifier: MIT
#include <ashlar/ashlar.hpp>

#include "reference/cases.hpp"

using namespace ashlar;
using namespace reference;

namespace {

inline constexpr auto two_heads = [](auto image, auto meta) {
  auto h = named<"trunk">(flatten | linear<5> | tanh)(image) + named<"meta">(linear<5>)(meta);
  return outputs(named<"digit">(named<"head">(linear<3>)(h)), named<"value">(named<"score">(linear<2>)(h)));
};

struct batch_of_two_heads {
  tensor<float, 6, 1, 2, 3> image = floats<6, 1, 2, 3>("two_heads.image");
  tensor<float, 6, 4> meta = floats<6, 4>("two_heads.meta");
  tensor<std::int32_t, 6> labels = stored<std::int32_t, 6>("two_heads.labels");
  tensor<float, 6, 2> values = floats<6, 2>("two_heads.values");

  template <int N>
  float step(auto& trainer) const {
    return trainer.step(
        tensor<float, N, 1, 2, 3>(image.view().slice<0, N>(0)), tensor<float, N, 4>(meta.view().slice<0, N>(0)),
        tensor<std::int32_t, N>(labels.view().slice<0, N>(0)), tensor<float, N, 2>(values.view().slice<0, N>(0)));
  }
};

}  // namespace

TEST_CASE("two inputs and two losses, weighed anew in every step, train as in PyTorch, on partial batches, too") {
  auto net = model(two_heads, inputs(named<"image">(input<1, 2, 3>), named<"meta">(input<4>)), cpu, seed{1});
  net.each_variable([](parameter_reference const& p, auto const&) { read(p, "two_heads.before." + p.name()); });
  auto t = make_trainer(net, losses(named<"digit">(cross_entropy), named<"value">(mse, loss_weight{0.5f})),
                        adam{.learning_rate = 0.01f}, batch<6>);
  batch_of_two_heads const data;
  tensor<float, 5, 3> ours;
  auto keep = [&](int step, float loss) {
    ours(step, 0) = loss;
    ours(step, 1) = t.loss<"digit">();
    ours(step, 2) = t.loss<"value">();
  };
  auto weigh = [&](float digit, float value) {
    t.loss_weight<"digit">() = digit;
    t.loss_weight<"value">() = value;
  };
  keep(0, data.step<6>(t));
  keep(1, data.step<4>(t));
  weigh(0.25f, 2);
  keep(2, data.step<6>(t));
  weigh(0.25f, -0.5f);
  keep(3, data.step<1>(t));
  weigh(0, 1);
  keep(4, data.step<5>(t));
  compare(ours, "two_heads.losses");
  net.each_variable([](parameter_reference const& p, auto const&) { compare(p, "two_heads.after." + p.name()); });
  auto const [digit, value] = predict(net, data.image, data.meta);
  compare(digit, "two_heads.digit");
  compare(value, "two_heads.value");
}
