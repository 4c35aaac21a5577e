// SPDX-License-Identifier: MIT
// BENCH_KIND over rows of BENCH_COLUMNS numbers, again and again: what one more time costs, from which copies between
// the host and the device and everything else that happens once cancel out.
#include "dialog.hpp"

#ifndef BENCH_KIND
#define BENCH_KIND softmax
#endif
#ifndef BENCH_ROWS
#define BENCH_ROWS 8192
#endif
#ifndef BENCH_COLUMNS
#define BENCH_COLUMNS 4096
#endif

namespace kinds {

using namespace ashlar;

struct softmax {
  template <class V>
  constexpr V operator()(V x) const {
    return ashlar::softmax(x);
  }
};
struct layer_norm {  // without weights
  template <class V>
  constexpr V operator()(V x) const {
    auto centred = x - mean_keep(x, axes<-1>);
    return centred * rsqrt(mean_keep(square(centred), axes<-1>) + 1e-5f);
  }
};
struct chain {
  template <class V>
  constexpr V operator()(V x) const {
    return relu(tanh(x * 1.5f + 0.25f)) - 0.125f * x;
  }
};

}  // namespace kinds

template <int Times>
constexpr auto repeated = [](auto rows, auto columns) {
  using namespace ashlar;
  auto x = 4 * (reshape<BENCH_ROWS, 1>(rows) * reshape<1, BENCH_COLUMNS>(columns));
  return sum(square(repeat<Times>(kinds::BENCH_KIND{})(x)));
};

int main(int argc, char** argv) {
  return bench::main_of([&] {
    auto const where = bench::policy(argc, argv);
    ashlar::tensor<float, BENCH_ROWS> rows;
    ashlar::tensor<float, BENCH_COLUMNS> columns;
    for (int i = 0; i < BENCH_ROWS; ++i)
      rows.data()[i] = bench::number(static_cast<std::uint32_t>(i), bench::of_inputs);
    for (int i = 0; i < BENCH_COLUMNS; ++i)
      columns.data()[i] = bench::number(static_cast<std::uint32_t>(i), bench::of_targets);
    constexpr int few = 2, many = 66;
    auto short_one = ashlar::compile(where, repeated<few>, rows, columns);
    auto long_one = ashlar::compile(where, repeated<many>, rows, columns);
    bench::say(where.describe().c_str());
    auto seconds = [&](auto& f, int times) { return bench::seconds_of(times, [&] { f(rows, columns); }); };
    bench::obey([&] { return short_one(rows, columns); },
                [&](int times) {
                  int const calls = (times + many - 1) / many;  // a call returns a number, so it waits
                  return times * (seconds(long_one, calls) - seconds(short_one, calls)) / (calls * (many - few));
                },
                bench::between_waits);
  });
}
