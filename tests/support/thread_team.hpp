// SPDX-License-Identifier: MIT
#pragma once
#include <barrier>
#include <cstring>
#include <thread>
#include <vector>

#include <ashlar/backend/thrust/policy.hpp>

namespace proof {

using namespace ashlar;
using namespace ashlar::detail;

/// Threads that compute a unit of a kernel together, as a block of threads does on a GPU.
struct thread_team {
  /// What the members share.
  struct meeting {
    struct alignas(16) place {
      unsigned char bytes[16];
    };
    explicit meeting(int members) : all(members), values(static_cast<std::size_t>(members)) {}
    std::barrier<> all;
    std::vector<place> values;
    alignas(16) unsigned char memory[48 << 10];  // as much as every GPU has
  };
  static constexpr int least_size = 1;
  int rank, size;
  meeting* shared;

  template <class T, int Count>
  T* shared_memory() const {
    static_assert(sizeof(T) * Count <= sizeof(meeting::memory));
    return reinterpret_cast<T*>(shared->memory);
  }
  void meet() const { shared->all.arrive_and_wait(); }
  template <class T, class Combine>
  T reduce(T value, Combine combine) const {
    static_assert(sizeof(T) <= sizeof(meeting::place));
    std::memcpy(shared->values[static_cast<std::size_t>(rank)].bytes, &value, sizeof value);
    shared->all.arrive_and_wait();
    T result = value_of<T>(0);
    for (int k = 1; k < size; ++k) result = combine(result, value_of<T>(k));
    shared->all.arrive_and_wait();  // nobody writes the next value before everybody has read this one
    return result;
  }

 private:
  template <class T>
  T value_of(int member) const {
    T value;
    std::memcpy(&value, shared->values[static_cast<std::size_t>(member)].bytes, sizeof value);
    return value;
  }
};

/// Launches a kernel whose units are shared by a team of so many threads, if they can be.
template <class Functor, int Members>
void launch_team(launch_arguments const& a) {
  Functor unit{};
  unit.given = a.template values<Functor::operands>();
  std::int64_t const units = Functor::units(a.numbers);
  if constexpr (Functor::cooperates) {
    thread_team::meeting shared(Members);
    std::vector<std::thread> members;
    for (int rank = 0; rank < Members; ++rank)
      members.emplace_back([&, rank] {
        thread_team const team{rank, Members, &shared};
        for (std::int64_t u = 0; u < units; ++u) unit(team, u);
      });
    for (std::thread& t : members) t.join();
  } else {
    for (std::int64_t u = 0; u < units; ++u) unit(team_of_one{}, u);
  }
}

/// Launches a kernel's step by teams, divided as on a GPU where it has few units of many packets.
template <int Members, class... Functor>
void launch_teams(launch_arguments const& a, functors<Functor...>) {
  (launch_team<Functor, Members>(a), ...);
}
template <int Members, int... Code>
void launch_step(launch_arguments const& a) {
  if constexpr (may_be_divided<Code...>())
    if (std::int64_t const bytes = bytes_of_divided<Code...>(a.numbers)) {
      std::vector<thread_team::meeting::place> workspace(static_cast<std::size_t>(bytes / 16 + 1));
      launch_arguments own = a;
      own.workspace = reinterpret_cast<char*>(workspace.data());
      return with_workspace<Code...>(
          own, [](launch_arguments const& divided) { launch_teams<Members>(divided, functors_of_divided<Code...>()); });
    }
  launch_team<decltype(functor_of<false, Code...>()), Members>(a);
}

/// What launches each kernel of a program by teams.
template <class Program, int Members>
struct team_table {
  static constexpr auto const& tables = Program::tables;
  static constexpr int count = tables.sizes.kernels - 1;

  template <int Kernel, int... I>
  static constexpr launch_function entry(std::integer_sequence<int, I...>) {
    return launch_step<Members, tables.code[tables.kernel_begin[Kernel] + I]...>;
  }
  struct table {
    launch_function of[count + 1];
  };
  template <int... Kernel>
  static constexpr table make(std::integer_sequence<int, Kernel...>) {
    return {{entry<Kernel>(
        std::make_integer_sequence<int, tables.kernel_begin[Kernel + 1] - tables.kernel_begin[Kernel]>{})...}};
  }
  static constexpr table functions = make(std::make_integer_sequence<int, count>{});
};

/// Runs a program's steps by teams of threads.
template <class Program, int Members>
struct team_executor {
  static constexpr auto const& tables = Program::tables;

  static bool run(run_memory const& m) {
    step_values const now{m.rows, m.seed, m.step};
    return step_walk<Program>::run(
        m,
        [&](int s, char* const* operands, std::uint64_t iteration) {
          step_entry const& step = tables.steps[s];
          std::int64_t const* const numbers = tables.numbers + step.numbers;
          team_table<Program, Members>::functions.of[step.kernel](
              {.operands = operands,
               .operand_count = step.operand_count,
               .numbers = numbers,
               .device_numbers = numbers,
               .device_constants = tables.constants + step.constants,
               .now = &now,
               .iteration = iteration});
        },
        [&] { return step_walk<Program>::has_finite_loss(m.arena + tables.outputs[0].at.offset); });
  }
};

/// The policy of programs that run so.
template <int Members>
struct team_policy {
  template <class Recorder>
  using program = typename device_policy<>::template program<Recorder>;
  template <class Program>
  using executor = team_executor<Program, Members>;
};

}  // namespace proof
