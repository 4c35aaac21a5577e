// SPDX-License-Identifier: MIT
#pragma once
#include <ashlar/graph/rebuild.hpp>

namespace ashlar::inline ASHLAR_ABI::detail {

/// What a recorder leaves behind: a graph and the nodes its caller wants.
struct recording {
  graph g;
  list<int> outputs;
};

/// The recording without dead and equal nodes. Where the graph refused something, `clean` has only that and the paths.
constexpr void rebuild_recording(recording const& raw, recording& clean) {
  clean.g.refused = raw.g.refused;
  if (raw.g.refused.why != refusal::none) {
    clean.g.paths = raw.g.paths;
    return;
  }
  clean.outputs = raw.outputs;
  rebuild(raw.g, clean.g, clean.outputs);
  clean.g.index_limits = raw.g.index_limits;
  clean.g.ignored_indices = raw.g.ignored_indices;
}

/// The same recorder for a policy whose products take weights in panels.
template <class Recorder>
struct recorder_with_panels {
  static constexpr void record(recording& r) {
    r.g.has_panels = true;
    Recorder::record(r);
  }
};

/// Records a program and cleans up: Recorder::record(recording&) makes the graph.
template <class Recorder>
constexpr void record_and_rebuild(recording& clean) {
  recording raw;
  Recorder::record(raw);
  rebuild_recording(raw, clean);
}

/// Nodes of a graph and the bodies in it.
constexpr int all_nodes(graph const& g) {
  int n = g.size();
  for (loop const* l : g.loops)
    if (l) n += all_nodes(*l->body);
  return n;
}

}  // namespace ashlar::inline ASHLAR_ABI::detail
