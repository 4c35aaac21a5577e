// SPDX-License-Identifier: MIT
// Counts what asks the system for memory or threads while training, predicting and calling compiled functions run. The
// counting functions stand in for the C library's own; a deliberate call of each kind proves that it counts.
#include <dlfcn.h>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <new>
#include <string>
#include <thread>
#include <vector>

#include <ashlar/ashlar.hpp>

#if defined(__SANITIZE_ADDRESS__)
#define OWN_ALLOCATOR
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define OWN_ALLOCATOR
#endif
#endif

#if defined(OWN_ALLOCATOR) || !defined(__GLIBC__)

int main() {
  std::puts("skipped: allocations: the allocator here is not glibc's (a sanitizer, or another C library)");
  return 77;
}

#else

using namespace ashlar;

namespace {

enum kind { by_new, by_malloc, by_calloc, by_realloc, by_aligned_alloc, by_mmap, by_thread, kinds };
char const* const names[kinds] = {"operator new",  "malloc", "calloc",        "realloc",
                                  "aligned_alloc", "mmap",   "pthread_create"};

bool counting = false;
long counts[kinds];

void count(kind k) {
  if (counting) ++counts[k];
}
void start() {
  std::memset(counts, 0, sizeof counts);
  counting = true;
}

}  // namespace

extern "C" {
void __libc_free(void*);
void* __libc_malloc(std::size_t);
void* __libc_calloc(std::size_t, std::size_t);
void* __libc_realloc(void*, std::size_t);
void* __libc_memalign(std::size_t, std::size_t);

void* malloc(std::size_t bytes) noexcept {
  count(by_malloc);
  return __libc_malloc(bytes);
}
void* calloc(std::size_t number, std::size_t bytes) noexcept {
  count(by_calloc);
  return __libc_calloc(number, bytes);
}
void* realloc(void* old, std::size_t bytes) noexcept {
  count(by_realloc);
  return __libc_realloc(old, bytes);
}
void* aligned_alloc(std::size_t alignment, std::size_t bytes) noexcept {
  count(by_aligned_alloc);
  return __libc_memalign(alignment, bytes);
}
void* memalign(std::size_t alignment, std::size_t bytes) noexcept {
  count(by_aligned_alloc);
  return __libc_memalign(alignment, bytes);
}
int posix_memalign(void** to, std::size_t alignment, std::size_t bytes) noexcept {
  count(by_aligned_alloc);
  *to = __libc_memalign(alignment, bytes);
  return *to ? 0 : ENOMEM;
}
void* mmap(void* at, std::size_t bytes, int protection, int flags, int file, off_t offset) noexcept {
  count(by_mmap);
  return reinterpret_cast<void*>(syscall(SYS_mmap, at, bytes, protection, flags, file, offset));
}
void* mmap64(void* at, std::size_t bytes, int protection, int flags, int file, off64_t offset) noexcept {
  return mmap(at, bytes, protection, flags, file, offset);
}
int pthread_create(pthread_t* thread, pthread_attr_t const* attributes, void* (*run)(void*), void* argument) noexcept {
  count(by_thread);
  static auto const create = reinterpret_cast<decltype(&pthread_create)>(dlsym(RTLD_NEXT, "pthread_create"));
  return create(thread, attributes, run, argument);
}
}

// Every form of operator new; those of the library that are not replaced here call one of these.
void* operator new(std::size_t bytes) {
  count(by_new);
  void* const p = __libc_malloc(bytes ? bytes : 1);
  return p ? p : throw std::bad_alloc();
}
void* operator new(std::size_t bytes, std::align_val_t alignment) {
  count(by_new);
  void* const p = __libc_memalign(static_cast<std::size_t>(alignment), bytes);
  return p ? p : throw std::bad_alloc();
}
void operator delete(void* p) noexcept { __libc_free(p); }
void operator delete(void* p, std::size_t) noexcept { __libc_free(p); }
void operator delete(void* p, std::align_val_t) noexcept { __libc_free(p); }
void operator delete(void* p, std::size_t, std::align_val_t) noexcept { __libc_free(p); }

namespace {

int failures = 0;

// Memory and threads as the kernel sees them: what no counter of functions would miss.
struct kernel_view {
  long mapped_pages = 0, threads = 0;

  kernel_view() {
    static char text[1 << 16];
    long const bytes = read_all("/proc/self/statm", text);
    if (bytes > 0) mapped_pages = std::strtol(text, nullptr, 10);
    if (read_all("/proc/self/status", text) > 0)
      if (char const* const at = std::strstr(text, "Threads:")) threads = std::strtol(at + 8, nullptr, 10);
  }
  static long read_all(char const* name, char (&to)[1 << 16]) {
    long const file = syscall(SYS_open, name, 0);
    long const got = syscall(SYS_read, file, to, sizeof to - 1);
    syscall(SYS_close, file);
    to[got > 0 ? got : 0] = '\0';
    return got;
  }
};

// Whether nothing was counted since start().
void expect_nothing(char const* what, kernel_view const& before) {
  counting = false;
  kernel_view const after;
  bool good = true;
  for (int k = 0; k < kinds; ++k)
    if (counts[k]) std::printf("%s: %ld calls of %s\n", what, counts[k], names[k]), good = false;
  if (after.mapped_pages > before.mapped_pages)
    std::printf("%s: %ld more pages are mapped\n", what, after.mapped_pages - before.mapped_pages), good = false;
  if (after.threads != before.threads) std::printf("%s: there are %ld threads\n", what, after.threads), good = false;
  std::printf("%-8s%s\n", good ? "ok" : "FAILED", what);
  failures += !good;
}

// A deliberate call must be counted once, as what it is.
template <class Call>
void prove(char const* what, kind expected, Call call) {
  start();
  void* volatile escaped = call();
  counting = false;
  (void)escaped;
  bool good = counts[expected] == 1;
  for (int k = 0; k < kinds; ++k) good = good && (k == expected || expected == by_thread || counts[k] == 0);
  std::printf("%-8sa deliberate %s is counted\n", good ? "ok" : "FAILED", what);
  failures += !good;
}

struct alignas(128) wide {
  char bytes[128];
};

void prove_the_counter() {
  prove("new", by_new, [] { return static_cast<void*>(new int); });
  prove("new[]", by_new, [] { return static_cast<void*>(new int[9]); });
  prove("aligned new", by_new, [] { return static_cast<void*>(new wide); });
  prove("aligned new[]", by_new, [] { return static_cast<void*>(new wide[3]); });
  prove("nothrow new", by_new, [] { return static_cast<void*>(new (std::nothrow) int); });
  prove("new of the standard library", by_new, [] {
    static std::string text;
    return static_cast<void*>(text.assign(99, 'x').data());
  });
  prove("malloc", by_malloc, [] { return std::malloc(9); });
  prove("calloc", by_calloc, [] { return std::calloc(9, 9); });
  static void* small = std::malloc(9);
  prove("realloc", by_realloc, [] { return std::realloc(small, 999); });
  prove("aligned_alloc", by_aligned_alloc, [] { return std::aligned_alloc(64, 64); });
  prove("posix_memalign", by_aligned_alloc, [] {
    void* p = nullptr;
    return posix_memalign(&p, 64, 9) == 0 ? p : nullptr;
  });
  prove("mmap", by_mmap, [] { return mmap(nullptr, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0); });
  prove("thread", by_thread, [] {
    std::thread([] {}).join();
    return static_cast<void*>(nullptr);
  });
}

// Every kind of layer, a loop among them.
inline constexpr auto block = [](auto x) { return x + (linear<12> | relu | layer_norm)(x); };
inline constexpr auto network = conv2d<6, 3, padding<1>> | batch_norm | relu | max_pool2d<2> | dropout<0.25> | flatten |
                                linear<12> | repeat<2>(block) | tanh | linear<3>;
inline constexpr auto energy = [](auto x, auto w) { return sum(square(tanh(matmul(x, w)))); };

dataset<1, 6, 6> images(int number) {
  random_stream const stream(seed{number}, 1);
  std::vector<float> pixels(static_cast<std::size_t>(36 * number));
  for (std::size_t i = 0; i < pixels.size(); ++i) pixels[i] = stream.normal(i);
  std::vector<std::int32_t> labels(static_cast<std::size_t>(number));
  for (std::size_t i = 0; i < labels.size(); ++i) labels[i] = static_cast<std::int32_t>(i % 3);
  return {std::move(pixels), std::move(labels)};
}

int steps_begun = 0;
kernel_view* at_second_step = nullptr;

// fit calls it before every step: the count begins when the first one is done.
float begin_after_first_step(float) {
  if (++steps_begun == 2) {
    *at_second_step = kernel_view();
    start();
  }
  return 1;
}

float allocate_in_the_middle(float share) {
  void* volatile escaped = nullptr;  // or the compiler would do without
  if (steps_begun == 6) escaped = new int[3];
  (void)escaped;
  return begin_after_first_step(share);
}

// Two inputs, two outputs, a loss for each.
inline constexpr auto two_headed = [](auto image, auto meta) {
  auto h = (flatten | linear<8> | tanh)(image) + linear<8>(meta);
  return outputs(named<"class">(linear<3>(h)), named<"value">(linear<1>(h)));
};
auto columns(int number) {
  auto [pixels, labels] = images(number).release();
  return tensor_dataset(named<"image">(column<float, 1, 6, 6>(std::move(pixels))),
                        named<"meta">(column<float, 2>(std::vector<float>(static_cast<std::size_t>(2 * number), 1.0f))),
                        named<"class">(column<std::int32_t>(std::move(labels))),
                        named<"value">(column<float, 1>(std::vector<float>(static_cast<std::size_t>(number), 2.0f))));
}

template <class Net, class Data, class Objective, class Optimizer>
void run_fit(Net&& net, Data const& train, Data const& valid, Objective const& objective, Optimizer const& optimizer,
             bool progress, float (*schedule)(float), kernel_view& before) {
  at_second_step = &before;
  steps_begun = 0;
  fit(net, train, valid, objective, optimizer, batch<16>, {.epochs = 3, .progress = progress, .schedule = schedule});
  counting = false;
  if (steps_begun == 12) return;
  std::printf("FAILED  fit took %d steps, not 12\n", steps_begun);
  ++failures;
}

// The last of 4 batches has 2 rows, that of predictions 6.
template <class Optimizer>
void run_fit(Optimizer const& optimizer, bool progress, float (*schedule)(float), kernel_view& before) {
  run_fit(model(network, input<1, 6, 6>, cpu, seed{1}), images(50), images(70), cross_entropy, optimizer, progress,
          schedule, before);
}

template <class Optimizer>
void check_fit(char const* what, Optimizer const& optimizer, bool progress) {
  kernel_view before;
  run_fit(optimizer, progress, begin_after_first_step, before);
  expect_nothing(what, before);
}

void check_fit_of_columns() {
  kernel_view before;
  run_fit(model(two_headed, inputs(named<"image">(input<1, 6, 6>), named<"meta">(input<2>)), cpu, seed{1}), columns(50),
          columns(70), losses(named<"class">(cross_entropy), named<"value">(mse, loss_weight{0.5f})), adam{}, true,
          begin_after_first_step, before);
  expect_nothing("fit with progress on columns, two losses", before);
}

void prove_that_fit_is_watched() {
  kernel_view before;
  run_fit(adam{}, false, allocate_in_the_middle, before);
  bool const good = counts[by_new] == 1;
  std::printf("%-8sone deliberate allocation between the steps of fit is counted\n", good ? "ok" : "FAILED");
  failures += !good;
}

template <class Policy>
void check_trainer(char const* what, Policy const& policy) {
  auto net = model(network, input<1, 6, 6>, policy, seed{1});
  auto const train = images(50);
  auto order = batches(train, 16, seed{1});
  auto t = make_trainer(net, cross_entropy, adamw{}, batch<16>);
  t.step(order[0]);
  kernel_view const before;
  start();
  for (auto rows : order) t.step(rows);
  order.reshuffle(seed{1}, 1);
  for (auto rows : order) t.step(rows);
  expect_nothing(what, before);
}

#if defined(ASHLAR_TEST_DEVICE)
void check_threads() {}  // they are the cpu policy's
#else
// Every step is divided among three workers, which sleep and wake up in between.
void check_threads() {
  thread_pool pool(threads{3});
  pool.set_break_even(0);
  check_trainer("steps of a trainer on three threads", cpu.with(pool));
  if (pool.shares_of(0) > 0 && pool.shares_of(1) > 0 && pool.shares_of(2) > 0) return;
  std::puts("FAILED  a thread had nothing to do");
  ++failures;
}
#endif

void check_predictor() {
  auto const net = model(network, input<1, 6, 6>, cpu, seed{1});
  auto const valid = images(70);
  predictor<decltype(model(network, input<1, 6, 6>, cpu, seed{1})), 32> p(net);
  p.run(32);
  kernel_view const before;
  start();
  double right = p.accuracy(valid);
  right += static_cast<double>(*p.run(5));
  expect_nothing("runs of a predictor", before);
  if (right != right) std::puts("not a number");
}

void check_compiled() {
  tensor<float, 40, 30> x;
  tensor<float, 30, 20> w;
  random_normal(x, seed{1});
  random_normal(w, seed{2});
  auto f = compile(cpu, energy, x, w);
  auto g = compile(cpu, value_and_grad<0, 1>(energy), x, w);
  f(x, w);
  g(x, w);
  kernel_view const before;
  start();
  float total = 0;
  for (int k = 0; k < 3; ++k) {
    total += f(x, w);
    auto const [value, gradients] = g(x, w);
    total += value + std::get<1>(gradients)(0, 0);
  }
  expect_nothing("calls of compiled functions", before);
  if (total != total) std::puts("not a number");
}

}  // namespace

int main() {
  prove_the_counter();
  prove_that_fit_is_watched();
  check_fit("fit with sgd", sgd{.learning_rate = 0.01f, .momentum = 0.9f}, false);
  check_fit("fit with adam", adam{}, false);
  check_fit("fit with progress", adam{}, true);
  check_fit_of_columns();
  check_trainer("steps of a trainer", cpu);
  check_threads();
  check_predictor();
  check_compiled();
  return failures ? 1 : 0;
}

#endif
