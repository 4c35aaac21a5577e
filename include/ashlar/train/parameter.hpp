// SPDX-License-Identifier: MIT
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include <ashlar/core/indexing.hpp>
#include <ashlar/core/random.hpp>
#include <ashlar/core/tensor.hpp>
#include <ashlar/plan/program.hpp>
#include <ashlar/train/orthogonal.hpp>

namespace ashlar::inline ASHLAR_ABI {

/// A parameter or state of a model, in PyTorch's layout: readable and assignable as a tensor of its shape.
class parameter_reference {
 public:
  parameter_reference(std::string name, dtype type, ashlar::shape extents, char* data)
      : name_(std::move(name)), type_(type), extents_(extents), data_(data) {}

  std::string const& name() const { return name_; }
  dtype type() const { return type_; }
  ashlar::shape shape() const { return extents_; }
  std::int64_t size() const { return extents_.size(); }
  char* bytes() const { return data_; }

  /// errors: fails where dtype or shape differ
  template <class T, int... D>
  operator tensor<T, D...>() const {
    check<T>(make_shape<D...>());
    return tensor<T, D...>(view<T const, D...>(reinterpret_cast<T const*>(data_)));
  }
  /// errors: fails where dtype or shape differ
  template <class T, int... D>
  parameter_reference const& operator=(tensor<T, D...> const& from) const {
    check<T>(make_shape<D...>());
    std::memcpy(data_, from.data(), static_cast<std::size_t>(from.size()) * sizeof(T));
    return *this;
  }

 private:
  template <class T>
  void check(ashlar::shape const& wanted) const {
    if (type_ == dtype_of<T> && wanted == extents_) return;
    fail(error_parts{.place = "parameter '" + name_ + "'",
                     .problem = "it is {found}, the tensor {expected}",
                     .found = std::string(name_of(type_)) + " " + detail::shape_text(extents_),
                     .expected = std::string(name_of(dtype_of<T>)) + " " + detail::shape_text(wanted)});
  }
  std::string name_;
  dtype type_;
  ashlar::shape extents_;
  char* data_;
};

namespace detail {

/// The name of copy number `copy` of a variable: iterations filled in.
inline std::string variable_name(char const* names, variable_info const& v, std::int64_t copy) {
  std::int64_t number[max_loop_depth]{};
  for (int d = v.depth - 1; d >= 0; --d) {
    number[d] = copy % v.count[d];
    copy /= v.count[d];
  }
  std::string s;
  int depth = 0;
  for (char c : std::string_view(names + v.name, static_cast<std::size_t>(v.name_length))) {
    if (c == '\1')
      s += std::to_string(number[depth++]);
    else
      s += c;
  }
  return s;
}
/// Bytes from a variable's first copy to copy number `copy`.
inline std::int64_t copy_offset(variable_info const& v, std::int64_t copy) {
  std::int64_t at = 0;
  for (int d = v.depth - 1; d >= 0; --d) {
    at += copy % v.count[d] * v.stride[d];
    copy /= v.count[d];
  }
  return at;
}

template <class T>
void fill_initial(T* to, shape const& extents, initialiser const& init, random_stream const& stream) {
  if (init.kind == initialiser::orthogonal) {
    std::vector<double> const q = orthogonal_rows(extents, stream);
    for (std::size_t i = 0; i < q.size(); ++i) to[i] = static_cast<T>(q[i] * init.scale);
    return;
  }
  for (std::int64_t i = 0; i < extents.size(); ++i) {
    std::uint64_t const e = static_cast<std::uint64_t>(i);
    double v = init.scale;
    if (init.kind == initialiser::uniform)
      v = (2.0 * static_cast<double>(stream.uniform(e)) - 1) * init.scale + init.centre;
    if (init.kind == initialiser::normal) v = static_cast<double>(stream.normal(e)) * init.scale + init.centre;
    to[i] = static_cast<T>(v);
  }
}
[[gnu::noinline]] inline void initialise(parameter_reference const& p, initialiser const& init, seed s) {
  random_stream const stream(s, hash_path(p.name().data(), p.name().size()));
  switch (p.type()) {
    case dtype::float32: return fill_initial(reinterpret_cast<float*>(p.bytes()), p.shape(), init, stream);
    case dtype::float64: return fill_initial(reinterpret_cast<double*>(p.bytes()), p.shape(), init, stream);
    case dtype::int64: return fill_initial(reinterpret_cast<std::int64_t*>(p.bytes()), p.shape(), init, stream);
    default: fail(error("internal: a parameter of a dtype that parameters do not have"));
  }
}

}  // namespace detail
}  // namespace ashlar::inline ASHLAR_ABI
