// SPDX-License-Identifier: MIT
#pragma once
#include <ashlar/backend/non_finite.hpp>
#include <ashlar/core/tensor.hpp>
#include <ashlar/data/batches.hpp>
#include <ashlar/nn/loss.hpp>
#include <ashlar/plan/summary.hpp>
#include <ashlar/train/predict.hpp>
#include <ashlar/train/step_arguments.hpp>

namespace ashlar::inline ASHLAR_ABI {
namespace detail {

/// More than a trainer ever takes.
inline constexpr std::int64_t most_steps = std::int64_t{1} << 62;

}  // namespace detail

/// A model, an objective and an optimizer with its state, ready to step. The optimizer's members may change between
/// steps.
template <class Model, class Objective, class Optimizer, int Batch>
class trainer {
  static constexpr int scalars_of_a_step = 1 + Optimizer::scalars + detail::weights_of<Objective>;

 public:
  /// What records the graph of a step.
  using recorder = detail::training_recorder<typename Model::network, typename Model::input_spec,
                                             typename Model::target_spec, Objective, Optimizer, Batch>;
  /// What is compiled of it.
  using program = typename Model::policy::template program<recorder>;
  /// What runs it.
  using stepper = typename Model::policy::template stepper<program, Optimizer::slots, scalars_of_a_step>;
  static constexpr auto const& tables = program::tables;  ///< What the compiler knows of a step.
  /// The names of what a step is given: inputs, then targets.
  using argument_names = typename detail::step_arguments<program, typename Model::input_spec,
                                                         typename Model::target_spec, Objective>::places;

  /// A number, or what converts to one: where a step runs beside the host, that waits for it.
  using step_loss = typename stepper::loss;

  Optimizer optimizer;  ///< Its members may change between steps.
  Objective objective;  ///< The weights of its losses, where it has them, may change between steps.

  /// A trainer of a model, which it refers to.
  trainer(Model& net, Optimizer const& o, Objective const& what = {})
      : optimizer(o), objective(what), net_(net), seed_(net.next_random_seed()), variant_(o.variant()) {}

  /// One step on the rows of a dataset. Returns the loss before the update: a float, or on a GPU, where the step runs
  /// beside the host, what converts to one, and then waits (it can be asked for 64 steps long). Where it is not finite,
  /// nothing changes: neither parameters nor states nor the optimizer's, nor the number of steps; find_non_finite says
  /// why.
  /// errors: fails where there are more rows than the batch, none, or a label is out of range; where indices that the
  /// network makes itself are, nothing changes either, and on a GPU it is the loss that fails when it is read; does not
  /// compile where the dataset has no column for an input or a target, or one that does not fit
  template <class Data>
  [[gnu::noinline]] step_loss step(dataset_rows<Data> const& rows) {
    using verdict = decltype(arguments::template rows_verdict<Batch, typename Data::dataset_type>());
    static_assert(detail::accepted<verdict>);
    if constexpr (!detail::any_misfit<verdict>)
      return step_on_rows(rows, std::make_integer_sequence<int, arguments::places::count>{});
    else
      return {};
  }

  /// One step on tensors of N <= Batch rows: the inputs in their order, then the targets in theirs, which is that of
  /// the losses; or all of them by name, in any order.
  /// A step may read them where they lie, so none may be memory of the model that is trained.
  /// errors: as of rows of a dataset; does not compile where a tensor is missing, or does not fit
  /// example: float const loss = t.step(named<"digit">(labels), named<"image">(images));
  template <class... Given>
  step_loss step(Given const&... given) {
    using places = typename arguments::places;
    using verdict = decltype(arguments::template verdict<Batch, Given...>());
    static_assert(detail::accepted<verdict>);
    if constexpr (!detail::any_misfit<verdict>) {
      using numbers = std::make_integer_sequence<int, places::count>;
      return detail::in_places<places>(
          numbers{}, [this](auto const&... t) { return this->step_on(numbers{}, t...); }, given...);
    } else {
      return {};
    }
  }

  /// The loss of this name in the last step, before its weight.
  template <fixed_string Name>
  float loss() const requires(detail::is_weighted<Objective>) {
    return loss<Objective::template index_of<Name>()>();
  }
  /// Loss number K of the last step, before its weight.
  template <int K>
  float loss() const requires(detail::is_weighted<Objective>) {
    static_assert(K >= 0 && K < Objective::count, "ashlar: there are not so many losses");
    return stepper_.number(1 + K);
  }
  /// The weight of the loss of this name from the next step on.
  template <fixed_string Name>
  float& loss_weight() requires(detail::is_weighted<Objective>) {
    return objective.template weight<Name>();
  }
  /// The weight of loss number K from the next step on.
  template <int K>
  float& loss_weight() requires(detail::is_weighted<Objective>) {
    return objective.template weight<K>();
  }

  /// From now on steps that were launched behind one whose loss is not finite are not taken either: for who reads
  /// losses late, where steps run beside the host.
  void drop_behind_not_finite() { stepper_.drop_behind_not_finite(); }

  /// Steps taken so far.
  std::int64_t steps() const { return stepper_.steps(); }
  /// The seed of the random numbers of its steps.
  std::uint64_t random_seed() const { return seed_; }
  /// Goes on as a trainer with that seed that has taken so many steps: random numbers, an optimizer's corrections of
  /// its means and accumulate<N> follow the number of a step.
  /// errors: fails where there are fewer than none, or more than are ever taken
  void resume(std::int64_t steps, std::uint64_t random_seed) {
    if (steps < 0 || steps > detail::most_steps)
      detail::refuse_numbers({.problem = "a trainer goes on after {expected} steps; it was given {found}",
                              .found = "%",
                              .expected = "0 to %",
                              .numbers = {steps, detail::most_steps}});
    stepper_.resume(steps);
    seed_ = random_seed;
  }
  /// f(reference, info) for what the optimizer keeps of each parameter that is trained: "optimizer/exp_avg/1.weight" is
  /// Adam's mean of the gradients of "1.weight".
  template <class F>
  ASHLAR_COLD void each_optimizer_variable(F f) const {
    steps();  // none is on its way
    for (int slot = 0; slot < Optimizer::slots; ++slot)
      for (int k = 0; k < tables.sizes.parameters; ++k) {
        detail::variable_info const& v = tables.parameters[k];
        if (v.at.offset >= tables.counts.trained_bytes) continue;  // frozen
        char* const at = stepper_.slots() + slot * detail::aligned(tables.counts.trained_bytes) + v.at.offset;
        for (std::int64_t copy = 0; copy < v.copies(); ++copy)
          f(parameter_reference(std::string("optimizer/")
                                    .append(detail::slot_name<Optimizer>(slot))
                                    .append("/")
                                    .append(detail::variable_name(tables.names, v, copy)),
                                v.type, v.extents, at + detail::copy_offset(v, copy), v.order,
                                detail::parts_of<typename Model::policy>::memory::access),
            v);
      }
  }
  /// The model.
  Model& net() const { return net_; }
  /// What the compiler knows of a step, in numbers; streamed, the steps one by one.
  static constexpr program_summary<program, typename Model::policy> summary() { return {}; }
  /// The memory of the last step.
  char const* arena() const { return stepper_.arena(); }

  /// What find_non_finite returns.
  template <class... Given>
  ASHLAR_COLD non_finite explain(Given const&... given) {
    struct looking {
      non_finite*& why;
      ~looking() { why = nullptr; }
    };
    non_finite why;
    looking const here{why_ = &why};
    step(given...);
    return why;
  }

 private:
  using arguments = detail::step_arguments<program, typename Model::input_spec, typename Model::target_spec, Objective>;

  template <int K, class T>
  T* memory() {
    return reinterpret_cast<T*>(stepper_.input(K));
  }
  /// What the stepper asks of a step, counted from 1: its scalars, and its variant of the update.
  struct step_source {
    trainer const& of;
    int rows;

    static constexpr bool has_phases = detail::phases_of<Optimizer>() > 1;
    void write_scalars(std::int64_t step, double* to) const {
      to[0] = rows;
      of.optimizer.write_scalars(step, to + 1);
      if constexpr (detail::is_weighted<Objective>) of.objective.write_scalars(to + 1 + Optimizer::scalars);
    }
    int variant(std::int64_t step) const { return of.variant_ + detail::phase_at<Optimizer>(step) + 1; }
  };
  ASHLAR_COLD std::string here() const { return detail::with_number("step %", steps() + 1); }

  void check_rows(int rows) const {
    if (rows < 1 || rows > Batch) refuse_rows(rows);
  }
  [[noreturn]] ASHLAR_COLD void refuse_rows(int rows) const {
    detail::refuse_numbers({.place = "step %",
                            .problem = "it was given {found} rows; this trainer takes {expected}",
                            .found = "%",
                            .expected = "1 to %",
                            .numbers = {steps() + 1, rows, Batch}});
  }
  template <class Data, int... K>
  step_loss step_on_rows(dataset_rows<Data> const& rows, std::integer_sequence<int, K...>) {
    check_rows(rows.size());
    (take_rows<K>(rows), ...);
    return run(rows.size());
  }
  /// Copies what the rows hold for argument K, and checks it.
  template <int K, class Data>
  void take_rows(dataset_rows<Data> const& rows) {
    using needed = detail::sample_of<detail::element_at<K, typename arguments::values>>;
    using element = typename needed::element;
    using places = detail::dataset_places<typename Data::dataset_type, typename arguments::places>;
    auto const& column = places::template column_for<K>(*rows.source);
    element* const to = memory<K, element>();
    for (std::size_t r = 0; r < rows.rows.size(); ++r)
      detail::copy_numbers(to + static_cast<std::int64_t>(r) * needed::size, column.row(rows.rows[r]), needed::size);
    arguments::template check<K>(to, rows.size() * needed::size, [this] { return here(); });
  }
  template <class... Tensor, int... K>
  step_loss step_on(std::integer_sequence<int, K...>, Tensor const&... t) {
    (arguments::template check<K>(t.data(), t.size(), [this] { return here(); }), ...);
    constexpr int rows[] = {detail::given_tensor<Tensor>::rows...};
    if constexpr (rows[0] == Batch && (reads_in_place<K>() || ...))
      if (!why_) {
        char* const places[] = {place_of<K>(t)...};
        return run(rows[0], places);
      }
    (copy_in<K>(t), ...);
    return run(rows[0]);
  }
  /// Whether steps may read a tensor of the caller's, which then is not copied.
  template <int K>
  static constexpr bool reads_in_place() {
    if constexpr (requires { stepper::reads_in_place(K); })
      return stepper::reads_in_place(K);
    else
      return false;
  }
  /// Where a step reads argument K. Steps write to no input.
  template <int K, class T, int... D>
  char* place_of(tensor<T, D...> const& t) {
    if constexpr (reads_in_place<K>()) {
      return const_cast<char*>(reinterpret_cast<char const*>(t.data()));
    } else {
      copy_in<K>(t);
      return stepper_.input(K);
    }
  }
  template <int K, class T, int... D>
  void copy_in(tensor<T, D...> const& t) {
    std::memcpy(memory<K, T>(), t.data(), static_cast<std::size_t>(t.size()) * sizeof(T));
  }

  step_loss run(int rows, char* const* inputs = nullptr) {
    if (optimizer.variant() > variant_)
      fail(
          error("the optimizer's momentum was 0 when the trainer was made, so it keeps no velocity; make a trainer "
                "with the momentum to use it"));
    detail::run_memory m;
    m.names = &arguments::template names<1 + Optimizer::scalars>;
    m.parameters = net_.parameter_memory();
    m.states = net_.state_memory();
    m.rows = rows;
    m.inputs = inputs;
    m.seed = seed_;
    step_source const source{*this, rows};
    if (!why_) return stepper_.step(m, net_.resources(), source);
    stepper_.explain(m, source, *why_);
    return {};
  }

  Model& net_;
  stepper stepper_;
  std::uint64_t seed_;
  int variant_;
  non_finite* why_ = nullptr;  // while a step is explained
};

/// A trainer of a model, which it refers to: the model must stay where it is as long as the trainer is used.
/// example: auto t = make_trainer(net, cross_entropy, adam{.learning_rate = 2e-3f}, batch<64>);
template <class Net, class Input, class Policy, class Target, class Objective, class Optimizer, int Batch>
auto make_trainer(model<Net, Input, Policy, Target>& net, Objective const& objective, Optimizer const& optimizer,
                  batch_type<Batch>) {
  using verdict = decltype(detail::training_verdict<Net, Input, Target, Objective, Optimizer, Batch>());
  static_assert(detail::accepted<verdict>);
  if constexpr (!detail::any_misfit<verdict>) {
    using model_type = model<Net, Input, Policy, Target>;
    using made = trainer<model_type, Objective, Optimizer, Batch>;
    using planned = decltype(detail::step_verdict<typename made::program, model_type>());
    static_assert(detail::accepted<planned>);
    if constexpr (!detail::any_misfit<planned>) return made(net, optimizer, objective);
  }
}
/// Refuses other arguments in a sentence.
template <class... Given>
auto make_trainer(Given const&...) {
  static_assert(detail::accepted<detail::misfit<layer_path<>, detail::trainer_of_other_arguments<Given...>>>);
}

/// Why the loss or a gradient of a step with these arguments would not be finite; false where both are.
/// cost: one step without its update, and a look at every number; nothing changes
/// errors: as those of step
/// example: if (auto why = find_non_finite(t, rows)) std::cout << why.sentence;
template <class Model, class Objective, class Optimizer, int Batch, class... Given>
non_finite find_non_finite(trainer<Model, Objective, Optimizer, Batch>& t, Given const&... given) {
  return t.explain(given...);
}

namespace detail {

template <class Net, class Input, class Target, class Objective, class Optimizer, int Batch>
constexpr auto plan_training() {
  using verdict = decltype(training_verdict<Net, Input, Target, Objective, Optimizer, Batch>());
  static_assert(accepted<verdict>);
  if constexpr (!any_misfit<verdict>) {
    using planned = program<training_recorder<Net, Input, Target, Objective, Optimizer, Batch>>;
    static_assert(accepted<decltype(program_verdict<planned>())>);
    return program_summary<planned>{};
  }
}

}  // namespace detail

/// What the compiler knows of a training step before anything runs.
template <class Net, class Input, class Objective, class Optimizer, int Batch>
constexpr auto training_plan(Net const&, Input const&, Objective const&, Optimizer const&, batch_type<Batch>) {
  return detail::plan_training<Net, Input, void, Objective, Optimizer, Batch>();
}
/// What the compiler knows of a training step whose target is stated.
template <class Net, class Input, class Target, class Objective, class Optimizer, int Batch>
constexpr auto training_plan(Net const&, Input const&, Target const&, Objective const&, Optimizer const&,
                             batch_type<Batch>) {
  return detail::plan_training<Net, Input, Target, Objective, Optimizer, Batch>();
}

}  // namespace ashlar::inline ASHLAR_ABI
