// SPDX-License-Identifier: MIT
#pragma once
#include <ashlar/backend/non_finite.hpp>
#include <ashlar/core/tensor.hpp>
#include <ashlar/data/batches.hpp>
#include <ashlar/nn/loss.hpp>
#include <ashlar/plan/summary.hpp>
#include <ashlar/train/predict.hpp>
#include <ashlar/train/requirements.hpp>

namespace ashlar::inline ASHLAR_ABI {

/// A model, an objective and an optimizer with its state, ready to step. The optimizer's members may change between
/// steps.
template <class Model, class Objective, class Optimizer, int Batch>
class trainer {
 public:
  /// What records the graph of a step.
  using recorder = detail::training_recorder<typename Model::network, typename Model::input_spec,
                                             typename Model::target_spec, Objective, Optimizer, Batch>;
  /// What is compiled of it.
  using program = typename Model::policy::template program<recorder>;
  static constexpr auto const& tables = program::tables;  ///< What the compiler knows of a step.

  Optimizer optimizer;  ///< Its members may change between steps.

  /// A trainer of a model, which it refers to.
  trainer(Model& net, Optimizer const& o)
      : optimizer(o),
        net_(net),
        arena_(tables.counts.arena_bytes),
        slots_(Optimizer::slots * detail::aligned(tables.counts.trained_bytes)),
        states_before_(tables.counts.state_bytes),
        seed_(net.next_random_seed()),
        variant_(o.variant()) {}

  /// One step on the rows of a dataset. Returns the loss before the update. Where that is not finite, nothing changes:
  /// neither parameters nor states nor the optimizer's, nor the number of steps; find_non_finite says why.
  /// errors: fails where there are more rows than the batch, none, or a label is out of range
  template <class Targets, int... D>
  [[gnu::noinline]] float step(basic_batch_rows<Targets, D...> const& rows) {
    using data = basic_dataset<Targets, D...>;
    detail::dataset_fits<data::sample_size, input_sample::size, data, typename Model::input_spec>();
    check_rows(rows.size());
    for (int r = 0; r < rows.size(); ++r) {
      float const* from = rows.input(r);
      input_element* const to = input() + r * input_sample::size;
      for (std::int64_t i = 0; i < input_sample::size; ++i) to[i] = static_cast<input_element>(from[i]);
      check_inputs(to, input_sample::size);
      if constexpr (recorder::has_target) {
        using needed = typename recorder::target_value_type;
        using element = typename data::target_element;
        detail::dataset_targets_fit<typename detail::batched_target<Targets, Batch>::type, needed>();
        element const* wanted = rows.target(r);
        for (std::int64_t i = 0; i < data::target_size; ++i) {
          if constexpr (std::is_same_v<element, std::int32_t>) check_label(wanted[i]);
          target<element>()[r * data::target_size + i] = wanted[i];
        }
      }
    }
    return run(rows.size());
  }

  /// One step on tensors of N <= Batch samples and targets.
  template <class T, class U, int N, int M, int... D, int... E>
  float step(tensor<T, N, D...> const& samples, tensor<U, M, E...> const& targets) {
    detail::rows_fit<N, M>();
    detail::batch_holds<N, Batch>();
    using target_sample = detail::sample_of<typename recorder::target_value_type>;
    detail::samples_fit<tensor<T, N, D...>, typename input_sample::template batch_tensor<N>>();
    detail::targets_fit<tensor<U, M, E...>, typename target_sample::template batch_tensor<M>>();
    if constexpr (std::is_same_v<U, std::int32_t>)
      for (U label : targets) check_label(label);
    check_inputs(samples.data(), samples.size());
    std::memcpy(input(), samples.data(), static_cast<std::size_t>(samples.size()) * sizeof(T));
    std::memcpy(target<U>(), targets.data(), static_cast<std::size_t>(targets.size()) * sizeof(U));
    return run(N);
  }

  /// One step on a tensor of N <= Batch samples, for an objective without a target.
  template <class T, int N, int... D>
  float step(tensor<T, N, D...> const& samples) requires(!recorder::has_target) {
    detail::samples_fit<tensor<T, N, D...>, typename input_sample::template batch_tensor<N>>();
    detail::batch_holds<N, Batch>();
    check_inputs(samples.data(), samples.size());
    std::memcpy(input(), samples.data(), static_cast<std::size_t>(samples.size()) * sizeof(T));
    return run(N);
  }

  /// Steps taken so far.
  std::int64_t steps() const { return step_; }
  /// The model.
  Model& net() const { return net_; }
  /// What the compiler knows of a step, in numbers.
  static constexpr program_summary<program> summary() { return {}; }
  /// The memory of the last step.
  char const* arena() const { return arena_.data(); }

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
  using input_sample = detail::sample_of<typename recorder::input_value>;
  using input_element = typename input_sample::element;

  input_element* input() { return reinterpret_cast<input_element*>(arena_.data() + tables.inputs[0].at.offset); }
  template <class U>
  U* target() {
    return reinterpret_cast<U*>(arena_.data() + tables.inputs[1].at.offset);
  }

  void check_rows(int rows) const {
    if (rows < 1 || rows > Batch) refuse_rows(rows);
  }
  [[noreturn]] ASHLAR_COLD void refuse_rows(int rows) const {
    fail(error_parts{.place = "step " + std::to_string(step_ + 1),
                     .problem = "it was given {found} rows; this trainer takes {expected}",
                     .found = std::to_string(rows),
                     .expected = "1 to " + std::to_string(Batch)});
  }
  void check_label(std::int32_t label) const {
    if constexpr (constexpr int classes = tables.inputs[1].index_limit; classes > 0) {
      if ((label < 0 || label >= classes) && label != tables.inputs[1].ignored_index)
        detail::refuse_index("step " + std::to_string(step_ + 1),
                             "a label is {found}; the network has outputs for {expected}", label, classes);
    }
  }
  void check_inputs(input_element const* from, std::int64_t count) const {
    detail::check_indices<tables.inputs[0].index_limit>(from, count,
                                                        [&] { return "step " + std::to_string(step_ + 1); });
  }

  float run(int rows) {
    if (optimizer.variant() > variant_)
      fail(
          error("the optimizer's momentum was 0 when the trainer was made, so it keeps no velocity; make a trainer "
                "with the momentum to use it"));
    scalars_[0] = rows;
    optimizer.write_scalars(step_ + 1, scalars_ + 1);
    detail::run_memory m;
    m.arena = arena_.data();
    m.scalars = scalars_;
    m.parameters = net_.parameter_memory();
    m.states = net_.state_memory();
    m.slots = slots_.data();
    m.rows = rows;
    m.seed = seed_;
    m.step = static_cast<std::uint64_t>(step_ + 1);
    m.variant = variant_ + detail::phase_at<Optimizer>(step_ + 1) + 1;
    kept_states states(m.states, states_before_);
    if (why_) {
      Model::policy::template explain<program>(m, *why_);
    } else if (Model::policy::template executor<program>::run(m, net_.resources())) {
      ++step_;
      states.written = true;
    }
    using loss_element = typename recorder::loss_value::element_type;
    return static_cast<float>(*reinterpret_cast<loss_element const*>(arena_.data() + tables.outputs[0].at.offset));
  }

  /// Gives the states back what they were, unless the step that writes them is taken.
  struct kept_states {
    char* states;
    detail::buffer const& before;
    bool written = false;

    kept_states(char* s, detail::buffer const& b) : states(s), before(b) {
      if (before.size()) std::memcpy(before.data(), states, static_cast<std::size_t>(before.size()));
    }
    kept_states(kept_states const&) = delete;
    kept_states& operator=(kept_states const&) = delete;
    ~kept_states() {
      if (before.size() && !written) std::memcpy(states, before.data(), static_cast<std::size_t>(before.size()));
    }
  };

  Model& net_;
  detail::buffer arena_;
  detail::buffer slots_;
  detail::buffer states_before_;
  double scalars_[Optimizer::scalars + 1]{};
  std::int64_t step_ = 0;
  std::uint64_t seed_;
  int variant_;
  non_finite* why_ = nullptr;  // while a step is explained
};

/// A trainer of a model, which it refers to: the model must stay where it is as long as the trainer is used.
/// example: auto t = make_trainer(net, cross_entropy, adam{.learning_rate = 2e-3f}, batch<64>);
template <class Net, class Input, class Policy, class Target, class Objective, class Optimizer, int Batch>
auto make_trainer(model<Net, Input, Policy, Target>& net, Objective const&, Optimizer const& optimizer,
                  batch_type<Batch>) {
  using verdict = decltype(detail::training_verdict<Net, Input, Target, Objective, Optimizer, Batch>());
  static_assert(detail::accepted<verdict>);
  if constexpr (!detail::any_misfit<verdict>) {
    using model_type = model<Net, Input, Policy, Target>;
    using made = trainer<model_type, Objective, Optimizer, Batch>;
    using planned = decltype(detail::step_verdict<typename made::program, model_type>());
    static_assert(detail::accepted<planned>);
    if constexpr (!detail::any_misfit<planned>) return made(net, optimizer);
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
