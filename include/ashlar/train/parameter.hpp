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

/// f(element, stored) for each element of a tensor, by its number in row-major order, and where it is stored.
template <class F>
void each_stored(shape const& extents, stored_order order, F f) {
  if (order == stored_order::rows) {
    for (std::int64_t i = 0; i < extents.size(); ++i) f(i, i);
    return;
  }
  std::int64_t const rows = extents[0], columns = extents[1], block = 64;  // of both orders few pages at a time
  if (order == stored_order::panels) {
    constexpr int width = panel_columns;
    for (std::int64_t i = 0; i < extents.size(); ++i) {
      std::int64_t const panel = i / (columns * width), column = i / width % columns;
      f((panel * width + i % width) * columns + column, i);
    }
    return;
  }
  for (std::int64_t first = 0; first < columns; first += block)
    for (std::int64_t top = 0; top < rows; top += block)
      for (std::int64_t c = first; c < columns && c < first + block; ++c)
        for (std::int64_t r = top; r < rows && r < top + block; ++r) f(r * columns + c, c * rows + r);
}
/// to = from, of elements of so many bytes, one of the two in row-major order and the other as it is stored.
template <class Word>
void copy_reordered(shape const& extents, stored_order order, char* to, char const* from, bool to_stored) {
  each_stored(extents, order, [&](std::int64_t element, std::int64_t stored) {
    std::memcpy(to + (to_stored ? stored : element) * static_cast<std::int64_t>(sizeof(Word)),
                from + (to_stored ? element : stored) * static_cast<std::int64_t>(sizeof(Word)), sizeof(Word));
  });
}
[[gnu::noinline]] inline void copy_reordered(dtype type, shape const& extents, stored_order order, char* to,
                                             char const* from, bool to_stored) {
  if (bytes_of(type) == 8) return copy_reordered<std::int64_t>(extents, order, to, from, to_stored);
  if (bytes_of(type) == 4) return copy_reordered<std::int32_t>(extents, order, to, from, to_stored);
  fail(error("internal: a parameter of a dtype that parameters do not have"));
}

}  // namespace detail

/// A parameter or state of a model, in PyTorch's layout: readable and assignable as a tensor of its shape.
class parameter_reference {
 public:
  /// A reference to memory that a model owns; `order`: in which order it lies there; `access`: how to reach it,
  /// where the host does not see it.
  parameter_reference(std::string name, dtype type, ashlar::shape extents, char* data,
                      detail::stored_order order = detail::stored_order::rows,
                      detail::memory_access const* access = nullptr)
      : name_(std::move(name)), type_(type), extents_(extents), data_(data), order_(order), access_(access) {}

  /// Its name, such as "0.weight".
  std::string const& name() const { return name_; }
  /// The dtype of its elements.
  dtype type() const { return type_; }
  /// Its extents, outermost first.
  ashlar::shape shape() const { return extents_; }
  /// How many elements there are.
  std::int64_t size() const { return extents_.size(); }
  /// Where it lies, in the order of the plan, be that memory of the host or of a device.
  char* address() const { return data_; }
  /// How many bytes its elements take.
  std::int64_t byte_count() const { return size() * bytes_of(type_); }
  /// Copies its elements, in row-major order, to memory of the host.
  void read(void* to) const {
    if (order_ == detail::stored_order::rows) return read_stored(to);
    if (!access_) return detail::copy_reordered(type_, extents_, order_, static_cast<char*>(to), data_, false);
    detail::buffer const stored(byte_count());
    read_stored(stored.data());
    detail::copy_reordered(type_, extents_, order_, static_cast<char*>(to), stored.data(), false);
  }
  /// Copies elements in row-major order from memory of the host.
  void write(void const* from) const {
    if (order_ == detail::stored_order::rows) return write_stored(from);
    if (!access_) return detail::copy_reordered(type_, extents_, order_, data_, static_cast<char const*>(from), true);
    detail::buffer const stored(byte_count());
    detail::copy_reordered(type_, extents_, order_, stored.data(), static_cast<char const*>(from), true);
    write_stored(stored.data());
  }

  /// errors: fails where dtype or shape differ
  template <class T, int... D>
  operator tensor<T, D...>() const {
    check(dtype_of<T>, make_shape<D...>());
    tensor<T, D...> copy;
    read(copy.data());
    return copy;
  }
  /// Another reference to the same memory.
  parameter_reference(parameter_reference const&) = default;
  /// Copies the other one's elements, of another model or policy too.
  /// errors: fails where dtype or shape differ
  parameter_reference const& operator=(parameter_reference const& from) const {
    check(from.type_, from.extents_);
    detail::buffer const values(byte_count());
    from.read(values.data());
    write(values.data());
    return *this;
  }
  /// errors: fails where dtype or shape differ
  template <class T, int... D>
  parameter_reference const& operator=(tensor<T, D...> const& from) const {
    check(dtype_of<T>, make_shape<D...>());
    write(from.data());
    return *this;
  }

 private:
  void read_stored(void* to) const {
    if (access_) return access_->read(to, data_, byte_count());
    std::memcpy(to, data_, static_cast<std::size_t>(byte_count()));
  }
  void write_stored(void const* from) const {
    if (access_) return access_->write(data_, from, byte_count());
    std::memcpy(data_, from, static_cast<std::size_t>(byte_count()));
  }
  void check(dtype type, ashlar::shape const& extents) const {
    detail::need_same_tensor("parameter '" + name_ + "'", type_, extents_, type, extents);
  }
  std::string name_;
  dtype type_;
  ashlar::shape extents_;
  char* data_;
  detail::stored_order order_;
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
/// What the element of that number begins with, `rows` being what make_rows made, if anything.
[[gnu::noinline]] inline double initial_number(initialiser const& init, random_stream const& stream, double const* rows,
                                               std::uint64_t element) {
  switch (init.kind) {
    case initialiser::orthogonal: return init.scale * rows[element];
    case initialiser::uniform:
      return (2.0 * static_cast<double>(stream.uniform(element)) - 1) * init.scale + init.centre;
    case initialiser::normal: return static_cast<double>(stream.normal(element)) * init.scale + init.centre;
    default: return init.scale;
  }
}
/// Numbers of the elements, in row-major order or as they are stored; each follows from its place in row-major order.
inline void fill_initial(char* to, variable_info const& v, stored_order order, random_stream const& stream,
                         rows_maker make_rows) {
  std::vector<double> rows;
  if (v.init.kind == initialiser::orthogonal) rows = make_rows(v.extents, stream);
  each_stored(v.extents, order, [&](std::int64_t element, std::int64_t stored) {
    set_number(to, v.type, stored, initial_number(v.init, stream, rows.data(), static_cast<std::uint64_t>(element)));
  });
}
[[gnu::noinline]] inline void initialise(parameter_reference const& p, variable_info const& v, seed s,
                                         bool is_on_device = false, rows_maker make_rows = orthogonal_rows) {
  random_stream const stream(s, hash_path(p.name().data(), p.name().size()));
  if (!is_on_device) return fill_initial(p.address(), v, v.order, stream, make_rows);
  buffer const values(p.byte_count());
  fill_initial(values.data(), v, stored_order::rows, stream, make_rows);
  p.write(values.data());
}

}  // namespace detail
}  // namespace ashlar::inline ASHLAR_ABI
