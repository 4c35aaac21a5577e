// SPDX-License-Identifier: MIT
#include "support/reference_kernels.hpp"

#include <cmath>
#include <cstring>
#include <limits>

#include <ashlar/core/random.hpp>

#include "support/whole_numbers.hpp"

namespace proof {
namespace {

/// A fused kernel: rows of a space one after the other, each instruction over a whole row before the next.
class fused_reference {
 public:
  explicit fused_reference(kernel_call const& c) : c_(c) {
    inputs_ = c.code[fused_code::inputs];
    count_ = c.code[fused_code::instructions];
    outputs_ = c.code[fused_code::outputs];
    axes_ = static_cast<int>(c.number[0]);
    row_axes_ = static_cast<int>(c.number[1]);
    for (int a = 0; a < axes_; ++a) extent_.push_back(c.number[3 + a]);
    if (c.number[2]) extent_[0] = c.number[2] * c.around->rows();
  }

  void run() {
    bool const column = c_.code[fused_code::kind] == static_cast<int>(kernel_kind::column);
    if (column) clear_outputs();
    int const outer = axes_ - row_axes_;
    each_position(0, outer, [&](std::vector<std::int64_t> const& at) { run_row(at, column); });
  }

 private:
  int const* instruction(int i) const {
    return c_.code + fused_code::head + inputs_ * fused_code::input_size + i * fused_code::instruction_size;
  }
  int const* output(int o) const { return instruction(count_) + o * fused_code::output_size; }
  std::int64_t stride(int operand, int axis) const { return c_.number[3 + axes_ + operand * axes_ + axis]; }
  std::int64_t const* tail() const { return c_.number + 3 + axes_ + (inputs_ + outputs_) * axes_; }

  template <class F>
  void each_position(int begin, int end, F f) const {
    std::vector<std::int64_t> at(static_cast<std::size_t>(axes_), 0);
    for (;;) {
      for (int a = begin; a < end; ++a)
        if (extent_[static_cast<std::size_t>(a)] == 0) return;
      f(at);
      int a = end - 1;
      for (; a >= begin && ++at[static_cast<std::size_t>(a)] == extent_[static_cast<std::size_t>(a)]; --a)
        at[static_cast<std::size_t>(a)] = 0;
      if (a < begin) return;
    }
  }
  std::int64_t offset(int operand, std::vector<std::int64_t> const& at) const {
    std::int64_t o = 0;
    for (int a = 0; a < axes_; ++a) o += at[static_cast<std::size_t>(a)] * stride(operand, a);
    return o;
  }
  static dtype stored(element e) {
    switch (e) {
      case element::float32: return dtype::float32;
      case element::int32: return dtype::int32;
      case element::int64: return dtype::int64;
      case element::byte: return dtype::uint8;
      default: return dtype::float64;
    }
  }

  /// The dtype of a lane; floats are computed in double.
  dtype type_of(lane_type t) const {
    switch (t) {
      case lane_type::truth: return dtype::boolean;
      case lane_type::uint8: return dtype::uint8;
      case lane_type::int32: return dtype::int32;
      case lane_type::int64: return dtype::int64;
      case lane_type::single: return dtype::float32;
      default: return c_.code[fused_code::wide] ? dtype::float64 : dtype::float32;
    }
  }
  int input_code(int k) const { return c_.code[fused_code::head + k * fused_code::input_size]; }
  element input_element(int k) const { return static_cast<element>(fused_code::without_lane(input_code(k))); }
  dtype type_of_operand(int operand) const {
    if (operand >= 0) return type_of(fused_code::lane_in(instruction(operand)[0]));
    if (operand > constant_base) return type_of(fused_code::lane_in(input_code(-1 - operand)));
    return operand > whole_constant_base ? dtype::float64 : dtype::int64;
  }

  number read(int k, std::int64_t at) const {
    element const e = input_element(k);
    dtype const type = type_of_operand(-1 - k);
    if (e == element::iota) return converted(type, dtype::int64, static_cast<number>(at));
    if (e == element::scalar)
      return converted(type, dtype::float64, load_number(dtype::float64, c_.operands[static_cast<std::size_t>(k)]));
    if (e == element::random) {
      bool const column = c_.code[fused_code::kind] == static_cast<int>(kernel_kind::column);
      int ordinal = 0;
      for (int j = 0; j < k; ++j) ordinal += input_element(j) == element::random;
      auto const key = static_cast<std::uint64_t>(tail()[(column ? outputs_ + 2 : 0) + ordinal]);
      return static_cast<double>(
          random_stream(seed(c_.around->seed), key + c_.iteration * 0x9E3779B97F4A7C15u, c_.around->step)
              .uniform(static_cast<std::uint64_t>(at)));
    }
    return load_number(stored(e), c_.operands[static_cast<std::size_t>(k)] + at * bytes_of(stored(e)));
  }

  void run_row(std::vector<std::int64_t> const& outer, bool column) {
    std::vector<std::vector<std::int64_t>> elements;
    each_position(axes_ - row_axes_, axes_, [&](std::vector<std::int64_t> inner) {
      for (int a = 0; a < axes_ - row_axes_; ++a)
        inner[static_cast<std::size_t>(a)] = outer[static_cast<std::size_t>(a)];
      elements.push_back(inner);
    });
    std::vector<numbers> value(static_cast<std::size_t>(count_));
    auto fetch = [&](int operand, std::size_t element) -> number {
      if (operand >= 0) {
        numbers const& v = value[static_cast<std::size_t>(operand)];
        return v[v.size() == 1 ? 0 : element];
      }
      if (operand <= whole_constant_base) return c_.constants[whole_constant_base - operand];
      if (operand <= constant_base) return c_.constants[constant_base - operand];
      return read(-1 - operand, offset(-1 - operand, elements[element]));
    };
    for (int i = 0; i < count_; ++i) {
      int const* const code = instruction(i);
      op const o = op_of(i);
      numbers& v = value[static_cast<std::size_t>(i)];
      if (is_reduction(o)) {
        number r = o == op::sum ? 0 : -std::numeric_limits<double>::infinity();
        for (std::size_t e = 0; e < elements.size(); ++e) r = combined(o, type_of_operand(i), r, fetch(code[3], e));
        v = {r};
        continue;
      }
      int const arity = o == op::select ? 3 : o >= op::add && o <= op::assign ? 2 : 1;
      for (std::size_t e = 0; e < (code[1] ? 1 : elements.size()); ++e) {
        number const a = fetch(code[3], e);
        v.push_back(one(i, a, arity > 1 ? fetch(code[4], e) : 0, arity > 2 ? fetch(code[5], e) : 0));
      }
    }
    for (int o = 0; o < outputs_; ++o) {
      dtype const type = stored(static_cast<element>(output(o)[1]));
      numbers const& v = value[static_cast<std::size_t>(output(o)[0])];
      bool const per_row = output(o)[3] || column;
      for (std::size_t e = 0; e < (per_row ? 1 : elements.size()); ++e) {
        char* const to =
            c_.operands[static_cast<std::size_t>(inputs_ + o)] + offset(inputs_ + o, elements[e]) * bytes_of(type);
        number x = v[v.size() == 1 ? 0 : e];
        if (column) x = combined(op_of(output(o)[0]), type_of_operand(output(o)[0]), load_number(type, to), x);
        store_number(type, to, x);
      }
    }
  }
  void clear_outputs() {
    for (int o = 0; o < outputs_; ++o) {
      dtype const type = stored(static_cast<element>(output(o)[1]));
      bool const is_max = op_of(output(o)[0]) == op::max;
      for (std::int64_t i = 0; i < tail()[o]; ++i)
        store_number(type, c_.operands[static_cast<std::size_t>(inputs_ + o)] + i * bytes_of(type),
                     is_max ? smallest(type) : 0);
    }
  }
  static number smallest(dtype type) {
    if (is_floating(type)) return -std::numeric_limits<number>::infinity();
    if (type == dtype::int32) return std::numeric_limits<std::int32_t>::min();
    return type == dtype::int64 ? std::numeric_limits<std::int64_t>::min() : 0;
  }
  op op_of(int i) const { return static_cast<op>(fused_code::without_lane(instruction(i)[0])); }
  static number combined(op o, dtype type, number a, number b) {
    if (o == op::sum && is_floating(type)) add_product(a, b);
    if (o == op::sum) return is_floating(type) ? a : whole_result(op::add, type, a, b);
    return a != a || a > b ? a : b;
  }
  number one(int i, number a, number b, number c) const {
    op const o = op_of(i);
    dtype const type = type_of_operand(i);
    switch (o) {
      case op::convert: return converted(type, type_of_operand(instruction(i)[3]), a);
      case op::greater: return a > b;
      case op::equal: return a == b;
      case op::select: return a != 0 ? b : c;
      default:
        if (is_floating(type)) return one_floating(o, static_cast<double>(a), static_cast<double>(b));
        return whole_result(o, type, a, b);
    }
  }
  static double one_floating(op o, double a, double b) {
    switch (o) {
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
      case op::sigmoid: return 1 / (1 + std::exp(-a));
      case op::sqrt: return std::sqrt(a);
      case op::rsqrt: return 1 / std::sqrt(a);
      case op::relu: return a < 0 ? 0 : a;
      case op::abs: return std::fabs(a);
      case op::sign: return a > 0 ? 1 : a < 0 ? -1 : a;
      case op::add: return a + b;
      case op::sub: return a - b;
      case op::mul: return a * b;
      case op::div: return a / b;
      case op::maximum: return a != a || a > b ? a : b;
      case op::minimum: return a != a || a < b ? a : b;
      default: fail(error(std::string("no reference kernel for ") + name_of(o)));
    }
  }

  kernel_call const& c_;
  int inputs_, count_, outputs_, axes_, row_axes_;
  std::vector<std::int64_t> extent_;
};

/// Also of matrices that lie in parts of others.
void run_matmul(kernel_call const& c) {
  dtype const type = c.code[1] ? dtype::float64 : dtype::float32;
  int const size = bytes_of(type);
  std::int64_t const full_m = c.number[1], n = c.number[2], full_k = c.number[3];
  std::int64_t extent[4] = {0, c.number[0], full_m, full_k};
  if (c.number[4]) extent[c.number[4]] = c.number[5] * c.around->rows();
  bool const is_strided = c.code[0] == static_cast<int>(kernel_kind::strided_matmul);
  bool const across[3] = {c.code[2] != 0, c.code[3] != 0, false};
  std::int64_t const whole[3] = {full_m * full_k, full_k * n, full_m * n};
  std::int64_t const row[3] = {across[0] ? full_m : full_k, across[1] ? full_k : n, n};
  int const panelled = c.code_size > 4 ? c.code[4] : 0;  // the operand that lies in panels
  std::int64_t const width = panel_columns, height = panelled == 1 && !across[1] ? full_k : panelled == 1 ? n : full_m;
  auto place = [&](int o, std::int64_t p, std::int64_t i, std::int64_t j) {
    if (across[o]) std::swap(i, j);
    if (o && o == panelled) return c.operands[o] + (j / width * height * width + i * width + j % width) * size;
    if (!is_strided) return c.operands[o] + (p * whole[o] + i * row[o] + j) * size;
    std::int64_t const along = c.number[6], *const at = c.number + 7 + 4 * o;
    return c.operands[o] + (at[0] + p / along * at[1] + p % along * at[2] + i * at[3] + j) * size;
  };
  for (std::int64_t p = 0; p < extent[1]; ++p)
    for (std::int64_t i = 0; i < extent[2]; ++i)
      for (std::int64_t j = 0; j < n; ++j) {
        number total = 0;
        for (std::int64_t k = 0; k < extent[3]; ++k)
          add_product(total, load_number(type, place(0, p, i, k)), load_number(type, place(1, p, k, j)));
        store_number(type, place(2, p, i, j), total);
      }
}

void run_convolution(kernel_call const& c) {
  dtype const type = c.code[1] ? dtype::float64 : dtype::float32;
  auto const kind = static_cast<kernel_kind>(c.code[0]);
  std::int64_t const* n = c.number;
  std::int64_t const batch = n[16] ? n[16] * c.around->rows() : n[0];
  std::int64_t const channels = n[1], h = n[2], w = n[3], out = n[4], oh = n[5], ow = n[6];
  std::int64_t const kh = n[7], kw = n[8], groups = n[15], in = channels / groups;
  bool const forward = kind == kernel_kind::conv, data = kind == kernel_kind::conv_data;
  std::int64_t const result = forward ? batch * out * oh * ow : data ? batch * channels * h * w : out * in * kh * kw;
  numbers total(static_cast<std::size_t>(result), 0);
  auto load = [&](int operand, std::int64_t at) {
    return load_number(type, c.operands[static_cast<std::size_t>(operand)] + at * bytes_of(type));
  };
  for (std::int64_t s = 0; s < batch; ++s)
    for (std::int64_t o = 0; o < out; ++o)
      for (std::int64_t y = 0; y < oh; ++y)
        for (std::int64_t x = 0; x < ow; ++x)
          for (std::int64_t ch = 0; ch < in; ++ch)
            for (std::int64_t ky = 0; ky < kh; ++ky)
              for (std::int64_t kx = 0; kx < kw; ++kx) {
                std::int64_t const row = y * n[9] + ky * n[13] - n[11], column = x * n[10] + kx * n[14] - n[12];
                if (row < 0 || row >= h || column < 0 || column >= w) continue;
                std::int64_t const image = ((s * channels + o / (out / groups) * in + ch) * h + row) * w + column;
                std::int64_t const weight = ((o * in + ch) * kh + ky) * kw + kx;
                std::int64_t const place = ((s * out + o) * oh + y) * ow + x;
                if (forward)
                  add_product(total[static_cast<std::size_t>(place)], load(0, image), load(1, weight));
                else if (data)
                  add_product(total[static_cast<std::size_t>(image)], load(0, place), load(1, weight));
                else
                  add_product(total[static_cast<std::size_t>(weight)], load(0, place), load(1, image));
              }
  for (std::size_t i = 0; i < total.size(); ++i)
    store_number(type, c.operands[2] + static_cast<std::int64_t>(i) * bytes_of(type), total[i]);
}

class window_reference {
 public:
  explicit window_reference(kernel_call const& c)
      : c_(c), type_(c.code[1] ? dtype::float64 : dtype::float32), kind_(static_cast<kernel_kind>(c.code[0])) {}

  void run() {
    std::int64_t const* n = c_.number;
    std::int64_t const planes = n[14] ? n[14] * c_.around->rows() : n[0];
    bool const put = kind_ == kernel_kind::window_put || kind_ == kernel_kind::window_spread;
    for (std::int64_t p = 0; p < planes; ++p) {
      large_ = operand(put ? (kind_ == kernel_kind::window_put ? 2 : 1) : 0, p * n[1] * n[2]);
      small_ = operand(put ? 0 : kind_ == kernel_kind::window_take ? 2 : 1, p * n[3] * n[4]);
      for (std::int64_t i = 0; put && i < n[1] * n[2]; ++i) store_number(type_, large_ + i * size(), 0);
      for (std::int64_t i = 0; i < n[3] * n[4]; ++i) one_window(p, i);
    }
  }

 private:
  int size() const { return bytes_of(type_); }
  char* operand(int k, std::int64_t element) const {
    bool const holds_indices = kind_ == kernel_kind::window_index && k == 1;
    return c_.operands[static_cast<std::size_t>(k)] + element * (holds_indices ? 4 : size());
  }
  void add(std::int64_t to, std::int64_t from) const {
    store_number(type_, large_ + to * size(),
                 load_number(type_, large_ + to * size()) + load_number(type_, small_ + from * size()));
  }
  bool covers(int axis, std::int64_t window, std::int64_t element) const {
    std::int64_t const* n = c_.number;
    std::int64_t const kernel = n[5 + axis], extent = n[1 + axis], windows = n[3 + axis];
    if (kernel == 0) return element >= window * extent / windows && element * windows < (window + 1) * extent;
    std::int64_t const from = element + n[9 + axis] - window * n[7 + axis], step = n[11 + axis];
    return from >= 0 && from % step == 0 && from / step < kernel;
  }
  void one_window(std::int64_t plane, std::int64_t i) const {
    std::int64_t const* n = c_.number;
    if (kind_ == kernel_kind::window_take || kind_ == kernel_kind::window_put) {
      std::int64_t const element = plane * n[3] * n[4] + i;
      auto const at = static_cast<std::int64_t>(load_number(dtype::int32, c_.operands[1] + element * 4));
      if (kind_ == kernel_kind::window_put && at >= 0) add(at, i);
      if (kind_ == kernel_kind::window_take)
        store_number(type_, small_ + i * size(),
                     at < 0 ? -std::numeric_limits<double>::infinity() : load_number(type_, large_ + at * size()));
      return;
    }
    std::int64_t best = -1;
    number total = 0, held = 0;
    for (std::int64_t e = 0; e < n[1] * n[2]; ++e) {
      if (!covers(0, i / n[4], e / n[2]) || !covers(1, i % n[4], e % n[2])) continue;
      if (kind_ == kernel_kind::window_spread) {
        add(e, i);
        continue;
      }
      number const v = load_number(type_, large_ + e * size());
      add_product(total, v);
      if (best < 0 || v > held || (v != v && held == held)) best = e, held = v;
    }
    if (kind_ == kernel_kind::window_sum) store_number(type_, small_ + i * size(), total);
    if (kind_ == kernel_kind::window_index) store_number(dtype::int32, small_ + i * 4, static_cast<double>(best));
  }

  kernel_call const& c_;
  dtype type_;
  kernel_kind kind_;
  char* large_ = nullptr;
  char* small_ = nullptr;
};

void run_move(kernel_call const& c) {
  auto const rank = static_cast<int>(c.number[1]);
  std::int64_t total = 1;
  std::vector<std::int64_t> extent, distance;
  for (int i = 0; i < rank; ++i) {
    extent.push_back(i == 0 && c.number[2] ? c.number[2] * c.around->rows() : c.number[3 + 2 * i]);
    distance.push_back(c.number[4 + 2 * i]);
    total *= extent.back();
  }
  for (std::int64_t i = 0; i < total; ++i) {
    std::int64_t rest = i, from = c.number[0];
    for (int a = rank - 1; a >= 0; --a) {
      from += rest % extent[static_cast<std::size_t>(a)] * distance[static_cast<std::size_t>(a)];
      rest /= extent[static_cast<std::size_t>(a)];
    }
    std::memcpy(c.operands[1] + i * c.code[1], c.operands[0] + from * c.code[1], static_cast<std::size_t>(c.code[1]));
  }
}

/// f(outer, i, inner) for every element of what lies around an axis of `extent`.
template <class F>
void each_around(std::int64_t outer, std::int64_t extent, std::int64_t inner, F f) {
  for (std::int64_t e = 0; e < outer * extent * inner; ++e) f(e / inner / extent, e / inner % extent, e % inner);
}

void run_pad(kernel_call const& c) {
  std::int64_t const* n = c.number;
  std::int64_t const outer = n[3] ? n[3] * c.around->rows() : n[0];
  each_around(outer, n[1], n[2], [&](std::int64_t o, std::int64_t i, std::int64_t k) {
    char* const to = c.operands[1] + ((o * n[1] + i) * n[2] + k) * c.code[1];
    std::int64_t const steps = (i - n[5]) / n[6];
    if ((i - n[5]) % n[6] == 0 && steps >= 0 && steps < n[4])
      std::memcpy(to, c.operands[0] + ((o * n[4] + steps) * n[2] + k) * c.code[1], static_cast<std::size_t>(c.code[1]));
    else
      std::memset(to, 0, static_cast<std::size_t>(c.code[1]));
  });
}

void run_concat(kernel_call const& c) {
  auto const operands = static_cast<std::size_t>(c.code[1]);
  std::int64_t const outer = c.number[1] ? c.number[1] * c.around->rows() : c.number[0];
  std::int64_t row = 0, begin = 0;
  for (std::size_t k = 0; k < operands; ++k) row += c.number[2 + k];
  for (std::size_t k = 0; k < operands; begin += c.number[2 + k++])
    for (std::int64_t o = 0; o < outer; ++o)
      std::memcpy(c.operands[operands] + o * row + begin, c.operands[k] + o * c.number[2 + k],
                  static_cast<std::size_t>(c.number[2 + k]));
}

void run_cumsum(kernel_call const& c) {
  std::int64_t const* n = c.number;
  auto const type = static_cast<dtype>(c.code[1]);
  std::int64_t const outer = n[3] ? n[3] * c.around->rows() : n[0], extent = n[4] ? n[4] * c.around->rows() : n[1];
  each_around(outer, extent, n[2], [&](std::int64_t o, std::int64_t i, std::int64_t k) {
    number total = 0;
    for (std::int64_t j = n[5] ? extent - 1 : 0; n[5] ? j >= i : j <= i; j += n[5] ? -1 : 1) {
      number const v = load_number(type, c.operands[0] + ((o * n[1] + j) * n[2] + k) * bytes_of(type));
      if (is_floating(type))
        add_product(total, v);
      else
        total = whole_result(op::add, type, total, v);
    }
    store_number(type, c.operands[1] + ((o * n[1] + i) * n[2] + k) * bytes_of(type), total);
  });
}

void run_gather(kernel_call const& c) {
  std::int64_t const* n = c.number;
  auto const type = static_cast<dtype>(c.code[1]);
  bool const gathers = static_cast<kernel_kind>(c.code[0]) == kernel_kind::gather;
  std::int64_t const outer = n[4] ? n[4] * c.around->rows() : n[0];
  std::int64_t const indices = n[5] ? n[5] * c.around->rows() : n[2];
  std::vector<number> total(gathers ? 0 : static_cast<std::size_t>(outer * n[1] * n[3]), 0);
  each_around(outer, indices, n[3], [&](std::int64_t o, std::int64_t i, std::int64_t k) {
    auto const at = static_cast<std::int64_t>(load_number(dtype::int32, c.operands[1] + (o * n[2] + i) * 4));
    bool const is_one = at >= 0 && at < n[1];
    std::int64_t const large = (o * n[1] + at) * n[3] + k, small = (o * n[2] + i) * n[3] + k;
    if (gathers && is_one)
      store_number(type, c.operands[2] + small * bytes_of(type),
                   load_number(type, c.operands[0] + large * bytes_of(type)));
    if (gathers && !is_one)
      store_number(type, c.operands[2] + small * bytes_of(type),
                   is_floating(type) ? std::numeric_limits<double>::quiet_NaN() : 0.0);
    if (gathers || !is_one) return;
    number const v = load_number(type, c.operands[0] + small * bytes_of(type));
    number& to = total[static_cast<std::size_t>(large)];
    if (is_floating(type))
      add_product(to, v);
    else
      to = whole_result(op::add, type, to, v);
  });
  for (std::size_t i = 0; i < total.size(); ++i)
    store_number(type, c.operands[2] + static_cast<std::int64_t>(i) * bytes_of(type), total[i]);
}

void run_permutation(kernel_call const& c) {
  std::int64_t const outer = c.number[2] ? c.number[2] * c.around->rows() : c.number[0];
  auto const count = static_cast<std::size_t>(c.number[1]);
  for (std::int64_t o = 0; o < outer; ++o) {
    std::vector<std::int32_t> order(count);
    std::uint64_t const key = static_cast<std::uint64_t>(c.number[3]) + c.iteration * 0x9E3779B97F4A7C15u;
    permutation(order,
                random_stream(seed(c.around->seed), key ^ spread_bits(static_cast<std::uint64_t>(o)), c.around->step));
    std::memcpy(c.operands[0] + static_cast<std::size_t>(o) * count * 4, order.data(), count * 4);
  }
}

}  // namespace

void run_reference(kernel_call const& c) {
  switch (static_cast<kernel_kind>(c.code[0])) {
    case kernel_kind::row:
    case kernel_kind::column: return fused_reference(c).run();
    case kernel_kind::matmul:
    case kernel_kind::strided_matmul: return run_matmul(c);
    case kernel_kind::conv:
    case kernel_kind::conv_data:
    case kernel_kind::conv_weight: return run_convolution(c);
    case kernel_kind::move: return run_move(c);
    case kernel_kind::pad: return run_pad(c);
    case kernel_kind::concat: return run_concat(c);
    case kernel_kind::cumsum: return run_cumsum(c);
    case kernel_kind::gather:
    case kernel_kind::scatter: return run_gather(c);
    case kernel_kind::permutation: return run_permutation(c);
    case kernel_kind::custom: fail(error("there is no reference kernel for a primitive of the user's"));
    default: return window_reference(c).run();
  }
}

}  // namespace proof
