// SPDX-License-Identifier: MIT
#include <ashlar/ashlar.hpp>

#include "reference/oracle.hpp"

using namespace ashlar;
using namespace reference;

namespace {

/// The largest size of a layer's weights and their deviation, as PyTorch's come out: both drew at random.
template <class Net, class Input>
void check_initial(std::string const& name, Net const&, Input const&) {
  CAPTURE(name);
  recording r;
  proof::record<detail::prediction_recorder<Net, std::remove_cvref_t<Input>, 1>>(r);
  detail::variable_entry const& v = r.g.parameters[0];
  std::vector<float> w(static_cast<std::size_t>(v.extents.size()));
  detail::variable_info begins;
  begins.type = dtype::float32;
  begins.extents = v.extents;
  begins.init = v.init;
  detail::fill_initial(reinterpret_cast<char*>(w.data()), begins, detail::stored_order::rows,
                       random_stream(seed{1}, hash_path("0.weight", 8)), detail::orthogonal_rows);
  double largest = 0, squares = 0;
  for (float x : w) {
    largest = std::max(largest, std::abs(static_cast<double>(x)));
    squares += static_cast<double>(x) * static_cast<double>(x);
  }
  tensor<float, 2> const theirs = floats<2>("initial_" + name + ".sizes");
  double const chance = v.init.kind == detail::initialiser::normal ? 0.25 : 0.01;
  CHECK(largest == doctest::Approx(static_cast<double>(theirs[0])).epsilon(chance));
  CHECK(std::sqrt(squares / static_cast<double>(w.size())) ==
        doctest::Approx(static_cast<double>(theirs[1])).epsilon(0.03));
}

}  // namespace

TEST_CASE("convolutions with every option have PyTorch's output and two gradients") {
  check_layer<2, 2, 6, 5>("conv2d_dilated", conv2d<3, 3, dilation<2>, padding<1>>);
  check_layer<2, 4, 5, 6>("conv2d_groups", conv2d<6, 3, groups<2>, stride<2>, padding<1>>);
  check_layer<2, 3, 4, 4>("conv2d_depthwise", conv2d<3, 2, groups<3>, no_bias>);
  check_layer<2, 3, 7>("conv1d", conv1d<4, 3>);
  check_layer<2, 2, 9>("conv1d_stride", conv1d<3, 4, stride<3>, padding<2>>);
  check_layer<2, 4, 8>("conv1d_dilated_groups", conv1d<2, 3, dilation<2>, groups<2>, padding<1>>);
  check_layer<3, 5>("no_bias", linear<3, no_bias>);
}

TEST_CASE("transposed convolutions have PyTorch's output and two gradients") {
  check_layer<2, 2, 3, 4>("conv_transpose2d", conv_transpose2d<3, 3>);
  check_layer<2, 3, 3, 2>("conv_transpose2d_stride", conv_transpose2d<2, 3, stride<2>, padding<1>, output_padding<1>>);
  check_layer<2, 4, 3, 3>("conv_transpose2d_groups", conv_transpose2d<6, 2, groups<2>, dilation<2>, no_bias>);
  check_layer<2, 3, 4>("conv_transpose1d", conv_transpose1d<2, 4, stride<3>, padding<1>>);
}

TEST_CASE("pooling of every kind has PyTorch's output and two gradients") {
  check_layer<2, 3, 4, 5>("avg_pool2d", avg_pool2d<2>);
  check_layer<2, 2, 5, 6>("avg_pool2d_padding", avg_pool2d<3, stride<2>, padding<1>>);
  check_layer<2, 2, 5, 6>("avg_pool2d_exclude", avg_pool2d<3, stride<2>, padding<1>, exclude_padding>);
  check_layer<2, 2, 8>("avg_pool1d", avg_pool1d<3, stride<2>, padding<1>>);
  check_layer<2, 2, 8>("max_pool1d", max_pool1d<3, stride<2>, padding<1>>);
  check_layer<2, 2, 5, 6>("max_pool2d_dilated", max_pool2d<2, stride<1>, dilation<2>>);
  check_layer<2, 2, 7, 5>("adaptive_avg_pool2d", adaptive_avg_pool2d<3, 2>);
  check_layer<2, 2, 7, 5>("adaptive_max_pool2d", adaptive_max_pool2d<3, 2>);
  check_layer<2, 2, 7>("adaptive_avg_pool1d", adaptive_avg_pool1d<3>);
  check_layer<2, 2, 7>("adaptive_max_pool1d", adaptive_max_pool1d<3>);
}

TEST_CASE("residuals and branches have PyTorch's names, output and two gradients") {
  check_layer<3, 4>("residual", residual(linear<6> | tanh | linear<4>));
  check_layer<3, 4>("residual_shortcut", residual(linear<5> | tanh, linear<5, no_bias>));
  check_layer<2, 2, 3, 4>("branches", branches<1>(conv2d<3, 1>, conv2d<1, 3, padding<1>> | tanh));
}

TEST_CASE("weights begin in PyTorch's bounds with PyTorch's deviation") {
  check_initial("linear", linear<200>, input<100>);
  check_initial("conv2d", conv2d<64, 3, groups<2>>, input<32, 4, 4>);
  check_initial("conv1d", conv1d<50, 5>, input<40, 8>);
  check_initial("conv_transpose2d", conv_transpose2d<30, 3>, input<40, 4, 4>);
  check_initial("conv_transpose1d", conv_transpose1d<50, 5>, input<60, 4>);
  check_initial("kaiming_uniform", initialised(linear<200>, kaiming_uniform), input<100>);
  check_initial("kaiming_normal", initialised(linear<200>, kaiming_normal), input<100>);
  check_initial("xavier_uniform", initialised(linear<200>, xavier_uniform), input<100>);
  check_initial("xavier_normal", initialised(linear<200>, xavier_normal), input<100>);
}
