// SPDX-License-Identifier: MIT
#pragma once
#include <ashlar/expr/elementary.hpp>
#include <ashlar/graph/build_moves.hpp>

/// Random values in networks and functions. Each call draws anew, in every step; numbers depend on the model's seed,
/// the step, the layer's path and the element, and so are the same on every policy and for any batch size.
namespace ashlar::inline ASHLAR_ABI {
namespace detail {

/// The stream of the next draw in the layer being recorded.
constexpr std::uint64_t next_stream(graph& g) {
  std::uint64_t const draw = static_cast<std::uint64_t>(++g.paths[g.scope].draws);
  return stream_key(g) ^ draw * 0x9E3779B97F4A7C15u;
}
template <class V>
constexpr V drawn(V const& like) {
  graph& g = recorded(*like.g);
  static_assert(std::is_floating_point_v<typename V::element_type>, "ashlar: random values are of float or double");
  return {&g, add_random(g, dtype_of<typename V::element_type>, V::shape(), (*like.g)[like.id].rows, next_stream(g))};
}

}  // namespace detail

/// Numbers spread evenly over [0, 1), in the shape of a value.  gradient: none
template <class T, int... D>
constexpr auto random_uniform(basic_value<T, D...> like) {
  detail::located const here(detail::recorded(*like.g), like.at);
  return detail::drawn(like);
}
/// Standard normal numbers, in the shape of a value.  gradient: none
/// source: Box, Muller, "A note on the generation of random normal deviates", 1958
template <class T, int... D>
constexpr auto random_normal(basic_value<T, D...> like) {
  detail::located const here(detail::recorded(*like.g), like.at);
  auto const radius = detail::drawn(like), angle = detail::drawn(like);
  return sqrt(-2 * log(1 - radius)) * cos(6.283185307179586 * angle);
}
/// 1 with a probability, else 0, in the shape of a value.  gradient: none
template <class T, int... D>
constexpr auto random_bernoulli(basic_value<T, D...> like, double probability) {
  detail::located const here(detail::recorded(*like.g), like.at);
  return convert<T>(detail::drawn(like) < probability);
}
/// The same with a probability for each element.
template <class T, int... D>
constexpr auto random_bernoulli(basic_value<T, D...> probability) {
  detail::located const here(*probability.g, probability.at);
  return convert<T>(detail::drawn(probability) < probability);
}
/// 0 to n - 1 in random order along the last axis, in the shape of a value.  gradient: none
template <class T, int... D>
constexpr auto random_permutation(basic_value<T, D...> like) {
  static_assert(sizeof...(D) > 0, "ashlar: random_permutation needs an axis");
  detail::graph& g = detail::recorded(*like.g);
  detail::located const here(g, like.at);
  return basic_value<std::int32_t, D...>{
      &g, detail::add_permutation(g, make_shape<D...>(), (*like.g)[like.id].rows, detail::next_stream(g))};
}

}  // namespace ashlar::inline ASHLAR_ABI
