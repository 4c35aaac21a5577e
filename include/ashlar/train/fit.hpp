// SPDX-License-Identifier: MIT
#pragma once
#include <chrono>
#include <cmath>

#include <ashlar/train/metrics.hpp>
#include <ashlar/train/progress.hpp>
#include <ashlar/train/trainer.hpp>

namespace ashlar::inline ASHLAR_ABI {

/// How long and how fit trains.
struct fit_options {
  int epochs = 10;                     ///< How often it goes through the training set.
  bool progress = false;               ///< Whether to print a line: live on a terminal, one line an epoch elsewhere.
  seed shuffle{0};                     ///< Of the order of samples.
  float (*schedule)(float) = nullptr;  ///< Factor on the learning rate at a share of the training, 0 to 1.
};

/// One epoch of fit.
struct epoch_record {
  double loss = 0;                ///< Mean over the samples trained on.
  double accuracy = 0;            ///< On the held-out samples, where they have labels.
  double mean_squared_error = 0;  ///< On the held-out samples, where their targets are like the outputs.
  double images_per_second = 0;   ///< Of training.
};

/// What fit returns.
struct fit_result {
  double best_accuracy = 0;          ///< The highest of all epochs, where there are labels.
  std::vector<epoch_record> epochs;  ///< What each epoch was like.
};

/// Half a cosine from 1 to 0: the schedule of most training recipes.
inline float cosine_decay(float share) { return 0.5f * (1 + std::cos(3.14159265f * share)); }

namespace detail {

[[noreturn]] ASHLAR_COLD inline void refuse_loss(float loss, std::int64_t step, non_finite const& why, char const* file,
                                                 int line) {
  char const* const slash = std::strrchr(file, '/');
  char place[256], problem[768];
  std::snprintf(place, sizeof place, "%s:%d: step %lld", slash ? slash + 1 : file, line, static_cast<long long>(step));
  std::snprintf(problem, sizeof problem, "the loss is %s: %s",
                std::isnan(loss) ? "nan"
                : loss > 0       ? "inf"
                                 : "-inf",
                why.sentence.c_str());
  fail(error_parts{.place = place, .problem = problem});
}

/// The output that a dataset's targets are for: the only one, or that of the only loss; -1: they are for no one alone.
template <class Objective, class Outputs>
inline constexpr int measured_output = Outputs::count == 1 ? 0 : -1;
template <class Loss, class Outputs>
inline constexpr int measured_output<weighted_losses<Loss>, Outputs> =
    output_of_loss<0, typename Loss::entry>(Outputs{});

}  // namespace detail

/// Trains a model on a dataset and measures it on another after every epoch: by its accuracy where there are labels,
/// by its mean squared error where targets are like the outputs; of several outputs that one is measured whose loss is
/// the only one. Allocates nothing after its first step.
/// errors: fails where the training set is empty, where a step fails, and where the loss is not finite (naming the
/// step, the operation that made it so, its layer and the user's line); the model is as before that step
template <class Net, class Input, class Policy, class Target, class Targets, int... D, class Objective, class Optimizer,
          int Batch>
fit_result fit(model<Net, Input, Policy, Target>& net, basic_dataset<Targets, D...> const& train,
               basic_dataset<Targets, D...> const& valid, Objective const& objective, Optimizer const& optimizer,
               batch_type<Batch> size, fit_options options = {}, char const* file = __builtin_FILE(),
               int line_of_call = __builtin_LINE()) {
  using predictor_type = detail::default_predictor<model<Net, Input, Policy, Target>>;
  using samples = basic_dataset<Targets, D...>;
  constexpr int measured = detail::measured_output<Objective, typename predictor_type::outputs>;
  detail::dataset_has_all<predictor_type::inputs::count, 1>();
  detail::dataset_fits<samples::sample_size, predictor_type::input_sample::size, samples, Input>();
  if (train.size() == 0)
    fail(error_parts{.place = "fit", .found = "an empty training set", .expected = "at least one sample"});
  auto t = make_trainer(net, objective, optimizer, size);
  predictor_type predicting(net);
  auto order = batches(train, Batch, options.shuffle);
  fit_result result;
  result.epochs.reserve(static_cast<std::size_t>(options.epochs > 0 ? options.epochs : 0));
  detail::progress_line line(options.progress, options.epochs, train.size());
  for (int epoch = 0; epoch < options.epochs; ++epoch) {
    if (epoch > 0) order.reshuffle(options.shuffle, static_cast<std::uint64_t>(epoch));
    auto const begin = std::chrono::steady_clock::now();
    auto seconds = [&] { return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count(); };
    double loss_sum = 0;
    std::int64_t seen = 0;
    for (auto rows : order) {
      if (options.schedule) {
        double const done = epoch + static_cast<double>(seen) / static_cast<double>(train.size());
        t.optimizer.learning_rate =
            optimizer.learning_rate * options.schedule(static_cast<float>(done / options.epochs));
      }
      float const loss = t.step(rows);
      if (!std::isfinite(loss)) detail::refuse_loss(loss, t.steps() + 1, find_non_finite(t, rows), file, line_of_call);
      loss_sum += static_cast<double>(loss) * rows.size();
      seen += rows.size();
      line.during(epoch, loss_sum / static_cast<double>(seen), seen, seconds());
    }
    epoch_record record;
    record.loss = seen ? loss_sum / static_cast<double>(seen) : 0;
    record.images_per_second = static_cast<double>(seen) / seconds();
    if constexpr (measured < 0) {
      // the targets are for all outputs together
    } else if constexpr (samples::has_labels) {
      record.accuracy = predicting.template accuracy<measured>(valid);
      result.best_accuracy = record.accuracy > result.best_accuracy ? record.accuracy : result.best_accuracy;
      line.measured("accuracy %.2f %%  ", 100 * record.accuracy);
    } else if constexpr (predictor_type::template has_outputs_like<Targets, measured>) {
      record.mean_squared_error = predicting.template mean_squared_error<measured>(valid);
      line.measured("squared error %.4g  ", record.mean_squared_error);
    }
    result.epochs.push_back(record);
    line.after(epoch, record.loss, record.images_per_second);
  }
  return result;
}
/// Refuses other arguments in a sentence.
template <class... Given>
auto fit(Given const&...) {
  static_assert(detail::accepted<detail::misfit<layer_path<>, detail::fit_with_other_arguments<Given...>>>);
}

}  // namespace ashlar::inline ASHLAR_ABI
