// SPDX-License-Identifier: MIT
#include <ashlar/nn/loss.hpp>

#include "reference/oracle.hpp"

using namespace ashlar;
using namespace reference;

namespace {

constexpr auto weights = class_weights<1, 0.5, 2, 3>;

template <class Loss>
void check_labels(std::string const& name, Loss loss) {
  check<1, floats_in<5, 4>, labels_in<5>>(name, loss);
}
/// A loss of numbers under every reduction.
template <class Loss>
void check_numbers(std::string const& name, Loss loss) {
  check<1, floats_in<5, 4>, floats_in<5, 4>>(name + "_mean", loss);
  check<1, floats_in<5, 4>, floats_in<5, 4>>(name + "_sum", loss.with(sum_reduction));
  check<1, floats_in<5, 4>, floats_in<5, 4>>(name + "_none", loss.with(no_reduction));
}

}  // namespace

TEST_CASE("cross_entropy with each option and reduction has PyTorch's values and two gradients") {
  constexpr auto everything = cross_entropy.with(label_smoothing<0.25>, weights, ignore_index<1>);
  check_labels("cross_entropy_smoothing", cross_entropy.with(label_smoothing<0.1>));
  check_labels("cross_entropy_weights", cross_entropy.with(weights));
  check_labels("cross_entropy_ignored", cross_entropy.with(ignore_index<1>));
  check_labels("cross_entropy_sum", cross_entropy.with(sum_reduction));
  check_labels("cross_entropy_none", cross_entropy.with(no_reduction));
  check_labels("cross_entropy_smoothing_weights", cross_entropy.with(label_smoothing<0.25>, weights));
  check_labels("cross_entropy_everything", everything);
  check_labels("cross_entropy_everything_sum", everything.with(sum_reduction));
  check_labels("cross_entropy_everything_none", everything.with(no_reduction));
}

TEST_CASE("nll with each option and reduction has PyTorch's values and gradient") {
  check_labels("nll_plain", nll);
  check_labels("nll_weights", nll.with(weights));
  check_labels("nll_ignored", nll.with(weights, ignore_index<1>));
  check_labels("nll_sum", nll.with(weights, sum_reduction));
  check_labels("nll_none", nll.with(no_reduction));
}

TEST_CASE("losses of numbers have PyTorch's values and two gradients under every reduction") {
  check_numbers("mse", mse);
  check_numbers("mae", mae);
  check_numbers("huber", huber);
  check_numbers("binary", binary_cross_entropy_with_logits);
  check<1, floats_in<5, 4>, floats_in<5, 4>>("huber_delta", huber.with(delta<0.5>));
  check<1, floats_in<5, 4>, floats_in<5, 4>>("binary_weighted",
                                             binary_cross_entropy_with_logits.with(positive_weight<3>));
}
