// SPDX-License-Identifier: MIT
// fit's loop, a predictor and a compiled function allocate nothing after their first run: operator new, malloc and its
// relatives, mmap and the creation of threads are counted, and the counter proves itself on one of each.
#include <dlfcn.h>
#include <pthread.h>
#include <sys/mman.h>

#include <cstdio>
#include <cstdlib>
#include <memory>
#include <new>
#include <thread>

#include <ashlar/ashlar.hpp>

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define __SANITIZE_ADDRESS__ 1
#endif
#endif

#if defined(__SANITIZE_ADDRESS__)
int main() {
  std::printf("skipped: allocations: the sanitizer brings an allocator of its own\n");
  return 77;
}
#else

namespace {

bool counting = false;
long counted = 0;

/// The C library's own function behind ours.
template <class F>
F* real(char const* name) {
  return reinterpret_cast<F*>(dlsym(RTLD_NEXT, name));
}
void note() { counted += counting; }

// dlsym itself may call calloc before we know the real one
alignas(64) char early_memory[4096];
std::size_t early_used = 0;
bool is_early(void* p) { return p >= early_memory && p < early_memory + sizeof early_memory; }

}  // namespace

extern "C" {
void* malloc(std::size_t size) {
  static auto* const next = real<void*(std::size_t)>("malloc");
  note();
  return next(size);
}
void* calloc(std::size_t count, std::size_t size) {
  static bool looking = false;
  static void* (*next)(std::size_t, std::size_t) = nullptr;
  if (!next) {
    if (looking) {
      void* p = early_memory + early_used;
      early_used += (count * size + 63) / 64 * 64;
      return p;
    }
    looking = true;
    next = real<void*(std::size_t, std::size_t)>("calloc");
  }
  note();
  return next(count, size);
}
void* realloc(void* p, std::size_t size) {
  static auto* const next = real<void*(void*, std::size_t)>("realloc");
  note();
  return next(p, size);
}
void* aligned_alloc(std::size_t alignment, std::size_t size) {
  static auto* const next = real<void*(std::size_t, std::size_t)>("aligned_alloc");
  note();
  return next(alignment, size);
}
int posix_memalign(void** to, std::size_t alignment, std::size_t size) {
  static auto* const next = real<int(void**, std::size_t, std::size_t)>("posix_memalign");
  note();
  return next(to, alignment, size);
}
void free(void* p) {
  static auto* const next = real<void(void*)>("free");
  if (!is_early(p)) next(p);
}
void* mmap(void* where, std::size_t size, int protection, int flags, int file, off_t offset) {
  static auto* const next = real<void*(void*, std::size_t, int, int, int, off_t)>("mmap");
  note();
  return next(where, size, protection, flags, file, offset);
}
int pthread_create(pthread_t* thread, pthread_attr_t const* attributes, void* (*f)(void*), void* argument) {
  static auto* const next = real<int(pthread_t*, pthread_attr_t const*, void* (*)(void*), void*)>("pthread_create");
  note();
  return next(thread, attributes, f, argument);
}
}

void* operator new(std::size_t size) {
  note();
  return std::malloc(size);
}
void* operator new(std::size_t size, std::align_val_t alignment) {
  note();
  std::size_t const a = static_cast<std::size_t>(alignment);
  return aligned_alloc(a, (size + a - 1) / a * a);
}
void operator delete(void* p) noexcept { std::free(p); }
void operator delete(void* p, std::size_t) noexcept { std::free(p); }
void operator delete(void* p, std::align_val_t) noexcept { std::free(p); }
void operator delete(void* p, std::size_t, std::align_val_t) noexcept { std::free(p); }

namespace {

using namespace ashlar;

int failures = 0;

template <class F>
long allocations(F f) {
  long const before = counted;
  counting = true;
  f();
  counting = false;
  return counted - before;
}
void expect(char const* what, bool holds, long count) {
  std::printf("%s: %ld %s\n", what, count, holds ? "" : "FAILED");
  failures += !holds;
}
template <class F>
void proves_itself(char const* what, F f) {
  long const n = allocations(f);
  expect(what, n >= 1, n);
}
template <class F>
void allocates_nothing(char const* what, F f) {
  f();  // the first run may
  long const n = allocations(f);
  expect(what, n == 0, n);
}

void* volatile kept;  // so that no allocation is optimised away

constexpr auto network = conv2d<4, 3> | batch_norm | relu | max_pool2d<2> | dropout<0.25> | flatten | linear<8> |
                         repeat<2>(linear<8> | tanh) | layer_norm | linear<3>;
constexpr auto energy = [](auto x, auto w) { return sum(square(tanh(matmul(x, w)))); };

/// Counts from the first call of the schedule on, which is in the middle of fit: it starts at the second step.
int calls = 0;
float count_from_here(float share) {
  counting = ++calls > 1;
  return 1 - share / 2;
}

dataset<1, 6, 6> make_data(int samples) {
  std::vector<float> inputs(static_cast<std::size_t>(samples) * 36);
  std::vector<std::int32_t> labels(static_cast<std::size_t>(samples));
  random_stream const stream(seed{3}, 1);
  for (std::size_t i = 0; i < inputs.size(); ++i) inputs[i] = stream.uniform(i);
  for (std::size_t i = 0; i < labels.size(); ++i) labels[i] = static_cast<std::int32_t>(i % 3);
  return {inputs, labels};
}

}  // namespace

int main() {
  proves_itself("one operator new", [] { kept = ::operator new(100); });
  proves_itself("one aligned operator new", [] { kept = ::operator new (100, std::align_val_t{64}); });
  proves_itself("one malloc", [] { kept = std::malloc(100); });
  proves_itself("one calloc", [] { kept = std::calloc(10, 10); });
  proves_itself("one realloc", [] { kept = std::realloc(kept, 1000); });
  proves_itself("one aligned_alloc", [] { kept = aligned_alloc(64, 128); });
  proves_itself("one mmap", [] { kept = mmap(nullptr, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0); });
  proves_itself("one thread", [] { std::thread([] {}).join(); });

  auto const train = make_data(41), valid = make_data(13);  // 41 = 2 * 16 + 9: the last batch is partial
  auto net = model(network, input<1, 6, 6>, cpu, seed{1});
  long const before = counted;
  fit(net, train, valid, cross_entropy, adam{}, batch<16>, {.epochs = 4, .schedule = count_from_here});
  counting = false;
  // what fit frees at its end is no allocation, and it allocates nothing after the second step
  expect("fit from its second step on, partial batches and predictions included", counted == before && calls == 12,
         counted - before);

  auto trainer = make_trainer(net, cross_entropy, sgd{.momentum = 0.9f}, batch<16>);
  auto order = batches(train, 16, seed{2});
  std::uint64_t epoch = 0;
  allocates_nothing("an epoch of steps by hand", [&] {
    order.reshuffle(seed{2}, ++epoch);
    for (auto rows : order) trainer.step(rows);
  });
  predictor<decltype(net), 8> predicting(net);
  allocates_nothing("a predictor", [&] { predicting.accuracy(valid); });

  tensor<float, 5, 7> x;
  tensor<float, 7, 3> w;
  auto fast = compile(cpu, energy, x, w);
  allocates_nothing("a compiled function", [&] { fast(x, w); });
  return failures ? 1 : 0;
}
#endif
