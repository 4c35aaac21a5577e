// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include "support/append_gradients.hpp"
#include "support/interpreter.hpp"
#include "support/random_graph.hpp"
#include "support/run_plan.hpp"

using namespace ashlar;

TEST_CASE("every plan of random graphs computes what the oracle does, for any number of valid rows") {
  for (unsigned number = 1; number <= 150; ++number) {
    CAPTURE(number);
    proof::recording raw, r;
    proof::random_graph(raw, number).run();
    r.outputs = raw.outputs;
    rebuild(raw.g, r.g, r.outputs);
    for (int rows : {4, 1 + static_cast<int>(number % 3)}) {
      CAPTURE(rows);
      proof::environment const e = proof::draw(r.g, {.rows = rows, .number = number});
      proof::results const wanted = proof::interpret(r, e);
      for (bool fuse : {true, false})
        for (bool reuse : {true, false}) {
          CAPTURE(fuse);
          CAPTURE(reuse);
          REQUIRE(proof::difference(proof::planned(r, {fuse, reuse}).run(e), wanted, 1e-9) == "");
        }
      REQUIRE(proof::difference(proof::planned(r, {true, true, false, true}).run(e), wanted, 1e-9) == "");
    }
  }
}
