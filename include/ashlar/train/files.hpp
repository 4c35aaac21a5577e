// SPDX-License-Identifier: MIT
#pragma once
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <ashlar/io/safetensors.hpp>
#include <ashlar/train/trainer.hpp>

namespace ashlar::inline ASHLAR_ABI {
namespace detail {

inline constexpr std::string_view of_the_optimizer = "optimizer/";

/// Tensors on their way to a file, in PyTorch's layout.
template <class Policy>
struct tensors_to_write {
  std::vector<named_tensor> all;
  std::vector<buffer> copies;  // of what lies on a device or in another order

  void operator()(parameter_reference const& p, variable_info const& v) {
    char const* data = p.address();
    if (parts_of<Policy>::memory::is_on_device || v.order != stored_order::rows) {
      copies.emplace_back(p.byte_count());
      p.read(copies.back().data());
      data = copies.back().data();
    }
    all.push_back({p.name(), p.type(), p.shape(), reinterpret_cast<std::byte const*>(data)});
  }
};

/// Tensors that a file is to hold, and where they go.
template <class Policy, class File = safetensors_file>
class tensors_to_read {
 public:
  explicit tensors_to_read(std::string const& file) : name_(file), file_(file) {}

  void operator()(parameter_reference const& p, variable_info const&) { wanted_.push_back(p); }

  /// errors: fails where the file has not all of them, or others, but for names that begin with `beside`
  ASHLAR_COLD void check(std::string_view beside = {}) const {
    std::string const none = "no such tensor";
    for (parameter_reference const& p : wanted_) {
      safetensors_entry const* e = file_.find(p.name());
      compare(p.name(), e ? entry_text(*e) : none,
              std::string(safetensors_name(p.type())).append(" ").append(shape_text(p.shape())));
    }
    for (safetensors_entry const& e : file_.entries()) {
      bool is_known = !beside.empty() && begins(e.name, beside);
      for (parameter_reference const& p : wanted_) is_known = is_known || p.name() == e.name;
      if (!is_known) compare(e.name, entry_text(e), none);
    }
  }
  /// Leaves out what the file has not; returns how many tensors stay.
  /// errors: fails where none does, or one is of another dtype or shape
  ASHLAR_COLD std::int64_t keep_shared() {
    std::vector<parameter_reference> shared;
    for (parameter_reference const& p : wanted_)
      if (file_.find(p.name())) shared.push_back(p);
    if (shared.empty())
      fail(error_parts{.file = name_, .problem = "none of its tensors has the name of one of the model"});
    wanted_.swap(shared);
    for (parameter_reference const& p : wanted_)
      compare(p.name(), entry_text(*file_.find(p.name())),
              std::string(safetensors_name(p.type())).append(" ").append(shape_text(p.shape())));
    return static_cast<std::int64_t>(wanted_.size());
  }
  ASHLAR_COLD void read() const {
    for (parameter_reference const& p : wanted_) p.write(file_.data(*file_.find(p.name())));
  }
  bool has_number(std::string_view key) const {
    for (auto const& [name, text] : file_.metadata())
      if (name == key) return true;
    return false;
  }
  /// errors: fails where there is none, or a larger one
  ASHLAR_COLD std::uint64_t number(std::string_view key, std::uint64_t most) const {
    std::string found = "none";
    std::uint64_t x = 0;
    bool is_number = false;
    for (auto const& [name, text] : file_.metadata()) {
      if (name != key) continue;
      found = std::string("'").append(text).append("'");
      is_number = !text.empty();
      for (char c : text) {
        auto const digit = static_cast<std::uint64_t>(c - '0');
        is_number = is_number && digit < 10 && x <= (most - digit) / 10;
        x = 10 * x + digit;
      }
    }
    if (!is_number)
      fail(error_parts{.file = name_,
                       .place = std::string(key),
                       .problem = "the file has {found}, the state of a trainer {expected}",
                       .found = std::move(found),
                       .expected = "a whole number up to " + std::to_string(most)});
    return x;
  }

 private:
  static bool begins(std::string_view name, std::string_view with) { return name.substr(0, with.size()) == with; }
  ASHLAR_COLD void compare(std::string const& name, std::string const& found, std::string const& expected) const {
    if (found == expected) return;
    fail(error_parts{.file = name_,
                     .place = std::string("tensor '").append(name).append("'"),
                     .problem = begins(name, of_the_optimizer) ? "the file has {found}, the optimizer {expected}"
                                                               : "the file has {found}, the network {expected}",
                     .found = found,
                     .expected = expected});
  }

  std::string name_;
  File file_;
  std::vector<parameter_reference> wanted_;
};

}  // namespace detail

/// Writes a model's parameters and states as safetensors with PyTorch's names; the file is whole or absent.
/// errors: fails where the file cannot be written; an older one stays
template <class Net, class Input, class Policy, class Target>
ASHLAR_COLD void save(model<Net, Input, Policy, Target> const& net, std::string const& file) {
  detail::tensors_to_write<Policy> tensors;
  net.each_variable([&](parameter_reference const& p, detail::variable_info const& v) { tensors(p, v); });
  write_safetensors(file, tensors.all, {{"format", "pt"}});
}

/// Reads parameters and states from a file of `save` or of PyTorch: all of them or none. Of a trainer's file it reads
/// the model.
/// errors: fails where a tensor is missing, unknown, or of another dtype or shape; the model then is as it was
template <class Net, class Input, class Policy, class Target>
ASHLAR_COLD void load(model<Net, Input, Policy, Target>& net, std::string const& file) {
  detail::tensors_to_read<Policy> tensors(file);
  net.each_variable([&](parameter_reference const& p, detail::variable_info const& v) { tensors(p, v); });
  tensors.check(tensors.has_number("steps") ? detail::of_the_optimizer : std::string_view{});
  tensors.read();
}

/// Reads those parameters and states whose names the model and the file share, as PyTorch's strict=False; the others
/// stay as they are. Returns how many tensors it read.
/// errors: fails where there is none, or one is of another dtype or shape; the model then is as it was
/// example: load_shared(net, "pretrained.safetensors");
template <class Net, class Input, class Policy, class Target>
ASHLAR_COLD std::int64_t load_shared(model<Net, Input, Policy, Target>& net, std::string const& file) {
  detail::tensors_to_read<Policy> tensors(file);
  net.each_variable([&](parameter_reference const& p, detail::variable_info const& v) { tensors(p, v); });
  std::int64_t const count = tensors.keep_shared();
  tensors.read();
  return count;
}

/// Writes a trainer to be resumed: its model, what the optimizer keeps, the number of steps and the seed of its random
/// numbers. What the program chooses is the program's: the optimizer's members, a learning rate among them, weights of
/// losses and the order of samples. `fit` goes on with a trainer that it is given. The file is whole or absent.
/// errors: as those of saving a model
/// example: save(t, "checkpoint.safetensors");
template <class Model, class Objective, class Optimizer, int Batch>
ASHLAR_COLD void save(trainer<Model, Objective, Optimizer, Batch> const& t, std::string const& file) {
  std::string const steps = std::to_string(t.steps());
  detail::tensors_to_write<typename Model::policy> tensors;
  t.net().each_variable([&](parameter_reference const& p, detail::variable_info const& v) { tensors(p, v); });
  t.each_optimizer_variable([&](parameter_reference const& p, detail::variable_info const& v) { tensors(p, v); });
  write_safetensors(file, tensors.all,
                    {{"format", "pt"}, {"steps", steps}, {"random_seed", std::to_string(t.random_seed())}});
}

/// Reads what `save` wrote of a trainer of such a model, whose optimizer keeps the same tensors, with any batch, on any
/// policy: it goes on as that one would have, with the same batch on the same policy bit for bit.
/// errors: as those of reading a model, also where the file is one of a model; model and trainer then are as they were
template <class Model, class Objective, class Optimizer, int Batch>
ASHLAR_COLD void load(trainer<Model, Objective, Optimizer, Batch>& t, std::string const& file) {
  detail::tensors_to_read<typename Model::policy> tensors(file);
  t.net().each_variable([&](parameter_reference const& p, detail::variable_info const& v) { tensors(p, v); });
  t.each_optimizer_variable([&](parameter_reference const& p, detail::variable_info const& v) { tensors(p, v); });
  tensors.check();
  std::uint64_t const steps = tensors.number("steps", detail::most_steps),
                      seed = tensors.number("random_seed", ~std::uint64_t{0});
  tensors.read();
  t.resume(static_cast<std::int64_t>(steps), seed);
}

}  // namespace ashlar::inline ASHLAR_ABI
