// SPDX-License-Identifier: MIT
#pragma once
#include <pthread.h>
#include <sched.h>
#include <time.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <string>
#include <utility>

#include <ashlar/core/config.hpp>
#include <ashlar/core/error.hpp>

#if defined(_OPENMP)
#include <omp.h>
#endif

namespace ashlar::inline ASHLAR_ABI {

/// How many threads run a program; 0: as many as this process may use.
struct threads {
  int count = 1;  ///< 0: as many as this process may use.
};

namespace detail {

/// Processors that this process may use.
ASHLAR_COLD inline int usable_processors() {
#if defined(__linux__)
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof set, &set) == 0) return CPU_COUNT(&set);
#endif
  int const all = static_cast<int>(sysconf(_SC_NPROCESSORS_ONLN));
  return all > 0 ? all : 1;
}
/// The number of threads that is meant.
/// errors: fails where it is negative, or above 1024 and 16 a processor: a system takes seconds to find out that it has
/// not so many
ASHLAR_COLD inline int thread_count(threads t) {
  if (t.count > 0 && t.count <= 1024) return t.count;
  int const processors = usable_processors(), most = processors > 64 ? 16 * processors : 1024;
  if (t.count < 0 || t.count > most)
    refuse_numbers({.problem = "a pool has {expected}; it was given {found}",
                    .found = "%",
                    .expected = "1 to % threads (0: as many as there are processors)",
                    .numbers = {t.count, most}});
  return t.count == 0 ? processors : t.count;
}

ASHLAR_INLINE void pause_briefly() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

/// A clock of which only differences count.  units: nanoseconds
inline std::int64_t passing_nanoseconds() {
  timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return std::int64_t{1000000000} * now.tv_sec + now.tv_nsec;
}

/// A number that threads wait for to change: for a while they look at it again and again, then they sleep.
class alignas(128) turn_counter {
 public:
  unsigned now() const { return value_.load(std::memory_order_acquire); }
  [[gnu::noinline]] void next() {
    value_.fetch_add(1, std::memory_order_seq_cst);
    if (sleepers_.load(std::memory_order_seq_cst)) value_.notify_all();
  }
  /// awake: nanoseconds before they sleep, by the clock: how long a pause takes differs from processor to processor.
  /// The one they wait for may wait for this processor, where others are in use: soon they let it go first.
  [[gnu::noinline]] void wait_after(unsigned turn, std::int64_t awake) {
    if (awake > 0 && changes_within(awake, turn)) return;
    sleepers_.fetch_add(1, std::memory_order_seq_cst);
    value_.wait(turn, std::memory_order_seq_cst);
    sleepers_.fetch_sub(1, std::memory_order_relaxed);
  }

 private:
  bool changes_within(std::int64_t nanoseconds, unsigned turn) const {
    for (std::int64_t end = 0;;) {
      for (int looks = 0; looks < 64; ++looks, pause_briefly())
        if (now() != turn) return true;
      std::int64_t const time = passing_nanoseconds();
      if (end == 0) end = time + nanoseconds;
      if (time >= end) return false;
      if (time > end - nanoseconds + 10000) sched_yield();
    }
  }
  std::atomic<unsigned> value_{0};
  std::atomic<int> sleepers_{0};
};

/// How many forks lie between the process that first made a pool and this one: threads are not forked along.
inline std::atomic<int>& forks_since_first_pool() {
  static std::atomic<int> count{0};
  return count;
}
ASHLAR_COLD inline int counted_forks() {
  auto const count = [] { forks_since_first_pool().fetch_add(1, std::memory_order_relaxed); };
  [[maybe_unused]] static int const asked = pthread_atfork(nullptr, nullptr, count);
  return forks_since_first_pool().load(std::memory_order_relaxed);
}

/// Runs task(context, worker) on so many threads, the caller being worker 0, and returns when all are done; false: not
/// that many are to be had, and nothing ran.
using team_launcher = bool (*)(int size, void (*task)(void*, int) noexcept, void* context);

/// How pools begin their work: by OpenMP where any unit of the program is compiled with it, whatever the others are;
/// nullptr: with threads of their own.
inline team_launcher& launcher_of_program() {
  static team_launcher launcher = nullptr;
  return launcher;
}
#if defined(_OPENMP)
/// On OpenMP's threads. A caller who is one of them already has the processors in use.
inline bool run_openmp_team(int size, void (*task)(void*, int) noexcept, void* context) {
  if (omp_in_parallel()) return false;
  bool whole = true;
#pragma omp parallel num_threads(size)
  {
    int const worker = omp_get_thread_num();
    if (omp_get_num_threads() == size)
      task(context, worker);
    else if (worker == 0)
      whole = false;
  }
  return whole;
}
[[maybe_unused]] static bool const has_openmp = (launcher_of_program() = run_openmp_team) != nullptr;
#endif

}  // namespace detail

/// Threads that run programs together. They are made once, stay, and sleep while there is nothing to do. A program that
/// finds them busy, or was forked off since they were made, runs on its own thread alone, with the same results. Where
/// a unit of the program is compiled with -fopenmp they are OpenMP's, which the caller's own loops use too, and what is
/// called inside of a parallel region runs on its thread alone.
/// cost: about a microsecond to start a program on threads that are awake, a fraction of one where they meet
/// errors: fails where the system has no more threads, and where more than 1024, and than 16 a processor, are asked for
/// example: thread_pool pool(threads{4}); auto net = model(digits, input<64>, cpu.with(pool), seed{7});
class thread_pool {
 public:
  /// Makes the threads but one, which is whoever runs a program; a launcher has threads of its own.
  ASHLAR_COLD explicit thread_pool(threads t, detail::team_launcher launcher = detail::launcher_of_program())
      : size_(detail::thread_count(t)),
        forks_(detail::counted_forks()),
        awake_(size_ > detail::usable_processors() ? 0 : 200000),
        launcher_(launcher),
        workers_(new worker_state[static_cast<std::size_t>(size_)]),
        break_even_(awake_ > 0 && size_ < 20 ? 1000 * size_ : 20000) {
    for (int w = 1; w < size_ && !launcher_; ++w) start(w);
  }
  thread_pool(thread_pool const&) = delete;
  thread_pool& operator=(thread_pool const&) = delete;
  ASHLAR_COLD ~thread_pool() { stop(size_); }

  /// Threads, with the one that starts a program.
  int size() const { return size_; }

  /// Steps estimated at fewer nanoseconds than this run on one thread; 0: none do. Until it is set it follows the
  /// number of threads, like the time that they take to meet.
  std::int64_t break_even() const { return break_even_.load(std::memory_order_relaxed); }
  /// Sets it.
  void set_break_even(std::int64_t nanoseconds) { break_even_.store(nanoseconds, std::memory_order_relaxed); }
  /// Programs of which no step is estimated at as many nanoseconds run on one thread: the others may have to wake up.
  std::int64_t start_break_even() const {
    std::int64_t const steps = break_even();
    return steps > 20000 ? steps : steps > 2000 ? 20000 : 10 * steps;
  }

  /// How many shares of steps a worker has computed since the pool was made; worker 0 is whoever starts a program.
  std::int64_t shares_of(int worker) const { return workers_[worker].shares; }

  /// Runs task(context, worker) on every worker, the caller being worker 0; false where the pool is busy, and nothing
  /// ran.
  [[gnu::noinline]] bool try_run(void (*task)(void*, int) noexcept, void* context) {
    if (size_ == 1 || are_elsewhere() || busy_.exchange(true, std::memory_order_acquire)) return false;
    bool ran = true;
    if (launcher_) {
      ran = launcher_(size_, task, context);
    } else {
      task_ = task;
      context_ = context;
      starts_.next();
      task(context, 0);
      meet();
    }
    busy_.store(false, std::memory_order_release);
    return ran;
  }
  /// Inside a task: waits until every worker is here.
  [[gnu::noinline]] void meet() {
    unsigned const turn = meetings_.now();
    if (arrived_.fetch_add(1, std::memory_order_acq_rel) + 1 < size_) return meetings_.wait_after(turn, awake_);
    arrived_.store(0, std::memory_order_relaxed);
    meetings_.next();
  }
  /// Inside a task: where a worker counts its shares.
  std::int64_t& count_of(int worker) { return workers_[worker].shares; }

 private:
  struct alignas(128) worker_state {
    pthread_t thread{};  // <thread> and what it includes would take longer to compile than all of a program's own work
    thread_pool* pool = nullptr;
    int number = 0;
    std::int64_t shares = 0;
  };

  static void* work(void* as) {
    worker_state const& w = *static_cast<worker_state*>(as);
    w.pool->run_tasks(w.number);
    return nullptr;
  }
  void run_tasks(int worker) {
    for (unsigned turn = 0;; ++turn) {
      starts_.wait_after(turn, awake_);
      if (!task_) return;
      task_(context_, worker);
      meet();
    }
  }
  ASHLAR_COLD void start(int w) {
    worker_state& made = workers_[w];
    made.pool = this;
    made.number = w;
    if (pthread_create(&made.thread, nullptr, work, &made) == 0) return;
    stop(w);
    detail::refuse_numbers({.problem = "the system has no more threads: {found} of {expected} could be made",
                            .found = "%",
                            .expected = "%",
                            .numbers = {w, size_}});
  }
  /// Whether the threads are those of a process that this one was forked off from. GNU's OpenMP waits forever for them,
  /// whatever pool asks.
  bool are_elsewhere() const {
    return detail::forks_since_first_pool().load(std::memory_order_relaxed) != (launcher_ ? 0 : forks_);
  }
  ASHLAR_COLD void stop(int made) {
    task_ = nullptr;
    if (launcher_ || are_elsewhere()) made = 0;
    if (made > 1) starts_.next();
    for (int w = 1; w < made; ++w) pthread_join(workers_[w].thread, nullptr);
    delete[] workers_;
  }

  int size_, forks_;
  std::int64_t awake_;  // nanoseconds before a worker sleeps; none where threads take turns on a processor
  detail::team_launcher launcher_;
  worker_state* workers_;
  void (*task_)(void*, int) noexcept = nullptr;
  void* context_ = nullptr;
  std::atomic<bool> busy_{false};
  std::atomic<std::int64_t> break_even_;
  detail::turn_counter starts_, meetings_;
  alignas(128) std::atomic<int> arrived_{0};
};

namespace detail {

/// The threads that everything made from one use of a policy shares; none where one thread does it all.
class cpu_threads {
 public:
  cpu_threads() = default;
  template <class Policy>
  ASHLAR_COLD explicit cpu_threads(Policy const& where) : pool_(where.pool) {
    if (pool_ || thread_count(where.count) == 1) return;
    own_ = new shared_pool(where.count);
    pool_ = &own_->pool;
  }
  cpu_threads(cpu_threads const& other) : own_(other.own_), pool_(other.pool_) {
    if (own_) own_->users.fetch_add(1, std::memory_order_relaxed);
  }
  cpu_threads& operator=(cpu_threads other) noexcept {
    std::swap(own_, other.own_);
    std::swap(pool_, other.pool_);
    return *this;
  }
  ASHLAR_COLD ~cpu_threads() {
    if (own_ && own_->users.fetch_sub(1, std::memory_order_acq_rel) == 1) delete own_;
  }
  thread_pool* pool() const { return pool_; }

 private:
  struct shared_pool {
    thread_pool pool;
    std::atomic<int> users{1};

    explicit shared_pool(threads t) : pool(t) {}
  };
  shared_pool* own_ = nullptr;
  thread_pool* pool_ = nullptr;
};

}  // namespace detail
}  // namespace ashlar::inline ASHLAR_ABI
