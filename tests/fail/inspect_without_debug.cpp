// SPDX-License-Identifier: MIT
// expect: ashlar: inspect: only a program on cpu.with\(debug\) or device.with\(debug\) keeps what its layers make
#include <ashlar/ashlar.hpp>
using namespace ashlar;

#ifdef ASHLAR_TWIN
constexpr auto policy = cpu.with(debug);
#else
constexpr auto policy = cpu;
#endif

tensor<float, 4, 8> hidden() {
  auto net = model(linear<8> | relu, input<3>, target<float, 8>, policy, seed{1});
  auto t = make_trainer(net, mse, sgd{}, batch<4>);
  t.step(tensor<float, 4, 3>(), tensor<float, 4, 8>());
  return inspect(t, "1.relu");
}
