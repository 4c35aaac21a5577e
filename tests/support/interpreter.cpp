// SPDX-License-Identifier: MIT
#include "support/interpreter.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <utility>

#include <ashlar/core/random.hpp>

#include "support/whole_numbers.hpp"

namespace proof {
namespace {

class interpreter {
 public:
  interpreter(graph const& g, environment const& e, std::uint64_t iteration = 0)
      : g_(g), e_(e), iteration_(iteration), known_(static_cast<std::size_t>(g.size())) {}

  numbers const& value(int id) {
    std::optional<numbers>& known = known_[static_cast<std::size_t>(id)];
    if (!known) {
      numbers v = compute(id);
      node const& n = g_[id];
      for (std::size_t i = 0; i < v.size(); ++i)
        if (!is_valid(n.extents, n.rows, e_.rows(), static_cast<std::int64_t>(i))) v[i] = not_a_number;
      known = std::move(v);
    }
    return *known;
  }
  void give(int id, numbers v) { known_[static_cast<std::size_t>(id)] = std::move(v); }

 private:
  using index = int[max_rank];

  template <class F>
  static void each_index(shape const& s, F f) {
    int at[max_rank]{};
    for (std::int64_t i = 0; i < s.size(); ++i) {
      f(i, at);
      for (int axis = s.rank - 1; axis >= 0 && ++at[axis] == s[axis]; --axis) at[axis] = 0;
    }
  }
  /// Where the element at an index lies in a value whose extents may be 1 there.
  static std::size_t offset(shape const& s, int const* at) {
    std::int64_t o = 0;
    for (int axis = 0; axis < s.rank; ++axis) o = o * s[axis] + (s[axis] == 1 ? 0 : at[axis]);
    return static_cast<std::size_t>(o);
  }

  numbers compute(int id) {
    node const& n = g_[id];
    auto const size = static_cast<std::size_t>(n.extents.size());
    switch (n.code) {
      case op::input: return e_.inputs[static_cast<std::size_t>(n.a[0])];
      case op::parameter: return stored(g_.parameters, e_.parameters, id);
      case op::state: return stored(g_.states, e_.states, id);
      case op::scalar: return {converted(n.type, dtype::float64, e_.scalars[static_cast<std::size_t>(n.a[0])])};
      case op::range: return n.a[0] == 0 ? region(e_.parameters) : e_.slots[static_cast<std::size_t>(n.a[0] - 1)];
      case op::constant: return numbers(size, n.number);
      case op::iota: {
        numbers v(size);
        for (std::size_t i = 0; i < size; ++i) v[i] = converted(n.type, dtype::int64, static_cast<number>(i));
        return v;
      }
      case op::random: return draw_random(n, size);
      case op::reshape:
      case op::alias:
      case op::stop_gradient: return value(n.in[0]);
      case op::broadcast: {
        numbers v(size);
        numbers const& from = value(n.in[0]);
        each_index(n.extents, [&](std::int64_t i, int const* at) {
          v[static_cast<std::size_t>(i)] = from[offset(g_.extents(n.in[0]), at)];
        });
        return v;
      }
      case op::sum:
      case op::max: return reduced(n, size);
      case op::matmul: return product(n, size);
      case op::conv:
      case op::conv_data:
      case op::conv_weight: return convolution(n, size);
      case op::window_index:
      case op::window_take:
      case op::window_put:
      case op::window_sum:
      case op::window_spread: return windows(n, size);
      case op::slice:
      case op::pad: return moved(n, size);
      case op::concat: return joined(n, size);
      case op::cumsum: return running_sums(n, size);
      case op::gather:
      case op::scatter: return looked_up(n, size);
      case op::permutation: return orders(n, size);
      case op::permute: {
        numbers v(size);
        numbers const& from = value(n.in[0]);
        each_index(n.extents, [&](std::int64_t i, int const* at) {
          index source{};
          for (int k = 0; k < n.extents.rank; ++k) source[n.a[0] >> (3 * k) & 7] = at[k];
          v[static_cast<std::size_t>(i)] = from[offset(g_.extents(n.in[0]), source)];
        });
        return v;
      }
      case op::exchange: {
        std::vector<numbers> gradients;
        for (int d : g_.exchanged) gradients.push_back(d < 0 ? numbers() : value(d));
        return region(gradients);
      }
      case op::result: return loop_outputs(n.in[0])[static_cast<std::size_t>(n.a[0])];
      default: return pointwise(n, size);
    }
  }

  static numbers stored(list<variable_entry> const& entries, std::vector<numbers> const& values, int id) {
    for (int k = 0; k < entries.size(); ++k)
      if (entries[k].node == id) return values[static_cast<std::size_t>(k)];
    fail(error("the oracle met a variable that is not the graph's"));
  }
  /// The values of all parameters (or their gradients) at their places in the region; zero between them.
  numbers region(std::vector<numbers> const& values) const {
    std::int64_t bytes = 0;
    list<variable_info> const places = lay_out(g_.parameters, parameter_place, bytes);
    numbers all(region_size(g_), 0);
    for (int k = 0; k < places.size(); ++k) {
      if (g_.parameters[k].frozen) continue;
      numbers const& v = values[static_cast<std::size_t>(k)];
      std::vector<std::int64_t> const at = byte_offsets(places[k]);
      for (std::size_t i = 0; i < v.size(); ++i) all[static_cast<std::size_t>(at[i] / bytes_of(places[k].type))] = v[i];
    }
    return all;
  }
  numbers draw_random(node const& n, std::size_t size) const {
    std::uint64_t const key = static_cast<std::uint64_t>(n.a[1]) << 32 | static_cast<std::uint64_t>(n.a[0]);
    random_stream const stream(seed(e_.seed), key + iteration_ * 0x9E3779B97F4A7C15u, e_.step);
    numbers v(size);
    for (std::size_t i = 0; i < size; ++i) v[i] = static_cast<double>(stream.uniform(i));
    return v;
  }

  numbers pointwise(node const& n, std::size_t size) {
    numbers const& a = value(n.in[0]);
    numbers const& b = n.in[1] >= 0 ? value(n.in[1]) : a;
    numbers const& c = n.in[2] >= 0 ? value(n.in[2]) : a;
    numbers v(size);
    for (std::size_t i = 0; i < size; ++i) v[i] = one(n, a[i], b[i], c[i]);
    return v;
  }
  number one(node const& n, number a, number b, number c) const {
    switch (n.code) {
      case op::assign:
      case op::convert: return converted(n.type, g_[n.in[0]].type, a);
      case op::greater: return a > b;
      case op::equal: return a == b;
      case op::select: return a != 0 ? b : c;
      default:
        if (is_floating(n.type)) return one_floating(n.code, static_cast<double>(a), static_cast<double>(b));
        return whole_result(n.code, n.type, a, n.in[1] >= 0 ? b : 0);
    }
  }
  static double one_floating(op code, double a, double b) {
    switch (code) {
      case op::neg: return -a;
      case op::exp: return std::exp(a);
      case op::expm1: return std::expm1(a);
      case op::log: return std::log(a);
      case op::log1p: return std::log1p(a);
      case op::sin: return std::sin(a);
      case op::cos: return std::cos(a);
      case op::erf: return std::erf(a);
      case op::floor: return std::floor(a);
      case op::pow: return std::pow(a, b);
      case op::tanh: return std::tanh(a);
      case op::sigmoid: return a >= 0 ? 1 / (1 + std::exp(-a)) : std::exp(a) / (1 + std::exp(a));
      case op::sqrt: return std::sqrt(a);
      case op::rsqrt: return 1 / std::sqrt(a);
      case op::relu: return a < 0 ? 0 : a;
      case op::abs: return std::fabs(a);
      case op::sign: return a > 0 ? 1 : a < 0 ? -1 : a;
      case op::add: return a + b;
      case op::sub: return a - b;
      case op::mul: return a * b;
      case op::div: return a / b;
      case op::maximum: return a != a ? a : b != b ? b : a > b ? a : b;
      case op::minimum: return a != a ? a : b != b ? b : a < b ? a : b;
      default: fail(error(std::string("the oracle does not know ") + name_of(code)));
    }
  }

  numbers reduced(node const& n, std::size_t size) {
    node const& x = g_[n.in[0]];
    numbers const& from = value(n.in[0]);
    bool const over_rows = x.rows && (n.a[0] & 1);
    numbers v(size, n.code == op::sum ? 0 : -std::numeric_limits<double>::infinity());
    each_index(x.extents, [&](std::int64_t i, int const* at) {
      if (over_rows && !is_valid(x.extents, x.rows, e_.rows(), i)) return;
      number& to = v[offset(n.extents, at)];
      number const f = from[static_cast<std::size_t>(i)];
      if (n.code == op::sum && is_floating(n.type))
        add_product(to, f);
      else if (n.code == op::sum)
        to = whole_result(op::add, n.type, to, f);
      else
        to = to != to || to > f ? to : f;
    });
    return v;
  }

  /// Where column `column` of a row lies in panels [n / width, k, width].
  static void in_panels(shape const& panels, int row, int column, index& at) {
    at[0] = column / panels[2];
    at[1] = row;
    at[2] = column % panels[2];
  }
  numbers product_of_panels(node const& n, std::size_t size) {
    shape const &a = g_.extents(n.in[0]), &b = g_.extents(n.in[1]);
    numbers const &left = value(n.in[0]), &right = value(n.in[1]);
    bool const makes = panels_of(n) == panel_role::result;
    int const rows = std::max(g_[n.in[0]].rows, g_[n.in[1]].rows);
    int const depth = !makes ? a[1] : rows ? rows * e_.rows() : a[0];
    numbers v(size, 0);
    each_index(n.extents, [&](std::int64_t i, int const* at) {
      int const row = makes ? at[1] : at[0], column = makes ? at[0] * n.extents[2] + at[2] : at[1];
      for (int k = 0; k < depth; ++k) {
        index p{}, q{};
        p[0] = makes ? k : row;
        p[1] = makes ? row : k;
        if (makes) {
          q[0] = k;
          q[1] = column;
        } else {
          in_panels(b, n.a[1] ? column : k, n.a[1] ? k : column, q);
        }
        add_product(v[static_cast<std::size_t>(i)], left[offset(a, p)], right[offset(b, q)]);
      }
    });
    return v;
  }
  numbers product(node const& n, std::size_t size) {
    if (panels_of(n) != panel_role::none) return product_of_panels(n, size);
    node const &a = g_[n.in[0]], &b = g_[n.in[1]];
    numbers const &left = value(n.in[0]), &right = value(n.in[1]);
    int const r = n.extents.rank, ta = n.a[0], tb = n.a[1];
    int depth = a.extents[ta ? r - 2 : r - 1];
    if (r == 2 && a.rows && ta) depth = a.rows * e_.rows();
    if (r == 2 && b.rows && !tb) depth = b.rows * e_.rows();
    numbers v(size, 0);
    each_index(n.extents, [&](std::int64_t i, int const* at) {
      index p{}, q{};
      for (int k = 0; k + 2 < r; ++k) p[k] = q[k] = at[k];
      p[ta ? r - 1 : r - 2] = at[r - 2];
      q[tb ? r - 2 : r - 1] = at[r - 1];
      for (int k = 0; k < depth; ++k) {
        p[ta ? r - 2 : r - 1] = q[tb ? r - 1 : r - 2] = k;
        add_product(v[static_cast<std::size_t>(i)], left[offset(a.extents, p)], right[offset(b.extents, q)]);
      }
    });
    return v;
  }

  /// f(image, weight, result) for every product of a convolution over valid samples.
  template <class F>
  static void each_product(shape const& x, shape const& w, shape const& y, window const& win, int batch, F f) {
    int const in = x[1] / win.groups, out = y[1] / win.groups;
    for (int s = 0; s < batch; ++s)
      for (int o = 0; o < y[1]; ++o)
        for (int c = 0; c < in; ++c)
          for (int i = 0; i < y[2]; ++i)
            for (int j = 0; j < y[3]; ++j)
              for (int ky = 0; ky < w[2]; ++ky)
                for (int kx = 0; kx < w[3]; ++kx) {
                  int const row = i * win.stride[0] + ky * win.dilation[0] - win.padding[0];
                  int const column = j * win.stride[1] + kx * win.dilation[1] - win.padding[1];
                  if (row < 0 || row >= x[2] || column < 0 || column >= x[3]) continue;
                  int const px[] = {s, o / out * in + c, row, column}, pw[] = {o, c, ky, kx}, py[] = {s, o, i, j};
                  f(offset(x, px), offset(w, pw), offset(y, py));
                }
  }
  numbers convolution(node const& n, std::size_t size) {
    numbers const &a = value(n.in[0]), &b = value(n.in[1]);
    shape const &first = g_.extents(n.in[0]), &second = g_.extents(n.in[1]);
    int const rows = g_[n.in[0]].rows;
    int const batch = rows ? rows * e_.rows() : first[0];
    numbers v(size, 0);
    if (n.code == op::conv)
      each_product(first, second, n.extents, n.window(), batch,
                   [&](std::size_t x, std::size_t w, std::size_t y) { add_product(v[y], a[x], b[w]); });
    else if (n.code == op::conv_data)
      each_product(n.extents, second, first, n.window(), batch,
                   [&](std::size_t x, std::size_t w, std::size_t y) { add_product(v[x], a[y], b[w]); });
    else
      each_product(second, n.extents, first, n.window(), batch,
                   [&](std::size_t x, std::size_t w, std::size_t y) { add_product(v[w], a[y], b[x]); });
    return v;
  }

  /// The elements of an axis that window `at` covers; a kernel of 0 divides the axis into `windows` parts.
  static std::vector<int> covered(window const& w, int axis, int at, int extent, int windows) {
    std::vector<int> all;
    for (int i = 0; i < extent; ++i)
      if (w.kernel[axis] == 0 && i >= at * extent / windows && i * windows < (at + 1) * extent) all.push_back(i);
    for (int k = 0; k < w.kernel[axis]; ++k) {
      int const i = at * w.stride[axis] + k * w.dilation[axis] - w.padding[axis];
      if (i >= 0 && i < extent) all.push_back(i);
    }
    return all;
  }
  numbers windows(node const& n, std::size_t size) {
    numbers const& a = value(n.in[0]);
    bool const put = n.code == op::window_put || n.code == op::window_spread;
    shape const& large = put ? n.extents : g_.extents(n.in[0]);
    shape const& small = put ? g_.extents(n.in[0]) : n.extents;
    window const w = n.window();
    numbers v(size, 0);
    each_index(small, [&](std::int64_t i, int const* at) {
      auto const here = static_cast<std::size_t>(i);
      index plane{at[0], at[1], 0, 0};
      std::size_t const begin = offset(large, plane);
      if (n.code == op::window_take || n.code == op::window_put) {
        number const p = value(n.in[1])[here];
        if (p != p) return;  // a row that is not valid
        std::size_t const there = begin + static_cast<std::size_t>(p);
        if (p < 0)
          v[here] = put ? v[here] : -std::numeric_limits<double>::infinity();
        else if (put)
          add_product(v[there], a[here]);
        else
          v[here] = a[there];
        return;
      }
      int best = -1;
      for (int row : covered(w, 0, at[2], large[2], small[2]))
        for (int column : covered(w, 1, at[3], large[3], small[3])) {
          int const p = row * large[3] + column;
          std::size_t const there = begin + static_cast<std::size_t>(p);
          if (n.code == op::window_sum) add_product(v[here], a[there]);
          if (n.code == op::window_spread) add_product(v[there], a[here]);
          if (n.code != op::window_index) continue;
          number const candidate = a[there], held = best < 0 ? 0 : a[begin + static_cast<std::size_t>(best)];
          if (best < 0 || candidate > held || (candidate != candidate && held == held)) best = p;
        }
      if (n.code == op::window_index) v[here] = best;
    });
    return v;
  }

  /// Elements cut out along an axis, or put into zeros.
  numbers moved(node const& n, std::size_t size) {
    numbers const& from = value(n.in[0]);
    bool const cut = n.code == op::slice;
    shape const& small = cut ? n.extents : g_.extents(n.in[0]);
    shape const& large = cut ? g_.extents(n.in[0]) : n.extents;
    numbers v(size, 0);
    each_index(small, [&](std::int64_t i, int const* at) {
      index there{};
      std::copy(at, at + small.rank, there);
      there[n.a[0]] = n.a[1] + at[n.a[0]] * n.a[2];
      std::size_t const element = offset(large, there), here = static_cast<std::size_t>(i);
      v[cut ? here : element] = from[cut ? element : here];
    });
    return v;
  }
  numbers joined(node const& n, std::size_t size) {
    numbers v(size);
    int begin = 0;
    for (int j : n.in) {
      if (j < 0) continue;
      shape const& s = g_.extents(j);
      each_index(s, [&](std::int64_t i, int const* at) {
        index there{};
        std::copy(at, at + s.rank, there);
        there[n.a[0]] += begin;
        v[offset(n.extents, there)] = value(j)[static_cast<std::size_t>(i)];
      });
      begin += s[n.a[0]];
    }
    return v;
  }
  numbers running_sums(node const& n, std::size_t size) {
    numbers const& from = value(n.in[0]);
    numbers v(size, 0);
    int const axis = n.a[0];
    each_index(n.extents, [&](std::int64_t i, int const* at) {
      index there{};
      std::copy(at, at + n.extents.rank, there);
      for (int k = 0; k < n.extents[axis]; ++k) {
        if (n.a[1] ? k < at[axis] : k > at[axis]) continue;
        there[axis] = k;
        std::size_t const element = offset(n.extents, there);
        if (!is_valid(n.extents, n.rows, e_.rows(), static_cast<std::int64_t>(element))) continue;
        number& to = v[static_cast<std::size_t>(i)];
        if (is_floating(n.type))
          add_product(to, from[element]);
        else
          to = whole_result(op::add, n.type, to, from[element]);
      }
    });
    return v;
  }
  /// Slices at indices, or zeros with slices added at indices.
  numbers looked_up(node const& n, std::size_t size) {
    numbers const &from = value(n.in[0]), &indices = value(n.in[1]);
    bool const gathers = n.code == op::gather;
    shape const& large = gathers ? g_.extents(n.in[0]) : n.extents;
    shape const& small = gathers ? n.extents : g_.extents(n.in[0]);
    shape const& s = g_.extents(n.in[1]);
    int const leading = n.a[0];
    numbers v(size, 0);
    each_index(small, [&](std::int64_t i, int const* at) {
      auto const here = static_cast<std::size_t>(i);
      number const wanted = indices[offset(s, at)];
      if (wanted != wanted) return;  // a row that is not valid
      if (wanted < 0 || wanted >= large[leading]) {
        if (gathers && is_floating(n.type)) v[here] = not_a_number;
        return;
      }
      index there{};
      for (int k = 0; k < leading; ++k) there[k] = at[k];
      there[leading] = static_cast<int>(wanted);
      for (int k = leading + 1; k < large.rank; ++k) there[k] = at[s.rank + k - leading - 1];
      std::size_t const element = offset(large, there);
      if (gathers)
        v[here] = from[element];
      else if (is_floating(n.type))
        add_product(v[element], from[here]);
      else
        v[element] = whole_result(op::add, n.type, v[element], from[here]);
    });
    return v;
  }
  numbers orders(node const& n, std::size_t size) const {
    std::uint64_t const key = static_cast<std::uint64_t>(n.a[1]) << 32 | static_cast<std::uint64_t>(n.a[0]);
    auto const count = static_cast<std::size_t>(n.extents[n.extents.rank - 1]);
    numbers v;
    for (std::uint64_t row = 0; row < size / count; ++row) {
      std::vector<std::int32_t> order(count);
      permutation(order,
                  random_stream(seed(e_.seed), (key + iteration_ * 0x9E3779B97F4A7C15u) ^ spread_bits(row), e_.step));
      v.insert(v.end(), order.begin(), order.end());
    }
    return v;
  }

  std::vector<numbers> const& loop_outputs(int id) {
    loop const& l = g_.loop_of(id);
    for (auto const& [node, outputs] : loops_)
      if (node == id) return outputs;
    std::vector<numbers> outputs(static_cast<std::size_t>(l.results.size()));
    std::vector<numbers> carried;
    for (int k = 0; k < l.carries; ++k) carried.push_back(value(l.operands[k]));
    for (int i = 0; i < l.count; ++i) {
      int const position = l.reversed ? l.count - 1 - i : i;
      interpreter inside(*l.body, e_, iteration_ * 1000003u + static_cast<std::uint64_t>(position) + 1);
      for (int q = 0; q < l.operands.size(); ++q) {
        if (q < l.carries) {
          inside.give(l.arguments[q], carried[static_cast<std::size_t>(q)]);
        } else if (q < l.carries + l.invariants) {
          inside.give(l.arguments[q], value(l.operands[q]));
        } else {
          numbers const& all = value(l.operands[q]);
          std::ptrdiff_t const slice = l.body->extents(l.arguments[q]).size();
          inside.give(l.arguments[q], numbers(all.begin() + position * slice, all.begin() + (position + 1) * slice));
        }
      }
      for (int k = 0; k < l.results.size(); ++k) {
        numbers const& r = inside.value(l.results[k]);
        numbers& to = outputs[static_cast<std::size_t>(k)];
        if (k < l.carries) {
          to = r;
        } else {
          to.resize(r.size() * static_cast<std::size_t>(l.count));
          std::copy(r.begin(), r.end(), to.begin() + position * static_cast<std::ptrdiff_t>(r.size()));
        }
      }
      for (int k = 0; k < l.carries; ++k) carried[static_cast<std::size_t>(k)] = outputs[static_cast<std::size_t>(k)];
    }
    loops_.emplace_back(id, std::move(outputs));
    return loops_.back().second;
  }

  graph const& g_;
  environment const& e_;
  std::uint64_t iteration_;
  std::vector<std::optional<numbers>> known_;
  std::vector<std::pair<int, std::vector<numbers>>> loops_;
};

}  // namespace

results interpret(recording const& r, environment const& e) {
  interpreter in(r.g, e);
  results out{{}, e.parameters, e.states, e.slots};
  for (int o : r.outputs) {
    node const& n = r.g[o];
    if (n.code != op::assign) {
      out.outputs.push_back(in.value(o));
      continue;
    }
    if (n.a[0] != 0 && n.a[0] != e.variant) continue;
    node const& target = r.g[n.in[1]];
    if (target.code == op::state) {
      for (int k = 0; k < r.g.states.size(); ++k)
        if (r.g.states[k].node == n.in[1]) out.states[static_cast<std::size_t>(k)] = in.value(o);
    } else if (target.a[0] > 0) {
      out.slots[static_cast<std::size_t>(target.a[0] - 1)] = in.value(o);
    } else {
      std::int64_t bytes = 0;
      list<variable_info> const places = lay_out(r.g.parameters, parameter_place, bytes);
      for (int k = 0; k < places.size(); ++k) {
        if (r.g.parameters[k].frozen) continue;
        std::vector<std::int64_t> const at = byte_offsets(places[k]);
        numbers& p = out.parameters[static_cast<std::size_t>(k)];
        for (std::size_t i = 0; i < p.size(); ++i)
          p[i] = in.value(o)[static_cast<std::size_t>(at[i] / bytes_of(places[k].type))];
      }
    }
  }
  return out;
}

std::vector<numbers> values_of(recording const& r, environment const& e, std::vector<int> const& outputs) {
  interpreter in(r.g, e);
  std::vector<numbers> values;
  for (int o : outputs) values.push_back(in.value(r.outputs[o]));
  return values;
}

}  // namespace proof
