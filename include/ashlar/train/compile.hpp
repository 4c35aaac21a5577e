// SPDX-License-Identifier: MIT
#pragma once
#include <ashlar/backend/buffer.hpp>
#include <ashlar/backend/policy.hpp>
#include <ashlar/backend/run_memory.hpp>
#include <ashlar/core/tensor.hpp>
#include <ashlar/train/forward_recorders.hpp>
#include <ashlar/train/requirements.hpp>

namespace ashlar::inline ASHLAR_ABI {
namespace detail {

/// The tensor that holds a value's elements.
template <class V>
struct tensor_of;
template <class T, int... D>
struct tensor_of<basic_value<T, D...>> {
  using type = tensor<T, D...>;
};

template <class T, int... D>
basic_value<T, D...> value_like(tensor<T, D...> const&);

/// Reads outputs from a program's arena: as views (a number for a 0-d value) or as tensors of their own.
template <class Runner, bool Own>
struct output_reader {
  Runner const& runner;
  int next = 0;

  template <class T, int... D>
  auto read(basic_value<T, D...>*) {
    T const* p = reinterpret_cast<T const*>(runner.output(next++));
    if constexpr (sizeof...(D) == 0 && !Own)
      return *p;
    else if constexpr (Own)
      return tensor<T, D...>(view<T const, D...>(p));
    else
      return view<T const, D...>(p);
  }
  template <class... Y>
  auto read(std::tuple<Y...>*) {
    return std::tuple{read(static_cast<Y*>(nullptr))...};
  }
  template <class Y, class D>
  auto read(value_and_gradient<Y, D>*) {
    auto value = read(static_cast<Y*>(nullptr));
    auto gradient = read(static_cast<D*>(nullptr));
    return value_and_gradient<decltype(value), decltype(gradient)>{std::move(value), std::move(gradient)};
  }
};

}  // namespace detail

/// A function of tensors, planned once and allocated once: calling it allocates nothing. The views it returns show its
/// arena, until the next call.
template <class Policy, class F, class... V>
class compiled_function {
 public:
  /// What records its graph.
  using recorder = detail::function_recorder<F, V...>;
  /// What is compiled of it.
  using program = typename Policy::template program<recorder>;
  /// What it returns, as values.
  using output = typename recorder::output_value;

  /// Plans and allocates.
  explicit compiled_function(Policy const& where) : resources_(where) {}

  /// Runs on tensors of exactly the planned types.
  auto operator()(typename detail::tensor_of<V>::type const&... inputs) { return run<false>(inputs...); }

  /// Refuses other tensors in a sentence.
  template <class... Given>
  auto operator()(Given const&...) {
    static_assert(std::is_same_v<std::tuple<Given...>, std::tuple<typename detail::tensor_of<V>::type...>>,
                  "ashlar: a compiled function runs on tensors of exactly the types it was compiled for (this message "
                  "states what was given and what is needed)");
  }

  /// As operator(), into tensors of their own.
  auto evaluate(typename detail::tensor_of<V>::type const&... inputs) { return run<true>(inputs...); }

  /// The memory of the last run.
  char const* arena() const { return runner_.arena(); }

 private:
  template <bool Own>
  auto run(typename detail::tensor_of<V>::type const&... inputs) {
    double scalars[1] = {0};
    detail::run_memory memory;
    memory.scalars = scalars;
    char* const places[] = {read_only(inputs)..., nullptr};
    if constexpr (reads_in_place<runner>()) {
      memory.inputs = places;
    } else {
      int k = 0;
      (copy_in(k++, inputs), ...);
    }
    runner_.run(memory, resources_);
    return detail::output_reader<runner, Own>{runner_}.read(static_cast<output*>(nullptr));
  }
  template <class Runner>
  static constexpr bool reads_in_place() {
    if constexpr (requires { Runner::reads_inputs_in_place; })
      return Runner::reads_inputs_in_place;
    else
      return false;
  }
  /// Steps write to no input.
  template <class T, int... D>
  static char* read_only(tensor<T, D...> const& t) {
    return const_cast<char*>(reinterpret_cast<char const*>(t.data()));
  }
  template <class T, int... D>
  void copy_in(int k, tensor<T, D...> const& t) {
    std::memcpy(runner_.input(k), t.data(), static_cast<std::size_t>(t.size()) * sizeof(T));
  }

  using runner = typename Policy::template runner<program>;

  typename Policy::resources resources_;
  runner runner_;
};

/// Plans f for tensors like these.
/// errors: does not compile where f captures something at run time
/// example: auto fast = compile(cpu, energy, x, w); float e = fast(x, w);
template <detail::any_policy Policy, class F, class... T>
auto compile(Policy const& where, F const&, T const&... like) {
  using verdict = decltype(detail::function_verdict<F, decltype(detail::value_like(like))...>());
  static_assert(detail::accepted<verdict>);
  if constexpr (!detail::any_misfit<verdict>) {
    using function = compiled_function<Policy, F, decltype(detail::value_like(like))...>;
    using planned = decltype(detail::program_verdict<typename function::program>());
    static_assert(detail::accepted<planned>);
    constexpr std::int64_t parameters = function::program::tables.counts.parameters;
    constexpr int states = function::program::tables.sizes.states;
    if constexpr (detail::any_misfit<planned>)
      return;
    else if constexpr (parameters || states)
      static_assert(
          detail::accepted<detail::misfit<layer_path<>, detail::function_with_parameters<parameters, states>>>);
    else
      return function(where);
  }
}

/// f of these tensors, taken whole (no axis is a batch); its result as a tensor, or several as a tuple.
/// errors: does not compile where f captures something at run time
template <detail::any_policy Policy, class F, class... T>
auto evaluate(Policy const& policy, F const& f, T const&... inputs) {
  using verdict = decltype(detail::function_verdict<F, decltype(detail::value_like(inputs))...>());
  static_assert(detail::accepted<verdict>);
  if constexpr (!detail::any_misfit<verdict>) return compile(policy, f, inputs...).evaluate(inputs...);
}
/// Refuses a call without a policy in a sentence.
template <class First, class... Given>
requires(!detail::any_policy<First>) auto evaluate(First const&, Given const&...) {
  static_assert(detail::accepted<detail::misfit<layer_path<>, detail::evaluate_of_other_arguments<First, Given...>>>);
}
/// Refuses a call without a policy in a sentence.
template <class First, class... Given>
requires(!detail::any_policy<First>) auto compile(First const&, Given const&...) {
  static_assert(detail::accepted<detail::misfit<layer_path<>, detail::evaluate_of_other_arguments<First, Given...>>>);
}

namespace detail {

template <class X>
inline constexpr bool is_tensor = false;
template <class T, int... D>
inline constexpr bool is_tensor<tensor<T, D...>> = sizeof...(D) > 0;  // a single number converts to one
template <class A, class B>
concept some_tensor = is_tensor<A> || is_tensor<B>;

}  // namespace detail

/// Arithmetic is for values; of tensors it does not compile, with a sentence.
template <class A, class B>
requires detail::some_tensor<A, B>
auto operator+(A const&, B const&) { detail::takes_values<A, B>(); }
/// Arithmetic is for values; of tensors it does not compile, with a sentence.
template <class A, class B>
requires detail::some_tensor<A, B>
auto operator-(A const&, B const&) { detail::takes_values<A, B>(); }
/// Arithmetic is for values; of tensors it does not compile, with a sentence.
template <class A, class B>
requires detail::some_tensor<A, B>
auto operator*(A const&, B const&) { detail::takes_values<A, B>(); }
/// Arithmetic is for values; of tensors it does not compile, with a sentence.
template <class A, class B>
requires detail::some_tensor<A, B>
auto operator/(A const&, B const&) { detail::takes_values<A, B>(); }

/// Products are for values; of tensors they do not compile, with a sentence.
template <class A, class B>
requires detail::some_tensor<A, B>
auto matmul(A const&, B const&) { detail::takes_values<A, B>(); }

}  // namespace ashlar::inline ASHLAR_ABI
