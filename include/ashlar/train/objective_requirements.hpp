// SPDX-License-Identifier: MIT
#pragma once
#include <ashlar/train/requirements.hpp>
#include <ashlar/train/training_recorder.hpp>

/// What trainers ask of objectives, losses and targets.
namespace ashlar::inline ASHLAR_ABI::detail {

template <class Objective>
struct objective_with_state {
  template <class Path>
  struct report {
    static_assert(is_stateless<Objective>,
                  "ashlar: an objective must not hold run-time state: it is compiled from its type. Make it a lambda "
                  "that captures nothing");
  };
};
template <bool IsCallable, class Objective>
struct objective_of_other_arguments {
  template <class Path>
  struct report {
    static_assert(IsCallable,
                  "ashlar: an objective takes (network, input, target) or, where no_target stands after the input, "
                  "(network, input); a loss takes (outputs, target); where there are several inputs or targets, it "
                  "takes all of them in their order");
  };
};
template <bool IsCallable, class Objective, class Outputs>
struct loss_of_several_outputs {
  template <class Path>
  struct report {
    static_assert(
        IsCallable,
        "ashlar: the network has several outputs: losses(named<\"...\">(loss), ...) has one loss for each (this "
        "message states the loss, and the outputs)");
  };
};
template <class Name, class... Outputs>
struct loss_without_its_output {
  template <class Path>
  struct report {
    static_assert(std::is_same_v<Name, Path>,
                  "ashlar: losses: the network has no output of this name (this message states the loss's name, and "
                  "the outputs)");
  };
};
template <int Losses, int Outputs>
struct losses_without_names {
  template <class Path>
  struct report {
    static_assert(Losses == Outputs,
                  "ashlar: losses: losses without names are those of all outputs in their order; name them, "
                  "named<\"...\">(loss), to leave outputs out (this message states how many losses and outputs there "
                  "are)");
  };
};
template <int Targets, int Losses>
struct targets_of_other_losses {
  template <class Path>
  struct report {
    static_assert(Targets == Losses,
                  "ashlar: losses: targets(...) states a target for each loss in their order, or by the losses' names "
                  "(this message states how many targets are stated or have a loss, and how many there are to be)");
  };
};
template <class... Arguments>
struct value_called_as_network {
  template <class Path>
  struct report {
    static_assert(!std::is_same_v<Path, Path>,
                  "ashlar: the objective calls its first argument, which is a value here and not the network: a loss "
                  "takes (outputs, target), an objective (network, input, target); where there is no target, give "
                  "no_target after the model's input");
  };
};
template <std::int64_t Trained, std::int64_t InNetwork>
struct objective_without_its_network {
  template <class Path>
  struct report {
    static_assert(Trained == InNetwork,
                  "ashlar: the objective must call the network, and hold no layers of its own (this message states how "
                  "many parameters it trains, and how many the network has)");
  };
};

/// Whether the objective can be called: with (network, input, target), or with (outputs, target), or with the value of
/// the only output.
template <class Net, class Objective, class Outputs, class... V, class... T>
constexpr bool objective_is_callable(value_list<V...>, value_list<T...>) {
  if constexpr (sizeof...(T) == 0)
    return called_with<Objective, network_function<Net>, V...>;
  else
    return called_with<Objective, network_function<Net>, V..., T...> || called_with<Objective, Outputs, T...> ||
           called_with<Objective, only_output_of<Outputs>, T...>;
}

/// Whether the losses are of outputs that there are, and the stated targets theirs.
template <class... Loss, class... Output, class... Stated>
constexpr auto losses_verdict(weighted_losses<Loss...>, value_list<Output...> outputs, value_list<Stated...>) {
  using entries = value_list<typename Loss::entry...>;
  constexpr int count = static_cast<int>(sizeof...(Loss)), wanted = static_cast<int>(sizeof...(Output));
  constexpr int stated = static_cast<int>(sizeof...(Stated));
  constexpr bool unnamed = ((Loss::entry::name[0] == 0) || ...);
  constexpr int missing = []<int... K>(std::integer_sequence<int, K...>) {
    int first = -1;
    ((first = first < 0 && output_of_loss<K, typename Loss::entry>(value_list<Output...>{}) < 0 ? K : first), ...);
    return first;
  }
  (std::make_integer_sequence<int, count>{});
  constexpr bool states_names = ((Stated::name[0] != 0) || ...);
  constexpr int matched = states_names
                              ? (0 + ... + (Stated::name[0] && find_name<typename Loss::entry...>(Stated::name) >= 0))
                          : stated ? count
                                   : 0;
  using names = decltype(names_verdict(entries{}));
  using targets = decltype(names_verdict(value_list<Stated...>{}));
  static_cast<void>(outputs);
  if constexpr (any_misfit<names>)
    return names{};
  else if constexpr (unnamed && count != wanted)
    return misfit<layer_path<>, losses_without_names<count, wanted>>{};
  else if constexpr (missing >= 0)
    return misfit<layer_path<>, loss_without_its_output<
                                    typename element_at<(missing < 0 ? 0 : missing), entries>::letters, Output...>>{};
  else if constexpr (any_misfit<targets>)
    return targets{};
  else if constexpr (matched != stated)
    return misfit<layer_path<>, targets_of_other_losses<matched, stated>>{};
  else
    return fits{};
}
template <class Objective, class Outputs, class Target>
constexpr auto losses_verdict() {
  using stated = std::conditional_t<std::is_void_v<Target>, no_target_type, Target>;
  if constexpr (is_weighted<Objective> && !any_misfit<Outputs>)
    return losses_verdict(Objective{}, typename outputs_of<Outputs>::type{}, typename entries_of<stated>::type{});
  else
    return fits{};
}

/// Whether the objective can be called, and returns a number.
template <class Net, class Input, class Target, class Objective, class Optimizer, int Batch>
constexpr auto objective_verdict() {
  using inputs = batched_values<Input, Batch>;
  using outputs = result_of<Net, inputs>;
  constexpr bool is_callable =
      is_weighted<Objective> ||
      objective_is_callable<Net, Objective, outputs>(inputs{}, target_values<Objective, outputs, Target, Batch>{});
  if constexpr (!is_callable && is_network_outputs<outputs>) {
    return misfit<layer_path<>, loss_of_several_outputs<is_callable, Objective, outputs>>{};
  } else if constexpr (!is_callable) {
    return misfit<layer_path<>, objective_of_other_arguments<is_callable, Objective>>{};
  } else {
    using loss = typename training_recorder<Net, Input, Target, Objective, Optimizer, Batch>::loss_value;
    if constexpr (any_misfit<loss>)
      return loss{};
    else if constexpr (elements_of<loss>::value != 1)
      return misfit<layer_path<>, objective_of_many_numbers<elements_of<loss>::value, loss>>{};
    else
      return fits{};
  }
}

/// Whether the objective and the network fit each other.
template <class Net, class Input, class Target, class Objective, class Optimizer, int Batch>
constexpr auto training_verdict() {
  using network = decltype(network_verdict<Net, Input>());
  if constexpr (any_misfit<network>) {
    return network{};
  } else if constexpr (!any_optimizer<Optimizer>) {
    return misfit<layer_path<>, trainer_of_other_arguments<Objective, Optimizer>>{};
  } else if constexpr (!is_stateless<Objective>) {
    return misfit<layer_path<>, objective_with_state<Objective>>{};
  } else {
    using inputs = batched_values<Input, Batch>;
    using outputs = result_of<Net, inputs>;
    using losses = decltype(losses_verdict<Objective, outputs, Target>());
    if constexpr (any_misfit<outputs>)
      return outputs{};
    else if constexpr (any_misfit<losses>)
      return losses{};
    else
      return objective_verdict<Net, Input, Target, Objective, Optimizer, Batch>();
  }
}

/// Whether a step that trains every parameter of the model can be planned.
template <class Program, class Model>
constexpr auto step_verdict() {
  using planned = decltype(program_verdict<Program>());
  constexpr std::int64_t trained = Program::tables.counts.parameters;
  if constexpr (any_misfit<planned>)
    return planned{};
  else if constexpr (trained != Model::parameters())
    return misfit<layer_path<>, objective_without_its_network<trained, Model::parameters()>>{};
  else if constexpr (!same_memory(Program::tables, Model::tables()))
    return misfit<layer_path<>, parameters_that_depend_on_the_batch<false>>{};
  else
    return fits{};
}

}  // namespace ashlar::inline ASHLAR_ABI::detail
