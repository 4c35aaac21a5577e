// SPDX-License-Identifier: MIT
#pragma once
#include <utility>

#include <ashlar/plan/frozen_drafts.hpp>
#include <ashlar/plan/frozen_grouping.hpp>
#include <ashlar/plan/frozen_recording.hpp>
#include <ashlar/plan/plan_tables.hpp>

/// The plan of a large network in stages, each a constant of its own: compilers limit what one constant may cost. The
/// stages are those of make_plan; each begins with what the ones before left in arrays.
namespace ashlar::inline ASHLAR_ABI::detail {

/// Records the graph of Recorder in arrays of a size.
template <class Recorder, int Nodes, int Numbers, int Paths, int Variables>
struct stage_recorder {
  static constexpr recording_size size{Nodes, Numbers, Paths, Variables};
  using frozen = frozen_recording<Nodes, Numbers, Paths, Variables>;

  static constexpr frozen record() {
    frozen f;
    recording r;
    Recorder::record(r);
    f.freeze(r);
    return f;
  }
};
template <class Recorded>
struct recorded_stage {
  static constexpr typename Recorded::frozen value = Recorded::record();  // too large? -fconstexpr-steps=N
};

template <class Recorded, int... Capacity>
constexpr auto rebuild_frozen() {
  frozen_recording<Capacity...> f;
  recording raw, clean;
  recorded_stage<Recorded>::value.thaw(raw);
  rebuild_recording(raw, clean);
  give_own_memory(clean.g, clean.outputs);
  f.freeze(clean);
  return f;
}
/// The graph that is planned: smaller than the recorded one, but for what is added when outputs get memory of their
/// own.
template <class Recorded>
struct rebuilt_stage {
  static constexpr recording_size size = Recorded::size;
  static constexpr int more = size.variables + 64;
  static constexpr auto guess = rebuild_frozen<Recorded, size.nodes + more, size.numbers + more, size.paths,
                                               size.variables>();  // too large? -fconstexpr-steps=N

  template <int... None>
  struct exact {
    static constexpr recording_size size = guess.size();
    static constexpr auto value = rebuild_frozen<Recorded, size.nodes, size.numbers, size.paths, size.variables>();
  };
  static constexpr auto const& fit() {
    if constexpr (guess.fits())
      return guess;
    else
      return exact<>::value;
  }
};

/// What a stage begins with: the graph that is planned, and the bodies in it.
template <class Recorded>
struct thawed_graphs {
  recording r;
  list<planned_graph> graphs;

  constexpr thawed_graphs() {
    rebuilt_stage<Recorded>::fit().thaw(r);
    collect_graphs(r.g, -1, 1, graphs);
  }
};
template <class Recorded>
constexpr int graph_count() {
  return thawed_graphs<Recorded>().graphs.size();
}
template <class Recorded>
constexpr int nodes_of_graph(int k) {
  return thawed_graphs<Recorded>().graphs[k].g->size();
}
template <class Recorded>
constexpr int graph_around(int k) {
  return thawed_graphs<Recorded>().graphs[k].parent;
}

template <class Recorded, bool Fuse, bool Winograd, bool Strided, int K>
struct fused_stage;
template <class Recorded, bool Fuse, bool Winograd, bool Strided, int K>
constexpr auto fuse_frozen() {
  frozen_grouping<nodes_of_graph<Recorded>(K)> f;
  thawed_graphs<Recorded> t;
  if constexpr (constexpr int around = graph_around<Recorded>(K); around >= 0)
    fused_stage<Recorded, Fuse, Winograd, Strided, around>::value.thaw(t.graphs[around].groups);
  fuse(t.graphs, K, t.r.outputs, {Fuse, true, Winograd, Strided});
  f.freeze(t.graphs[K].groups);
  return f;
}
/// The groups of graph K.
template <class Recorded, bool Fuse, bool Winograd, bool Strided, int K>
struct fused_stage {
  static constexpr auto value = fuse_frozen<Recorded, Fuse, Winograd, Strided, K>();  // too large? -fconstexpr-steps=N
};

/// The graphs with their groups and outputs.
template <class Recorded, bool Fuse, bool Winograd, bool Strided>
struct fused_graphs : thawed_graphs<Recorded> {
  constexpr fused_graphs() {
    [&]<int... K>(std::integer_sequence<int, K...>) {
      (fused_stage<Recorded, Fuse, Winograd, Strided, K>::value.thaw(this->graphs[K].groups), ...);
    }
    (std::make_integer_sequence<int, graph_count<Recorded>()>{});
    for (planned_graph& p : this->graphs) {
      p.outputs = this->r.outputs;
      if (p.parent >= 0) p.outputs = outputs_of_body(p, this->graphs[p.parent]);
    }
    number_drafts(this->graphs);
  }
  constexpr int kernel_steps() const { return this->graphs.back().first_draft + this->graphs.back().kernel_steps(); }
};
template <class Recorded, bool Fuse, bool Winograd, bool Strided>
constexpr int kernel_steps_of() {
  return fused_graphs<Recorded, Fuse, Winograd, Strided>().kernel_steps();
}

inline constexpr int steps_at_once = 200;  // that are drafted in one constant

template <class Recorded, bool Fuse, bool Winograd, bool Strided, int AtOnce, int Part, int... Capacity>
constexpr auto draft_frozen() {
  frozen_drafts<Capacity...> f;
  fused_graphs<Recorded, Fuse, Winograd, Strided> t;
  drafts d;
  write_drafts(t.graphs, placed_variables(t.r.g), Winograd, Part * AtOnce, (Part + 1) * AtOnce, d);
  f.freeze(d);
  return f;
}
/// Part `Part` of the drafts.
template <class Recorded, bool Fuse, bool Winograd, bool Strided, int AtOnce, int Part>
struct drafted_stage {
  static constexpr int n = AtOnce;
  static constexpr auto guess =
      draft_frozen<Recorded, Fuse, Winograd, Strided, AtOnce, Part, n, 96 * n, 14 * n, 48 * n, 8 * n,
                   8 * n>();  // too large? -fconstexpr-steps=N
  static constexpr auto const& fit() {
    if constexpr (guess.fits())
      return guess;
    else
      return exact<>::value;
  }
  template <int... None>
  struct exact {
    static constexpr drafts_size size = guess.size();
    static constexpr auto value = draft_frozen<Recorded, Fuse, Winograd, Strided, AtOnce, Part, size.steps, size.codes,
                                               size.operands, size.numbers, size.constants, size.operations>();
  };
};

/// A plan whose drafts are constants.
template <class Recorded, bool Fuse, bool Reuse, int AtOnce = steps_at_once, bool Winograd = false,
          bool Strided = false>
struct plan_in_stages {
  static constexpr int parts = (kernel_steps_of<Recorded, Fuse, Winograd, Strided>() + AtOnce - 1) / AtOnce;

  struct all_drafts {
    drafts part[parts];
    list<drafts const*> parts_in_order;

    constexpr all_drafts() {
      [&]<int... K>(std::integer_sequence<int, K...>) {
        (drafted_stage<Recorded, Fuse, Winograd, Strided, AtOnce, K>::fit().thaw(part[K]), ...);
      }
      (std::make_integer_sequence<int, parts>{});
      for (drafts const& d : part) parts_in_order.push(&d);
    }
  };

  template <int Scale>
  static constexpr auto make() {
    tables_of<roomy_sizes_without_drafts<Scale>> t;
    fused_graphs<Recorded, Fuse, Winograd, Strided> graphs;
    all_drafts drafted;
    full_plan p({Fuse, Reuse, Winograd, Strided});
    p.graphs.swap(graphs.graphs);
    p.parts.swap(drafted.parts_in_order);
    p.place_variables(graphs.r.g);
    place_plan(graphs.r.g, graphs.r.outputs, p);
    t.sizes = sizes_of(p);
    if (t.sizes.without_drafts().fits(roomy_sizes_without_drafts<Scale>::value)) copy_plan(p, t.sizes, t);
    return t;
  }
  template <int Scale>
  struct stage {
    static constexpr auto tables = make<Scale>();  // too large? -fconstexpr-steps=N
    static constexpr bool fits = tables.sizes.without_drafts().fits(roomy_sizes_without_drafts<Scale>::value);
  };
  template <class Tables>
  static constexpr void copy_drafts_into(Tables& t) {
    all_drafts const drafted;
    copy_drafts(drafted.parts_in_order, t);
  }
  static constexpr int first_scale = 8;
};

}  // namespace ashlar::inline ASHLAR_ABI::detail
