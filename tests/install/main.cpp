// SPDX-License-Identifier: MIT
#include <ashlar/ashlar.hpp>

constexpr auto net = ashlar::linear<4> | ashlar::relu | ashlar::linear<2>;

int main() {
  auto model = ashlar::model(net, ashlar::input<3>, ashlar::cpu, ashlar::seed{1});
  return model.parameters() == 3 * 4 + 4 + 4 * 2 + 2 ? 0 : 1;
}
