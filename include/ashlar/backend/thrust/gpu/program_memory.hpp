// SPDX-License-Identifier: MIT
#pragma once
#include <cstring>

#include <ashlar/backend/run_memory.hpp>
#include <ashlar/backend/thrust/gpu/memory.hpp>
#include <ashlar/backend/thrust/gpu/run_units.hpp>
#include <ashlar/backend/thrust/gpu/step_exchange.hpp>

namespace ashlar::inline ASHLAR_ABI::detail::inline ASHLAR_DEVICE_ABI {

/// The memory of a program on a device, one allocation: its arena, the requests on their way, what is kept from run to
/// run, the numbers and constants of its steps, and what is the owner's own.
template <class Program, int Slots>
class device_program_memory {
  static constexpr auto const& tables = Program::tables;
  using layout = exchange_layout<Program>;

  static constexpr std::int64_t requests_at = aligned(tables.counts.arena_bytes);
  static constexpr std::int64_t state_at = requests_at + Slots * layout::at.request_bytes;
  static constexpr std::int64_t scalars_at = state_at + aligned(sizeof(run_state));
  static constexpr std::int64_t numbers_at = scalars_at + aligned(std::int64_t{8} * layout::scalars);
  static constexpr std::int64_t constants_at = numbers_at + aligned(sizeof tables.numbers);
  static constexpr std::int64_t own_at = (constants_at + sizeof tables.constants + 255) / 256 * 256;

 public:
  /// `own`: how much more memory the owner needs, aligned for libraries.
  explicit device_program_memory(std::int64_t own = 0) : all_(own_at + own) {
    write_device(all_.data() + numbers_at, tables.numbers, sizeof tables.numbers);
    write_device(all_.data() + constants_at, tables.constants, sizeof tables.constants);
  }

  /// What it takes beside the arena and what is the owner's.
  static constexpr std::int64_t bytes_beside = own_at - tables.counts.arena_bytes;

  char* arena() const { return all_.data(); }
  char* own() const { return all_.data() + own_at; }
  char* request_slot(std::int64_t launch) const {
    return all_.data() + requests_at + launch % Slots * layout::at.request_bytes;
  }
  run_state* state() const { return reinterpret_cast<run_state*>(all_.data() + state_at); }
  double* scalars() const { return reinterpret_cast<double*>(all_.data() + scalars_at); }
  std::int64_t const* numbers() const { return reinterpret_cast<std::int64_t const*>(all_.data() + numbers_at); }
  double const* constants() const { return reinterpret_cast<double const*>(all_.data() + constants_at); }

  /// Launches what takes the next request.
  void launch_take(gpu_stream stream) const {
    take_request take{state(), request_slot(0), layout::at.request_bytes, Slots, {}, 0, true};
    auto add = [&](char* to, std::int64_t from, std::int64_t bytes) {
      if (take.count == take_request::most_parts) launch_part(take, stream);
      take.parts[take.count++] = {to, from / word_bytes, (bytes + word_bytes - 1) / word_bytes};
    };
    add(reinterpret_cast<char*>(scalars()), layout::scalars_at, std::int64_t{8} * layout::scalars);
    for (int k = 0; k < layout::inputs; ++k)
      add(arena() + tables.inputs[k].at.offset, layout::at.input[k], layout::bytes_of_value(tables.inputs[k]));
    launch_part(take, stream);
  }

 private:
  static void launch_part(take_request& take, gpu_stream stream) {
    std::int64_t words = 0;
    for (int k = 0; k < take.count; ++k) words += take.parts[k].words;
    gpu_check(run_by_threads(take, words, stream), "taking a request");
    take.count = 0;
    take.is_first = false;
  }

  device_buffer all_;
};

/// A request in memory of the host.
template <class Program>
struct request_in_memory {
  using layout = exchange_layout<Program>;
  char* at;

  char* input(int k) const { return at + layout::at.input[k]; }
  double* scalars() const { return reinterpret_cast<double*>(at + layout::scalars_at); }
  void write(run_request const& r) const { std::memcpy(at, &r, sizeof r); }
  void write_scalars(double const* from, int count) const {
    int const n = count < layout::scalars ? count : layout::scalars;
    std::memcpy(scalars(), from, sizeof(double) * static_cast<std::size_t>(n));
  }
};

}  // namespace ashlar::inline ASHLAR_ABI::detail::inline ASHLAR_DEVICE_ABI
