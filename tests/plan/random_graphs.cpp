// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include "support/append_gradients.hpp"
#include "support/interpreter.hpp"
#include "support/random_graph.hpp"
#include "support/run_plan.hpp"

using namespace ashlar;

TEST_CASE("every plan of random graphs computes what the oracle does, for any number of valid rows and any update") {
  using ashlar::detail::pass_options;
  pass_options const plans[] = {{true, true}, {true, false}, {false, true}, {false, false}, {true, true, false, true}};
  for (unsigned number = 1; number <= 150; ++number) {
    CAPTURE(number);
    proof::recording raw, r;
    proof::random_graph drawn(raw, number);
    drawn.run();
    r.outputs = raw.outputs;
    rebuild(raw.g, r.g, r.outputs);
    for (int rows : {4, 1 + static_cast<int>(number % 3)}) {
      CAPTURE(rows);
      proof::environment e = proof::draw(r.g, {.rows = rows, .number = number});
      proof::draw_update(e, r.g, 2, 2);
      int const variants = drawn.variants();
      std::vector<proof::results> wanted;  // by variant of the update
      for (e.variant = variants > 0; e.variant <= variants; ++e.variant) wanted.push_back(proof::interpret(r, e));
      for (pass_options const& options : plans) {
        CAPTURE(options.fuse);
        CAPTURE(options.reuse);
        CAPTURE(options.strided);
        proof::planned const plan(r, options);
        for (e.variant = variants > 0; e.variant <= variants; ++e.variant) {
          CAPTURE(e.variant);
          proof::results const& as = wanted[static_cast<std::size_t>(e.variant - (variants > 0))];
          REQUIRE(proof::difference(plan.run(e), as, 1e-9) == "");
        }
      }
    }
  }
}
