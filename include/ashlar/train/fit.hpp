// SPDX-License-Identifier: MIT
#pragma once
#include <cmath>
#include <optional>
#include <utility>
#include <vector>

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

/// One of several losses in one epoch of fit, and the output that it is of.
struct loss_record {
  char const* name = "";          ///< The loss's; empty where it has none.
  double loss = 0;                ///< As of the epoch, before its weight.
  double accuracy = 0;            ///< Of the output on the held-out samples, where they have labels for it.
  double mean_squared_error = 0;  ///< Of the output on the held-out samples, where their targets are like it.
};

/// One epoch of fit.
struct epoch_record {
  double loss = 0;                  ///< Mean of the steps' losses, each weighed by its samples.
  double accuracy = 0;              ///< On the held-out samples: of the first output that has labels.
  double mean_squared_error = 0;    ///< On the held-out samples: of the first output that has targets like it.
  double images_per_second = 0;     ///< Samples, of training.
  std::vector<loss_record> losses;  ///< Each of `losses(...)`, in their order.
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

/// The losses of an objective whose outputs are measured: their names, and the numbers of their outputs; -1: the target
/// is for no output alone.
template <class Objective, class Outputs, int Targets>
struct measured_losses {
  static constexpr int count = 1;
  static constexpr char const* name(int) { return ""; }
  template <int K>
  static constexpr int output = Outputs::count == 1 && Targets == 1 ? 0 : -1;
};
template <class... Loss, class Outputs, int Targets>
struct measured_losses<weighted_losses<Loss...>, Outputs, Targets> {
  static constexpr int count = sizeof...(Loss);
  static constexpr char const* name(int k) {
    char const* const names[] = {Loss::entry::name...};
    return names[k];
  }
  template <int K>
  static constexpr int output = output_of_loss<K, typename element_at<K, value_list<Loss...>>::entry>(Outputs{});
};

/// Steps whose losses fit has not read yet: where steps run beside the host, as many as may be launched ahead.
template <class Trainer, class Rows, bool ReadsEachStep>
class losses_on_their_way {
  static constexpr int most = ReadsEachStep ? 0 : Trainer::stepper::in_flight;
  using step_loss = typename Trainer::step_loss;

 public:
  /// Takes a step by step(); calls look_at(rows, loss) for the oldest where there are more than may be. Where the step
  /// fails, those before it are looked at first.
  template <class Step, class Look>
  void add(Rows const& rows, Step const& step, Look const& look_at) {
    if constexpr (most == 0) {
      look_at(rows, static_cast<float>(step()));
    } else {
      if (count_ == most) look_at_first(look_at);
#if defined(__cpp_exceptions)
      try {
        steps_[(first_ + count_) % places].emplace(rows, step());
      } catch (...) {
        finish(look_at);
        throw;
      }
#else
      steps_[(first_ + count_) % places].emplace(rows, step());
#endif
      ++count_;
    }
  }
  template <class Look>
  void finish(Look const& look_at) {
    while (count_) look_at_first(look_at);
  }

 private:
  template <class Look>
  void look_at_first(Look const& look_at) {
    auto const& [rows, loss] = *steps_[first_];
    look_at(rows, static_cast<float>(loss));
    first_ = (first_ + 1) % places;
    --count_;
  }

  static constexpr int places = most + 1;
  std::optional<std::pair<Rows, step_loss>> steps_[places];
  int first_ = 0, count_ = 0;
};

/// What fit knows of an epoch's losses and measures on a dataset.
template <class Trainer, class Predictor, class Data, class Objective>
class fit_measures {
  using recorder = typename Trainer::recorder;
  using losses = measured_losses<Objective, typename Predictor::outputs, recorder::targets::count>;
  using places = typename Trainer::argument_names;
  using each_loss = std::make_integer_sequence<int, losses::count>;
  static constexpr bool is_weighted_sum = is_weighted<Objective>;

 public:
  /// Whether the losses of a step are read before the next one.
  static constexpr bool reads_each_step = is_weighted_sum;

 private:
  template <int K>
  using row = typename row_read<Data, places, recorder::inputs::count + K>::type;
  template <int K>
  static constexpr measure measure_for() {
    constexpr int output = losses::template output<K>;
    if constexpr (output < 0)
      return measure::none;
    else
      return measure_of<row<K>, typename element_at<output, typename Predictor::outputs>::type>;
  }

 public:
  /// Gives the record of an epoch places for all numbers.
  static void prepare([[maybe_unused]] epoch_record& record) {
    if constexpr (is_weighted_sum) {
      record.losses = std::vector<loss_record>(losses::count);
      for (int k = 0; k < losses::count; ++k) record.losses[static_cast<std::size_t>(k)].name = losses::name(k);
    }
  }
  /// Adds the losses of a step.
  static void add(Trainer const& t, int rows, epoch_record& record) {
    if constexpr (is_weighted_sum) add(t, rows, record, each_loss{});
  }
  /// Divides the sums by the number of samples.
  static void divide(epoch_record& record, std::int64_t seen) {
    record.loss /= static_cast<double>(seen);
    for (loss_record& each : record.losses) each.loss /= static_cast<double>(seen);
  }
  /// Measures all outputs that can be.
  static void measure_on(Data const& valid, Predictor& predicting, epoch_record& record, progress_line& line) {
    measure_on(valid, predicting, record, line, each_loss{});
  }

 private:
  template <int... K>
  static void add(Trainer const& t, int rows, epoch_record& record, std::integer_sequence<int, K...>) {
    ((record.losses[K].loss += static_cast<double>(t.template loss<K>()) * rows), ...);
  }
  template <int... K>
  static void measure_on(Data const& valid, Predictor& predicting, epoch_record& record, progress_line& line,
                         std::integer_sequence<int, K...>) {
    if constexpr (((measure_for<K>() != measure::none) || ...)) {
      double sums[losses::count] = {};
      predicting.each_batch(valid, [&](std::int64_t begin, std::int64_t rows) {
        ((sums[K] += sum<K>(valid, predicting, begin, rows)), ...);
      });
      bool first_of[] = {true, true, true};
      line.measure_again();
      (note<K>(sums[K], valid.size(), first_of[static_cast<int>(measure_for<K>())], record, line), ...);
    }
  }
  template <int K>
  static double sum(Data const& valid, Predictor const& predicting, std::int64_t begin, std::int64_t rows) {
    constexpr int output = losses::template output<K>;
    constexpr measure what = measure_for<K>();
    if constexpr (what == measure::none) {
      return 0;
    } else {
      auto const* const wanted =
          dataset_places<Data, places>::template column_for<recorder::inputs::count + K>(valid).row(begin);
      if constexpr (what == measure::accuracy)
        return static_cast<double>(predicting.template right<output>(rows, wanted));
      else
        return predicting.template squares<output>(rows, wanted);
    }
  }
  template <int K>
  static void note(double sum, std::int64_t samples, bool& is_first, epoch_record& record, progress_line& line) {
    constexpr int output = losses::template output<K>;
    constexpr measure what = measure_for<K>();
    if constexpr (what != measure::none) {
      constexpr bool is_share = what == measure::accuracy;
      constexpr std::int64_t size = is_share ? 1 : Predictor::template output_shape<output>::size;
      double const mean = samples ? sum / static_cast<double>(samples * size) : 0;
      if (is_first) (is_share ? record.accuracy : record.mean_squared_error) = mean;
      is_first = false;
      if constexpr (is_weighted_sum)
        (is_share ? record.losses[K].accuracy : record.losses[K].mean_squared_error) = mean;
      line.measured(losses::name(K), is_share ? "accuracy %.2f %%  " : "squared error %.4g  ",
                    is_share ? 100 * mean : mean);
    }
  }
};

/// Whether a dataset has what a model's predictor takes.
template <class Model, class Input, class Data, class Predictor = default_predictor<Model>>
using fit_verdict = decltype(dataset_verdict<false, typename Data::dataset_type, typename Predictor::places, Input>(
    typename Predictor::inputs{}));

/// What fit calls after an epoch where it was given nothing to call.
struct nothing_after_epochs {
  void operator()(epoch_record const&) const {}
};

/// Trains as fit says; behind a schedule the trainer has its learning rate again.
template <class Net, class Input, class Policy, class Target, class Objective, class Optimizer, int Batch, class Data,
          class After>
fit_result fit_trainer(trainer<model<Net, Input, Policy, Target>, Objective, Optimizer, Batch>& t, Data const& train,
                       Data const& valid, fit_options const& options, After& after, char const* file,
                       int line_of_call) {
  using predictor_type = default_predictor<model<Net, Input, Policy, Target>>;
  using trainer_type = trainer<model<Net, Input, Policy, Target>, Objective, Optimizer, Batch>;
  using measures = fit_measures<trainer_type, predictor_type, typename Data::dataset_type, Objective>;
  struct learning_rate {
    decltype(t.optimizer.learning_rate)& place;
    bool const is_scheduled;
    decltype(t.optimizer.learning_rate) const given = place;
    ~learning_rate() {
      if (is_scheduled) place = given;
    }
  } const rate{t.optimizer.learning_rate, options.schedule != nullptr};
  fit_result result;
  if (train.size() == 0)
    fail(error_parts{.place = "fit", .found = "an empty training set", .expected = "at least one sample"});
  t.drop_behind_not_finite();
  predictor_type predicting(t.net());
  auto order = batches(train, Batch);
  std::int64_t const first = t.steps() / order.size();
  std::int64_t batch = t.steps() % order.size();  // of the first epoch, some of whose steps may have been taken
  result.epochs =
      std::vector<epoch_record>(static_cast<std::size_t>(options.epochs > first ? options.epochs - first : 0));
  for (epoch_record& record : result.epochs) measures::prepare(record);
  progress_line line(options.progress, options.epochs, train.size(), first);
  for (int epoch = static_cast<int>(first); epoch < options.epochs; ++epoch) {
    order.reshuffle(options.shuffle, static_cast<std::uint64_t>(epoch));
    double const begin = clock_seconds();
    auto seconds = [&] { return clock_seconds() - begin; };
    epoch_record& record = result.epochs[static_cast<std::size_t>(epoch - first)];
    std::int64_t seen = 0;
    auto look_at = [&](auto const& rows, float loss) {
      if (!std::isfinite(loss)) refuse_loss(loss, t.steps() + 1, find_non_finite(t, rows), file, line_of_call);
      record.loss += static_cast<double>(loss) * rows.size();
      measures::add(t, rows.size(), record);
      seen += rows.size();
      line.during(epoch, record.loss / static_cast<double>(seen), seen, seconds());
    };
    losses_on_their_way<trainer_type, decltype(order[0]), measures::reads_each_step> late;
    for (; batch < order.size(); ++batch) {
      auto const rows = order[batch];
      if (options.schedule) {
        double const done = epoch + static_cast<double>(batch * Batch) / static_cast<double>(train.size());
        t.optimizer.learning_rate = rate.given * options.schedule(static_cast<float>(done / options.epochs));
      }
      late.add(
          rows, [&] { return t.step(rows); }, look_at);
    }
    batch = 0;
    late.finish(look_at);
    record.images_per_second = static_cast<double>(seen) / seconds();
    measures::divide(record, seen);
    measures::measure_on(valid, predicting, record, line);
    result.best_accuracy = record.accuracy > result.best_accuracy ? record.accuracy : result.best_accuracy;
    line.after(epoch, record.loss, record.images_per_second);
    if constexpr (std::is_void_v<decltype(after(record))>) {
      after(record);
    } else if (!after(record)) {
      result.epochs.resize(static_cast<std::size_t>(epoch - first) + 1);
      break;
    }
  }
  return result;
}

}  // namespace detail

/// Trains a model on a dataset and measures it on another after every epoch: each output by its accuracy where there
/// are labels, by its mean squared error where targets are like the outputs; of several outputs those that have losses.
/// Allocates nothing after its first step. Each call begins with a trainer of its own: what the optimizer keeps is not
/// carried to the next one. Training that is to be resumed is given a trainer instead of the model. after_epoch is
/// called behind each epoch with its epoch_record; where it returns false, the training ends.
/// errors: fails where the training set is empty, where a step fails, and where the loss is not finite (naming the
/// step, the operation that made it so, its layer and the user's line); the model is as before that step
/// example: fit(net, train, valid, cross_entropy, adam{}, batch<32>, {.epochs = 20, .progress = true});
template <class Net, class Input, class Policy, class Target, detail::any_dataset Data, class Objective,
          class Optimizer, int Batch, class After = detail::nothing_after_epochs>
fit_result fit(model<Net, Input, Policy, Target>& net, Data const& train, Data const& valid, Objective const& objective,
               Optimizer const& optimizer, batch_type<Batch> size, fit_options options = {}, After&& after_epoch = {},
               char const* file = __builtin_FILE(), int line_of_call = __builtin_LINE()) {
  using verdict = detail::fit_verdict<model<Net, Input, Policy, Target>, Input, Data>;
  static_assert(detail::accepted<verdict>);
  if constexpr (!detail::any_misfit<verdict>) {
    auto t = make_trainer(net, objective, optimizer, size);
    return detail::fit_trainer(t, train, valid, options, after_epoch, file, line_of_call);
  } else {
    return {};
  }
}
/// Trains a trainer's model, and goes on where the trainer is: options.epochs counts from its step 0, and the order of
/// an epoch's samples depends on options.shuffle and its number alone. So a trainer that was read from a file ends as
/// the one that wrote it would have, bit for bit, with the same optimizer, options and training set; it may have been
/// written within an epoch. The result has the epochs of this call. after_epoch is called behind each with its
/// epoch_record; where it returns false, the training ends. A learning rate that it sets holds, unless options.schedule
/// states another one.
/// errors: as those of training a model
/// example: if (std::filesystem::exists(file)) load(t, file);
///          fit(t, train, valid, {.epochs = 20}, [&](auto const&) { save(t, file); });
template <class Net, class Input, class Policy, class Target, class Objective, class Optimizer, int Batch,
          detail::any_dataset Data, class After = detail::nothing_after_epochs>
fit_result fit(trainer<model<Net, Input, Policy, Target>, Objective, Optimizer, Batch>& t, Data const& train,
               Data const& valid, fit_options options = {}, After&& after_epoch = {},
               char const* file = __builtin_FILE(), int line_of_call = __builtin_LINE()) {
  using verdict = detail::fit_verdict<model<Net, Input, Policy, Target>, Input, Data>;
  static_assert(detail::accepted<verdict>);
  if constexpr (!detail::any_misfit<verdict>)
    return detail::fit_trainer(t, train, valid, options, after_epoch, file, line_of_call);
  else
    return {};
}
/// Refuses other arguments in a sentence.
template <class... Given>
auto fit(Given const&...) {
  static_assert(detail::accepted<detail::misfit<layer_path<>, detail::fit_with_other_arguments<Given...>>>);
}

}  // namespace ashlar::inline ASHLAR_ABI
