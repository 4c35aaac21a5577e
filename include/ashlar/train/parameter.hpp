// SPDX-License-Identifier: MIT
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include <ashlar/backend/buffer.hpp>
#include <ashlar/core/indexing.hpp>
#include <ashlar/core/random.hpp>
#include <ashlar/core/tensor.hpp>
#include <ashlar/plan/variable_name.hpp>
#include <ashlar/train/orthogonal.hpp>

namespace ashlar::inline ASHLAR_ABI {
namespace detail {

/// errors: fails unless what is at `place` has the dtype and shape of the tensor that it is to be
inline void need_same_tensor(std::string const& place, dtype type, shape const& extents, dtype wanted_type,
                             shape const& wanted) {
  if (type == wanted_type && wanted == extents) return;
  fail(error_parts{.place = place,
                   .problem = "it is {found}, the tensor {expected}",
                   .found = std::string(name_of(type)) + " " + shape_text(extents),
                   .expected = std::string(name_of(wanted_type)) + " " + shape_text(wanted)});
}

}  // namespace detail

/// A parameter or state of a model, in PyTorch's layout: readable and assignable as a tensor of its shape.
class parameter_reference {
 public:
  /// A reference to memory that a model owns; `access`: how, where the host does not see it.
  parameter_reference(std::string name, dtype type, ashlar::shape extents, char* data,
                      detail::memory_access const* access = nullptr)
      : name_(std::move(name)), type_(type), extents_(extents), data_(data), access_(access) {}

  /// Its name, such as "0.weight".
  std::string const& name() const { return name_; }
  /// The dtype of its elements.
  dtype type() const { return type_; }
  /// Its extents, outermost first.
  ashlar::shape shape() const { return extents_; }
  /// How many elements there are.
  std::int64_t size() const { return extents_.size(); }
  /// Its elements in row-major order, in memory of the host.
  /// errors: fails on a device, whose memory the host does not see: there are read and write
  char* bytes() const {
    if (access_) fail(error("parameter '" + name_ + "' lies in memory of a device; read and write copy it"));
    return data_;
  }
  /// Where it lies, be that memory of the host or of a device.
  char* address() const { return data_; }
  /// How many bytes its elements take.
  std::int64_t byte_count() const { return size() * bytes_of(type_); }
  /// Copies its elements, in row-major order, to memory of the host.
  void read(void* to) const {
    if (access_) return access_->read(to, data_, byte_count());
    std::memcpy(to, data_, static_cast<std::size_t>(byte_count()));
  }
  /// Copies elements in row-major order from memory of the host.
  void write(void const* from) const {
    if (access_) return access_->write(data_, from, byte_count());
    std::memcpy(data_, from, static_cast<std::size_t>(byte_count()));
  }

  /// errors: fails where dtype or shape differ
  template <class T, int... D>
  operator tensor<T, D...>() const {
    check<T>(make_shape<D...>());
    tensor<T, D...> copy;
    read(copy.data());
    return copy;
  }
  /// errors: fails where dtype or shape differ
  template <class T, int... D>
  parameter_reference const& operator=(tensor<T, D...> const& from) const {
    check<T>(make_shape<D...>());
    write(from.data());
    return *this;
  }

 private:
  template <class T>
  void check(ashlar::shape const& wanted) const {
    detail::need_same_tensor("parameter '" + name_ + "'", type_, extents_, dtype_of<T>, wanted);
  }
  std::string name_;
  dtype type_;
  ashlar::shape extents_;
  char* data_;
  detail::memory_access const* access_;
};

namespace detail {

/// Sets element i of what begins at `to`.
inline void set_number(char* to, dtype type, std::int64_t i, double x) {
  switch (type) {
    case dtype::float32: reinterpret_cast<float*>(to)[i] = static_cast<float>(x); return;
    case dtype::float64: reinterpret_cast<double*>(to)[i] = x; return;
    case dtype::int64: reinterpret_cast<std::int64_t*>(to)[i] = static_cast<std::int64_t>(x); return;
    default: fail(error("internal: a parameter of a dtype that parameters do not have"));
  }
}
/// What makes orthonormal rows: none where no parameter begins with them, so that few programs compile it.
using rows_maker = std::vector<double> (*)(shape const&, random_stream const&);
inline void fill_initial(char* to, dtype type, shape const& extents, initialiser const& init,
                         random_stream const& stream, rows_maker make_rows) {
  std::vector<double> rows;
  if (init.kind == initialiser::orthogonal) rows = make_rows(extents, stream);
  for (std::int64_t i = 0; i < extents.size(); ++i) {
    std::uint64_t const e = static_cast<std::uint64_t>(i);
    double v = init.scale;
    if (init.kind == initialiser::orthogonal) v *= rows[static_cast<std::size_t>(i)];
    if (init.kind == initialiser::uniform)
      v = (2.0 * static_cast<double>(stream.uniform(e)) - 1) * init.scale + init.centre;
    if (init.kind == initialiser::normal) v = static_cast<double>(stream.normal(e)) * init.scale + init.centre;
    set_number(to, type, i, v);
  }
}
[[gnu::noinline]] inline void initialise(parameter_reference const& p, initialiser const& init, seed s,
                                         bool is_on_device = false, rows_maker make_rows = orthogonal_rows) {
  random_stream const stream(s, hash_path(p.name().data(), p.name().size()));
  if (!is_on_device) return fill_initial(p.bytes(), p.type(), p.shape(), init, stream, make_rows);
  buffer const values(p.byte_count());
  fill_initial(values.data(), p.type(), p.shape(), init, stream, make_rows);
  p.write(values.data());
}

}  // namespace detail
}  // namespace ashlar::inline ASHLAR_ABI
