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

/// Elements of a tensor that are stored one after the other: the numbers of the first in row-major order and as it is
/// stored, and how far apart they are in row-major order.
struct stored_run {
  std::int64_t element, apart, stored, count;
};
/// take(context, run) for all of a tensor's elements.
[[gnu::noinline]] ASHLAR_COLD inline void each_stored(shape const& extents, stored_order order, void const* context,
                                                      void (*take)(void const* context, stored_run const& run)) {
  if (order == stored_order::rows) return take(context, {0, 1, 0, extents.size()});
  bool const in_panels = order == stored_order::panels;
  // of both orders few pages at a time
  std::int64_t const rows = extents[0], columns = extents[1], block = in_panels ? panel_columns : 64;
  std::int64_t const most_columns = in_panels ? columns : block;
  for (std::int64_t first = 0; first < columns; first += most_columns)
    for (std::int64_t top = 0; top < rows; top += block) {
      std::int64_t const count = top + block < rows ? block : rows - top;
      for (std::int64_t c = first; c < columns && c < first + most_columns; ++c)
        take(context, {top * columns + c, columns, in_panels ? top * columns + c * block : c * rows + top, count});
    }
}
/// As above, by take(run).
template <class Take>
void each_stored(shape const& extents, stored_order order, Take const& take) {
  each_stored(extents, order, &take,
              [](void const* context, stored_run const& run) { (*static_cast<Take const*>(context))(run); });
}
/// to = from, of elements of so many bytes, one of the two in row-major order and the other as it is stored.
template <class Word>
void copy_reordered(shape const& extents, stored_order order, char* to, char const* from, bool to_stored) {
  constexpr std::int64_t size = sizeof(Word);
  each_stored(extents, order, [=](stored_run const& run) {
    char* const first = to + (to_stored ? run.stored : run.element) * size;
    char const* const read = from + (to_stored ? run.element : run.stored) * size;
    std::int64_t const step = to_stored ? size : run.apart * size, read_step = to_stored ? run.apart * size : size;
    for (std::int64_t i = 0; i < run.count; ++i) std::memcpy(first + i * step, read + i * read_step, sizeof(Word));
  });
}
[[gnu::noinline]] inline void copy_reordered(dtype type, shape const& extents, stored_order order, char* to,
                                             char const* from, bool to_stored) {
  if (bytes_of(type) == 8) return copy_reordered<std::int64_t>(extents, order, to, from, to_stored);
  if (bytes_of(type) == 4) return copy_reordered<std::int32_t>(extents, order, to, from, to_stored);
  fail("internal: a parameter of a dtype that parameters do not have");
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
  ASHLAR_COLD void read(void* to) const {
    if (order_ == detail::stored_order::rows) return read_stored(to);
    if (!access_) return detail::copy_reordered(type_, extents_, order_, static_cast<char*>(to), data_, false);
    detail::buffer const stored(byte_count());
    read_stored(stored.data());
    detail::copy_reordered(type_, extents_, order_, static_cast<char*>(to), stored.data(), false);
  }
  /// Copies elements in row-major order from memory of the host.
  ASHLAR_COLD void write(void const* from) const {
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
  ASHLAR_COLD void read_stored(void* to) const {
    if (access_) return access_->read(to, data_, byte_count());
    std::memcpy(to, data_, static_cast<std::size_t>(byte_count()));
  }
  ASHLAR_COLD void write_stored(void const* from) const {
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
    default: fail("internal: a parameter of a dtype that parameters do not have");
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
  each_stored(v.extents, order, [&](stored_run const& run) {
    for (std::int64_t i = 0; i < run.count; ++i) {
      auto const element = static_cast<std::uint64_t>(run.element + i * run.apart);
      set_number(to, v.type, run.stored + i, initial_number(v.init, stream, rows.data(), element));
    }
  });
}
[[gnu::noinline]] ASHLAR_COLD inline void initialise(parameter_reference const& p, variable_info const& v, seed s,
                                                     bool is_on_device = false,
                                                     rows_maker make_rows = orthogonal_rows) {
  random_stream const stream(s, hash_path(p.name().data(), p.name().size()));
  buffer const values(is_on_device ? p.byte_count() : 0);
  fill_initial(is_on_device ? values.data() : p.address(), v, is_on_device ? stored_order::rows : v.order, stream,
               make_rows);
  if (is_on_device) p.write(values.data());
}

}  // namespace detail
}  // namespace ashlar::inline ASHLAR_ABI
