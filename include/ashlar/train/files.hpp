// SPDX-License-Identifier: MIT
#pragma once
#include <string>
#include <vector>

#include <ashlar/io/safetensors.hpp>
#include <ashlar/train/model.hpp>

namespace ashlar::inline ASHLAR_ABI {

/// Writes a model's parameters and states as safetensors with PyTorch's names; the file is whole or absent.
/// errors: fails where the file cannot be written; an older one stays
template <class Net, class Input, class Policy, class Target>
ASHLAR_COLD void save(model<Net, Input, Policy, Target> const& net, std::string const& file) {
  std::vector<named_tensor> tensors;
  std::vector<detail::buffer> copies;  // of what lies on a device or in another order
  net.each_variable([&](parameter_reference const& p, detail::variable_info const& v) {
    char const* data = p.address();
    if (detail::parts_of<Policy>::memory::is_on_device || v.order != detail::stored_order::rows) {
      copies.emplace_back(p.byte_count());
      p.read(copies.back().data());
      data = copies.back().data();
    }
    tensors.push_back({p.name(), p.type(), p.shape(), reinterpret_cast<std::byte const*>(data)});
  });
  write_safetensors(file, tensors, {{"format", "pt"}});
}

/// Reads parameters and states from a file of `save` or of PyTorch: all of them or none.
/// errors: fails where a tensor is missing, unknown, or of another dtype or shape; the model then is as it was
template <class Net, class Input, class Policy, class Target>
ASHLAR_COLD void load(model<Net, Input, Policy, Target>& net, std::string const& file) {
  safetensors_file const f(file);
  auto compare = [&](std::string const& name, std::string const& found, std::string const& expected) {
    if (found == expected) return;
    fail(error_parts{.file = file,
                     .place = std::string("tensor '").append(name).append("'"),
                     .problem = "the file has {found}, the network {expected}",
                     .found = found,
                     .expected = expected});
  };
  std::string const none = "no such tensor";
  std::vector<std::string> names;
  net.each_variable([&](parameter_reference const& p, auto const&) {
    names.push_back(p.name());
    safetensors_entry const* e = f.find(p.name());
    compare(p.name(), e ? detail::entry_text(*e) : none,
            std::string(safetensors_name(p.type())).append(" ").append(detail::shape_text(p.shape())));
  });
  for (safetensors_entry const& e : f.entries()) {
    bool is_known = false;
    for (std::string const& name : names) is_known = is_known || name == e.name;
    if (!is_known) compare(e.name, detail::entry_text(e), none);
  }
  net.each_variable([&](parameter_reference const& p, auto const&) { p.write(f.data(*f.find(p.name()))); });
}

}  // namespace ashlar::inline ASHLAR_ABI
