// SPDX-License-Identifier: MIT
#pragma once
#include <vector>

#include <ashlar/io/safetensors.hpp>
#include <ashlar/train/model.hpp>

namespace ashlar::inline ASHLAR_ABI {

/// Writes a model's parameters and states as safetensors with PyTorch's names; the file is whole or absent.
/// errors: fails where the file cannot be written; an older one stays
template <class Net, class Input, class Policy, class Target>
void save(model<Net, Input, Policy, Target> const& net, std::string const& file) {
  std::vector<named_tensor> tensors;
  net.each_variable([&](parameter_reference const& p, auto const&) {
    tensors.push_back({p.name(), p.type(), p.shape(), reinterpret_cast<std::byte const*>(p.bytes())});
  });
  write_safetensors(file, tensors, {{"format", "pt"}});
}

/// Reads parameters and states from a file of `save` or of PyTorch: all of them or none.
/// errors: fails where a tensor is missing, unknown, or of another dtype or shape; the model then is as it was
template <class Net, class Input, class Policy, class Target>
void load(model<Net, Input, Policy, Target>& net, std::string const& file) {
  safetensors_file const f(file);
  std::size_t wanted = 0;
  auto refuse_tensor = [&](std::string const& name, std::string problem, std::string found, std::string expected) {
    fail(error_parts{.file = file,
                     .place = "tensor '" + name + "'",
                     .problem = std::move(problem),
                     .found = std::move(found),
                     .expected = std::move(expected)});
  };
  net.each_variable([&](parameter_reference const& p, auto const&) {
    ++wanted;
    safetensors_entry const* e = f.find(p.name());
    std::string const expected = std::string(safetensors_name(p.type())) + " " + detail::shape_text(p.shape());
    if (!e)
      return refuse_tensor(p.name(), "the file does not have it, the network needs {expected}", "nothing", expected);
    std::string found = e->dtype_name + " [";
    bool same = e->dtype_name == safetensors_name(p.type()) && static_cast<int>(e->extents.size()) == p.shape().rank;
    for (std::size_t i = 0; i < e->extents.size(); ++i) {
      found += (i ? ", " : "") + std::to_string(e->extents[i]);
      same = same && e->extents[i] == p.shape()[static_cast<int>(i)];
    }
    if (!same) refuse_tensor(p.name(), "the file has {found}, the network {expected}", found + "]", expected);
  });
  if (wanted != f.entries().size()) {
    for (safetensors_entry const& e : f.entries()) {
      bool known = false;
      net.each_variable([&](parameter_reference const& p, auto const&) { known = known || p.name() == e.name; });
      if (!known) refuse_tensor(e.name, "the file has it, the network does not", e.dtype_name, "no such tensor");
    }
  }
  net.each_variable([&](parameter_reference const& p, auto const&) {
    std::memcpy(p.bytes(), f.data(*f.find(p.name())), static_cast<std::size_t>(p.size() * bytes_of(p.type())));
  });
}

}  // namespace ashlar::inline ASHLAR_ABI
