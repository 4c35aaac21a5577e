// SPDX-License-Identifier: MIT
#pragma once
#include <tuple>

#include <ashlar/autodiff/sweep.hpp>
#include <ashlar/expr/misfit.hpp>

namespace ashlar::inline ASHLAR_ABI {

/// What value_and_grad returns: the function's value and its gradient (a tuple of them where several were asked for).
template <class Value, class Gradient>
struct value_and_gradient {
  Value value;        ///< The function's value.
  Gradient gradient;  ///< Its gradient, or a tuple of several.
};

namespace detail {

template <class V>
constexpr V renamed(V const& v) {
  return {v.g, add_alias(*v.g, v.id)};
}
template <std::size_t K, int... I, class V>
constexpr V renamed_if_asked(graph& g, V const& v) {
  if constexpr (((static_cast<int>(K) == I) || ...))
    return renamed(V{&g, node_in(g, v)});
  else
    return unplaced(v);
}
template <class V>
constexpr V adjoint_value(graph& g, adjoints const& adj, V const& x) {
  int d = adj.of[x.id];
  return {&g, d >= 0 ? with_rows_of(g, x.id, d) : add_like(g, x.id, 0)};
}

template <int Arguments, int... Wanted>
struct gradient_for_no_argument {
  template <class Path>
  struct report {
    static_assert(((Wanted >= 0 && Wanted < Arguments) && ...),
                  "ashlar: grad<I>(f): f has no argument number I; they count from 0 (this message states I and the "
                  "number of arguments)");
  };
};
template <std::int64_t Numbers, class Result>
struct gradient_of_many_numbers {
  template <class Path>
  struct report {
    static_assert(Numbers == 1,
                  "ashlar: grad(f): f must return a single number; use sum or mean (this message states how many it "
                  "returns, and its result)");
  };
};
template <class Number, class Result>
struct gradient_of_a_whole_number {
  template <class Path>
  struct report {
    static_assert(std::is_floating_point_v<Number>,
                  "ashlar: grad(f): f must return a float or double; argmax, comparisons and whole numbers have no "
                  "gradient (this message states the dtype of its result, and the result)");
  };
};
template <class Y>
struct elements_of : std::integral_constant<std::int64_t, 0> {};
template <any_value Y>
struct elements_of<Y> : std::integral_constant<std::int64_t, Y::size()> {};

template <bool Floating, class... Arguments>
struct gradient_by_whole_numbers {
  template <class Path>
  struct report {
    static_assert(
        Floating,
        "ashlar: grad<I>(f): argument number I must be of float or double; whole numbers have no gradient (this "
        "message states the arguments)");
  };
};
template <int I, class... V>
inline constexpr bool is_floating_at =
    std::is_floating_point_v<typename std::tuple_element_t<I, std::tuple<V...>>::element_type>;

template <class F, bool WithValue, int... I>
struct gradient_function {
  [[no_unique_address]] F f;

  template <class... V>
  constexpr auto operator()(V... v) const {
    constexpr int arguments = sizeof...(V);
    if constexpr (some_misfit<V...>)
      return first_misfit<V...>{};
    else if constexpr (!((I >= 0 && I < arguments) && ...))
      return misfit<layer_path<>, gradient_for_no_argument<arguments, I...>>{};
    else if constexpr (!(is_floating_at<I, V...> && ...))
      return misfit<layer_path<>, gradient_by_whole_numbers<false, V...>>{};
    else
      return call(std::index_sequence_for<V...>{}, v...);
  }

 private:
  template <std::size_t... K, class... V>
  constexpr auto call(std::index_sequence<K...>, V const&... v) const {
    graph& g = recorded(graph_of(v...));
    located const here(g, place_of(v...));
    std::tuple<V...> x{renamed_if_asked<K, I...>(g, v)...};
    auto y = call_user(g, f, std::get<K>(x)...);
    using Y = decltype(y);
    if constexpr (any_misfit<Y>) {
      return y;
    } else if constexpr (elements_of<Y>::value != 1) {
      return misfit<layer_path<>, gradient_of_many_numbers<elements_of<Y>::value, Y>>{};
    } else if constexpr (!std::is_floating_point_v<typename Y::element_type>) {
      return misfit<layer_path<>, gradient_of_a_whole_number<typename Y::element_type, Y>>{};
    } else {
      int seed = node_in(g, y);
      adjoints adj(g);
      ((adj.needed[std::get<static_cast<std::size_t>(I)>(x).id] = 1), ...);
      adj.of[seed] = add_like(g, seed, 1);
      sweep(g, adj);
      if constexpr (sizeof...(I) == 1)
        return with_value(y, first(adjoint_value(g, adj, std::get<static_cast<std::size_t>(I)>(x))...));
      else
        return with_value(y, std::tuple{adjoint_value(g, adj, std::get<static_cast<std::size_t>(I)>(x))...});
    }
  }
  template <class D>
  static constexpr D first(D d) {
    return d;
  }
  template <class Y, class D>
  static constexpr auto with_value(Y y, D d) {
    if constexpr (WithValue)
      return value_and_gradient<Y, D>{y, d};
    else
      return d;
  }
};

template <bool WithValue, int... I>
struct gradient_of {
  template <class F>
  constexpr gradient_function<F, WithValue, I...> operator()(F f) const {
    return {f};
  }
};

}  // namespace detail

/// The value, through which no gradient passes.
template <class T, int... D>
constexpr basic_value<T, D...> stop_gradient(basic_value<T, D...> x) {
  detail::located const here(*x.g, x.at);
  return {x.g, detail::add_stop(*x.g, x.id)};
}

/// grad<I>(f): the function that computes df / d(argument I); grad<I, J>(f) a tuple of both. f returns one number;
/// the result is a function like f, so grad(grad(f)) is written as it is read.
/// errors: does not compile where f returns more than one number, or a whole one, or has no argument I
template <int... I>
inline constexpr detail::gradient_of<false, I...> grad{};

/// value_and_grad<I>(f): f's value and its gradient from one trace, as {.value, .gradient}.
template <int... I>
inline constexpr detail::gradient_of<true, I...> value_and_grad{};

}  // namespace ashlar::inline ASHLAR_ABI
