// SPDX-License-Identifier: MIT
// Predictions in a real-time thread take no lock, allocate nothing and make no system call. Under clang's
// RealtimeSanitizer (tests/scripts/real_time_sanitizer.sh) it watches them. Else each case is a child process whose
// system calls are forbidden, by seccomp, and whose allocations and locks end it; cases with a deliberate one must end
// so.
#include <dlfcn.h>
#include <pthread.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <tuple>

#include <ashlar/ashlar.hpp>

#if defined(__has_feature)
#if __has_feature(realtime_sanitizer)
#define WATCHED_BY_SANITIZER
#endif
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || __has_feature(memory_sanitizer)
#define OTHER_SANITIZER
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define OTHER_SANITIZER
#endif

#if defined(__linux__)
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#endif

#if defined(OTHER_SANITIZER) || !defined(__linux__) || !defined(__GLIBC__)

int main() {
  std::puts("skipped: real_time: it needs Linux with glibc, and no sanitizer but clang's for real time");
  return 77;
}

#else

using namespace ashlar;

namespace {

enum ending { all_well = 0, wrong_numbers = 3, allocation = 4, lock = 5, no_filter = 6, in_sanitizer = 43 };

[[maybe_unused]] volatile bool in_real_time = false;

[[maybe_unused]] void forbid(ending e) {
  if (in_real_time) _exit(e);
}

}  // namespace

#if defined(WATCHED_BY_SANITIZER)
#define REAL_TIME [[clang::nonblocking]]

namespace {

bool forbid_system_calls() { return true; }

}  // namespace

#else
#define REAL_TIME

extern "C" {
void __libc_free(void*);
void* __libc_malloc(std::size_t);
void* __libc_calloc(std::size_t, std::size_t);
void* __libc_realloc(void*, std::size_t);
void* __libc_memalign(std::size_t, std::size_t);

void* malloc(std::size_t bytes) noexcept {
  forbid(allocation);
  return __libc_malloc(bytes);
}
void* calloc(std::size_t number, std::size_t bytes) noexcept {
  forbid(allocation);
  return __libc_calloc(number, bytes);
}
void* realloc(void* old, std::size_t bytes) noexcept {
  forbid(allocation);
  return __libc_realloc(old, bytes);
}
void* aligned_alloc(std::size_t alignment, std::size_t bytes) noexcept {
  forbid(allocation);
  return __libc_memalign(alignment, bytes);
}
void free(void* p) noexcept {
  forbid(allocation);
  __libc_free(p);
}
int pthread_mutex_lock(pthread_mutex_t* m) noexcept {
  forbid(lock);
  static auto const next = reinterpret_cast<decltype(&pthread_mutex_lock)>(dlsym(RTLD_NEXT, "pthread_mutex_lock"));
  return next(m);
}
int pthread_rwlock_rdlock(pthread_rwlock_t* l) noexcept {
  forbid(lock);
  static auto const next =
      reinterpret_cast<decltype(&pthread_rwlock_rdlock)>(dlsym(RTLD_NEXT, "pthread_rwlock_rdlock"));
  return next(l);
}
int pthread_rwlock_wrlock(pthread_rwlock_t* l) noexcept {
  forbid(lock);
  static auto const next =
      reinterpret_cast<decltype(&pthread_rwlock_wrlock)>(dlsym(RTLD_NEXT, "pthread_rwlock_wrlock"));
  return next(l);
}
int pthread_spin_lock(pthread_spinlock_t* l) noexcept {
  forbid(lock);
  static auto const next = reinterpret_cast<decltype(&pthread_spin_lock)>(dlsym(RTLD_NEXT, "pthread_spin_lock"));
  return next(l);
}
}

namespace {

// From here on any system call but the end of the process kills it.
bool forbid_system_calls() {
  sock_filter rules[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_exit_group, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
  };
  sock_fprog const program{sizeof rules / sizeof *rules, rules};
  return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

}  // namespace

#endif

namespace {

// Every kind of layer, a loop among them.
inline constexpr auto block = [](auto x) { return x + (linear<12> | relu | layer_norm)(x); };
inline constexpr auto every_kind = conv2d<6, 3, padding<1>> | batch_norm | relu | max_pool2d<2> | dropout<0.25> |
                                   flatten | linear<12> | repeat<2>(block) | tanh | linear<3> | softmax;
inline constexpr auto policy_network = linear<64> | relu | linear<64> | relu | linear<4>;
// Two inputs and two outputs.
inline constexpr auto two_headed = [](auto image, auto meta) {
  auto h = (flatten | linear<8> | tanh)(image) + linear<8>(meta);
  return outputs(named<"class">(linear<3>(h)), named<"value">(linear<1>(h)));
};

enum planted { nothing, an_allocation, a_lock, a_system_call };
std::mutex mutex;
void* volatile escaped;

void break_a_rule(planted what) {
  if (what == an_allocation) escaped = std::malloc(8);
  if (what == a_lock) mutex.lock();
  if (what == a_system_call) (void)!write(STDOUT_FILENO, "", 0);
}
template <class Predictor, class... Tensor>
void predict_often(Predictor& p, planted what, Tensor&... tensors) noexcept REAL_TIME {
  for (int turn = 0; turn < 10000; ++turn) {
    p(tensors...);
    if (turn == 5000) break_a_rule(what);
  }
}

template <class T, int... D>
void fill(tensor<T, D...>& t) {
  random_normal(t, seed{5});
}
template <class T, int... D>
bool is_same(tensor<T, D...> const& a, tensor<T, D...> const& b) {
  return std::memcmp(a.data(), b.data(), sizeof(T) * static_cast<std::size_t>(a.size())) == 0;
}

// How a child process ends that makes predictions and may do nothing else.
template <class Predictor, class Inputs, class Outputs>
int ending_of(Predictor& p, planted what, Inputs const& inputs, Outputs& results, Outputs const& expected) {
  std::fflush(stdout);
  pid_t const child = fork();
  if (child == 0) {
    if (what != nothing) close(STDERR_FILENO);  // what a sanitizer says of it
    if (!forbid_system_calls()) _exit(no_filter);
    in_real_time = true;
    std::apply([&](auto&... t) { predict_often(p, what, t...); },
               std::tuple_cat(std::apply([](auto&... t) { return std::tie(t...); }, inputs),
                              std::apply([](auto&... t) { return std::tie(t...); }, results)));
    in_real_time = false;
    bool const good = [&]<std::size_t... K>(std::index_sequence<K...>) {
      return (is_same(std::get<K>(results), std::get<K>(expected)) && ...);
    }
    (std::make_index_sequence<std::tuple_size_v<Outputs>>{});
    _exit(good ? all_well : wrong_numbers);
  }
  int status = 0;
  waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int failures = 0;

void expect(char const* what, int found, int expected) {
  std::printf("%-8s%s", found == expected ? "ok" : "FAILED", what);
  if (found != expected) std::printf(": the process ended with %d, not %d", found, expected);
  std::puts("");
  failures += found != expected;
}

template <class Net, class Inputs, class Outputs>
void check(char const* what, Net const& net, Inputs& inputs, Outputs& results, bool breaks_rules) {
  constexpr int rows = detail::given_tensor<std::tuple_element_t<0, Inputs>>::rows;
  std::apply([](auto&... t) { (fill(t), ...); }, inputs);
  Outputs expected;
  {
    predictor<Net, rows> other(net);
    std::apply([&](auto&... in) { std::apply([&](auto&... out) { other(in..., out...); }, expected); }, inputs);
  }
  predictor<Net, rows> p(net);
  if (!breaks_rules) return expect(what, ending_of(p, nothing, inputs, results, expected), all_well);
#if defined(WATCHED_BY_SANITIZER)
  int const ends[] = {in_sanitizer, in_sanitizer, in_sanitizer};
#else
  int const ends[] = {allocation, lock, 128 + SIGSYS};
#endif
  expect("a deliberate allocation ends the process", ending_of(p, an_allocation, inputs, results, expected), ends[0]);
  expect("a deliberate lock ends the process", ending_of(p, a_lock, inputs, results, expected), ends[1]);
  expect("a deliberate system call ends the process", ending_of(p, a_system_call, inputs, results, expected), ends[2]);
}

// Whether this system lets a process forbid its own system calls.
bool can_forbid() {
  pid_t const child = fork();
  if (child == 0) _exit(forbid_system_calls() ? all_well : no_filter);
  int status = 0;
  waitpid(child, &status, 0);
  return WIFEXITED(status) && WEXITSTATUS(status) == all_well;
}

}  // namespace

int main() {
  if (!can_forbid()) {
    std::puts("skipped: real_time: this system has no seccomp");
    return 77;
  }
  {
    auto const net = model(policy_network, input<16>, cpu, seed{1});
    std::tuple<tensor<float, 1, 16>> observation;
    std::tuple<tensor<float, 1, 4>> action;
    check("", net, observation, action, true);
    check("predictions of a small network", net, observation, action, false);
    std::tuple<tensor<float, 32, 16>> observations;
    std::tuple<tensor<float, 32, 4>> actions;
    check("predictions of a small network, a batch at a time", net, observations, actions, false);
  }
  {
    auto const net = model(every_kind, input<1, 6, 6>, cpu, seed{1});
    std::tuple<tensor<float, 2, 1, 6, 6>> images;
    std::tuple<tensor<float, 2, 3>> classes;
    check("predictions of a network with every kind of layer", net, images, classes, false);
  }
  {
    auto const net = model(two_headed, inputs(named<"image">(input<1, 6, 6>), named<"meta">(input<2>)), cpu, seed{1});
    std::tuple<tensor<float, 3, 1, 6, 6>, tensor<float, 3, 2>> given;
    std::tuple<tensor<float, 3, 3>, tensor<float, 3, 1>> made;
    check("predictions from two inputs of two outputs", net, given, made, false);
  }
  return failures ? 1 : 0;
}

#endif
