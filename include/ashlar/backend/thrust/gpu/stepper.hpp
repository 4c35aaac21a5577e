// SPDX-License-Identifier: MIT
#pragma once
#include <limits>
#include <memory>
#include <mutex>
#include <string>

#include <ashlar/backend/thrust/gpu/host_mirror.hpp>
#include <ashlar/backend/thrust/gpu/image_watch.hpp>
#include <ashlar/backend/thrust/gpu/launches.hpp>

namespace ashlar::inline ASHLAR_ABI::detail::inline ASHLAR_DEVICE_ABI {

/// The losses of a trainer's last steps: those who have them may ask when it is gone.
struct kept_losses {
  float of[results_kept]{};
  index_faults faults[results_kept]{};   // of the same steps
  std::uint64_t number[results_kept]{};  // of training
  void (*refuse)(index_faults const&, std::uint64_t) = nullptr;
  std::int64_t given = 0;
  on_their_way* steps = nullptr;  // while they are

  /// The loss of a step, which is waited for.
  /// errors: fails where the step had indices out of range; it was not taken then
  float at(std::int64_t step) const {
    if (steps) steps->settle_before(step + 1);
    if (step < given - results_kept)
      fail(error_parts{.place = "device",
                       .problem = "the loss of a step is asked for {found} steps later; it is kept for {expected}",
                       .found = std::to_string(given - 1 - step),
                       .expected = std::to_string(results_kept)});
    index_faults const& f = faults[step % results_kept];
    if (f.count) refuse(f, number[step % results_kept]);
    return of[step % results_kept];
  }
};

/// A program of training steps on a GPU. Steps are launched one behind the other while the host prepares the next ones;
/// only who asks for a result waits. A step whose loss is not finite is not taken, and neither is what was launched
/// behind it: the host settles that when it learns of it, by launching those again under the numbers that are theirs.
template <class Program, bool Own, library_precision Precision, int Slots, int Scalars>
class gpu_steps final : public on_their_way {
  static constexpr auto const& tables = Program::tables;
  using layout = exchange_layout<Program>;
  using launches = program_launches<Program, Own, Precision>;
  static constexpr int outputs = layout::outputs;
  static constexpr std::int64_t slot_bytes = Slots * aligned(tables.counts.trained_bytes);
  static constexpr std::int64_t state_bytes = aligned(tables.counts.state_bytes);

 public:
  gpu_steps() : memory_(slot_bytes + state_bytes + launches::workspace_bytes()) {
    libraries_.work_in(memory_.own(), launches::library_workspace());
    losses_->steps = this;
    losses_->refuse = refuse_indices<Program>;
    for (pending& p : pending_) p.scalars = std::make_unique<double[]>(requests_in_flight * Scalars);
  }
  gpu_steps(gpu_steps const&) = delete;
  gpu_steps& operator=(gpu_steps const&) = delete;
  ~gpu_steps() { end(); }
  /// Steps behind one that is not finite are still to be taken.
  void end() noexcept {
    std::lock_guard const alone(settling());
#if defined(__cpp_exceptions)
    try {
      settle(given_);
    } catch (...) {
    }
#else
    settle(given_);
#endif
    if (settled_ < given_) gpu_finish(resources_.stream());
    losses_->steps = nullptr;
  }

  /// Where the host writes input k of the next step; waits where that is still on its way.
  char* input(int k) {
    settle(given_ - requests_in_flight + 1);
    return request_of(given_).input(k);
  }
  /// Launches a step. Returns its number.
  template <class Source>
  std::int64_t give(run_memory const& m, device_resources const& resources, Source const& source) {
    settle_those_of(m.parameters, this);  // theirs come first
    std::lock_guard const alone(own_);
    settle(given_ - requests_in_flight + 1);
    if (resources_.stream() != resources.stream()) settle(given_);
    resources_ = resources;
    write_to(m.parameters, tables.counts.parameter_bytes, m.states, tables.counts.state_bytes);
    pending& p = pending_of(given_);
    p.memory = m;
    int const before = static_cast<int>(given_ - settled_);  // of which nobody knows whether they are taken
    p.step = taken_ + before + 1;
    for (int k = 0; k <= before; ++k) {
      source.write_scalars(p.step - k, p.scalars.get() + k * Scalars);
      p.variant[k] = source.variant(p.step - k);
    }
    launch(given_, p.step, before == 0);
    losses_->given = given_ + 1;
    return given_++;
  }
  void settle_before(std::int64_t end) override { settle(end < given_ ? end : given_); }
  /// How many steps were taken.
  std::int64_t taken() {
    settle(given_);
    return taken_;
  }
  /// The next step is taken as the one behind so many.
  void resume(std::int64_t steps) {
    settle(given_);
    taken_ = steps;
  }
  /// Output k of the last step; of one that was not taken because one before it was not, NaN.
  float number(int k) {
    settle(given_);
    if (given_ == 0) return std::numeric_limits<float>::quiet_NaN();
    return static_cast<float>(numbers_[k]);
  }
  std::shared_ptr<kept_losses> const& losses() const { return losses_; }
  /// Steps behind one that is not finite are not launched again.
  void drop_behind_not_finite() { drops_ = true; }

  /// Looks at the next step.
  template <class Source>
  ASHLAR_COLD void explain(run_memory m, Source const& source, non_finite& why) {
    std::int64_t const number = taken() + 1;
    m.step = static_cast<std::uint64_t>(number);
    m.variant = source.variant(number);
    m.slots = slots();
    double scalars[Scalars]{};
    source.write_scalars(number, scalars);
    host_mirror<Program> const mirror;
    buffer const arena(tables.counts.arena_bytes), slots_here(slot_bytes);
    run_memory here = mirror.read(m);
    here.arena = arena.data();
    here.slots = slots_here.data();
    here.scalars = scalars;
    if (slot_bytes) read_device(here.slots, slots(), slot_bytes);
    kept_for_a_look const kept(*this, m.states);
    write_request(m, here);
    detail::explain<Program>(here, why, [&](run_memory const& seen) {
      static constexpr plan_view plan = view_of<Program>();
      image_watch watch(plan, *seen.watch);
      watch.add({memory_.arena(), here.arena, tables.counts.arena_bytes});
      watch.add({reinterpret_cast<char*>(memory_.scalars()), reinterpret_cast<char*>(scalars), sizeof scalars});
      watch.add({m.parameters, here.parameters, tables.counts.parameter_bytes});
      watch.add({m.states, here.states, tables.counts.state_bytes});
      watch.add({slots(), here.slots, slot_bytes});
      m.watch = &watch;
      owned_stream const stream;
      launch_steps(m, stream.get(), nullptr);
      gpu_wait(stream.get());
      check_indices<Program>(state_now().faults, m.step);
    });
  }

  /// What the optimizer keeps.
  char* slots() const { return memory_.own() + launches::workspace_bytes(); }

 private:
  struct pending {
    run_memory memory;
    std::int64_t step = 0;    // as if all before it were taken
    std::int64_t launch = 0;  // of all launches
    std::unique_ptr<double[]> scalars;
    int variant[requests_in_flight]{};  // of as many steps that are not taken
    owned_event done;
  };

  pending& pending_of(std::int64_t step) { return pending_[step % requests_in_flight]; }
  request_in_memory<Program> request_of(std::int64_t step) const {
    return {requests_.data() + step % requests_in_flight * layout::at.request_bytes};
  }
  char* states_before() const { return slots() + slot_bytes; }

  /// Launches a given step under a number.
  void launch(std::int64_t given, std::int64_t number, bool goes_on) {
    pending& p = pending_of(given);
    run_memory& m = p.memory;
    int const late = static_cast<int>(p.step - number);
    auto const request = request_of(given);
    request.write({m.rows, m.seed, static_cast<std::uint64_t>(number), goes_on});
    request.write_scalars(p.scalars.get() + late * Scalars, Scalars);
    m.variant = p.variant[late];
    m.slots = slots();
    launch_in_the_making making{*this};
    p.launch = launched_;
    gpu_copy(copy_kind::to_device, memory_.request_slot(p.launch), request.at, layout::at.request_bytes, copies_.get());
    gpu_record(copied_.get(), copies_.get());
    gpu_order_behind(resources_.stream(), copied_.get());
    captured_[launches::is_whole(m)][m.variant < launches::variants ? m.variant : 0].run(
        m, resources_.stream(), [&](gpu_stream on) { launch_all(m, on); });
    gpu_record(p.done.get(), resources_.stream());
    making.is_made = true;
    ++launched_;
  }
  /// Where a launch fails, nothing of it is on its way afterwards.
  struct launch_in_the_making {
    gpu_steps const& steps;
    bool is_made = false;

    explicit launch_in_the_making(gpu_steps const& s) : steps(s) {}
    launch_in_the_making(launch_in_the_making const&) = delete;
    launch_in_the_making& operator=(launch_in_the_making const&) = delete;
    ~launch_in_the_making() {
      if (is_made) return;
      gpu_finish(steps.copies_.get());
      gpu_finish(steps.resources_.stream());
    }
  };
  void launch_steps(run_memory const& m, gpu_stream on, library_calls* libraries) {
    launches::run(memory_, m, on, libraries, [&] {
      judge_step const judge{memory_.state(), output(0), is_wide(0)};
      if (tables.sizes.outputs) gpu_check(run_by_threads(judge, 1, on), "judging a step");
      return !m.watch || state_now().now.is_taken;
    });
  }
  void launch_all(run_memory const& m, gpu_stream on) {
    run_state* const state = memory_.state();
    memory_.launch_take(on);
    if (tables.counts.state_bytes)
      gpu_copy(copy_kind::on_device, states_before(), m.states, tables.counts.state_bytes, on);
    launch_steps(m, on, Own ? nullptr : &libraries_);
    if (tables.counts.state_bytes) {
      restore_states const restore{state, m.states, states_before(), tables.counts.state_bytes};
      gpu_check(run_by_threads(restore, restore.units(), on), "restoring states");
    }
    report_step<outputs> report{state, results_.data(), layout::result_bytes, {}, {}};
    for (int k = 0; k < outputs; ++k) {
      report.output[k] = output(k);
      report.is_wide[k] = is_wide(k);
    }
    gpu_check(run_by_threads(report, 1, on), "reporting a step");
  }
  char const* output(int k) const { return memory_.arena() + tables.outputs[k].at.offset; }
  static bool is_wide(int k) { return tables.outputs[k].type == dtype::float64; }

  ASHLAR_COLD run_state state_now() const {
    run_state state;
    read_device(&state, reinterpret_cast<char const*>(memory_.state()), sizeof state);
    return state;
  }
  /// What a look at a step leaves as it was.
  struct kept_for_a_look {
    gpu_steps& steps;
    char* states;
    run_state state = steps.state_now();

    kept_for_a_look(gpu_steps& s, char* of_model) : steps(s), states(of_model) { copy(steps.states_before(), states); }
    kept_for_a_look(kept_for_a_look const&) = delete;
    kept_for_a_look& operator=(kept_for_a_look const&) = delete;
    ~kept_for_a_look() {
#if defined(__cpp_exceptions)
      try {
        restore();
      } catch (...) {  // the GPU does nothing any more, as what is thrown already says
      }
#else
      restore();
#endif
    }

   private:
    static void copy(char* to, char const* from) {
      if (tables.counts.state_bytes) gpu_copy_and_wait(copy_kind::on_device, to, from, tables.counts.state_bytes);
    }
    ASHLAR_COLD void restore() const {
      copy(states, steps.states_before());
      write_device(reinterpret_cast<char*>(steps.memory_.state()), &state, sizeof state);
    }
  };
  /// Puts what a run is given where its kernels read it, and its inputs into its image too.
  ASHLAR_COLD void write_request(run_memory const& m, run_memory const& image) {
    auto const request = request_of(given_);
    request.write_scalars(image.scalars, Scalars);
    write_device(reinterpret_cast<char*>(memory_.scalars()), request.scalars(), std::int64_t{8} * layout::scalars);
    for (int k = 0; k < tables.sizes.inputs; ++k) {
      std::int64_t const at = tables.inputs[k].at.offset, bytes = layout::bytes_of_value(tables.inputs[k]);
      std::memcpy(image.arena + at, request.input(k), static_cast<std::size_t>(bytes));
      write_device(memory_.arena() + at, request.input(k), bytes);
    }
    run_state const state{{m.rows, m.seed, m.step, 1}};
    write_device(reinterpret_cast<char*>(memory_.state()), &state, sizeof state);
  }

  void settle(std::int64_t end) {
    std::lock_guard const alone(own_);
    while (settled_ < end) {
      step_outcome const outcome = result_of(settled_);
      ++settled_;
      if (outcome == step_outcome::not_finite || outcome == step_outcome::index_out_of_range)
        settle_behind_not_finite();
    }
  }
  /// What was launched behind a step that was not taken has waited for this.
  void settle_behind_not_finite() {
    for (; settled_ < given_; ++settled_) {
      gpu_wait_for(pending_of(settled_).done.get());
      if (drops_) {
        for (double& x : numbers_) x = std::numeric_limits<double>::quiet_NaN();
        losses_->of[settled_ % results_kept] = std::numeric_limits<float>::quiet_NaN();
        continue;
      }
      launch(settled_, taken_ + 1, true);
      result_of(settled_);
    }
  }
  /// Waits for a step's last launch, and counts it if it was taken.
  step_outcome result_of(std::int64_t step) {
    pending const& p = pending_of(step);
    gpu_wait_for(p.done.get());
    char const* const result = results_.data() + p.launch % results_kept * layout::result_bytes;
    step_outcome const outcome = static_cast<step_outcome>(*reinterpret_cast<std::int64_t const*>(result));
    double const* const numbers = reinterpret_cast<double const*>(result + layout::numbers_at);
    for (int k = 0; k < outputs; ++k) numbers_[k] = numbers[k];
    losses_->of[step % results_kept] = static_cast<float>(numbers_[0]);
    losses_->faults[step % results_kept] = outcome == step_outcome::index_out_of_range
                                               ? *reinterpret_cast<index_faults const*>(result + 8)
                                               : index_faults{};
    losses_->number[step % results_kept] = static_cast<std::uint64_t>(taken_ + 1);
    taken_ += outcome == step_outcome::taken;
    return outcome;
  }

  captured_launches captured_[2][launches::variants];  // of partial batches, of whole ones
  library_calls libraries_{tables.sizes.steps, Precision};
  device_program_memory<Program, requests_in_flight> memory_;  // the slots too, states before a step, a workspace
  pinned_buffer requests_{requests_in_flight * layout::at.request_bytes};
  pinned_buffer results_{results_kept * layout::result_bytes};
  owned_stream copies_;
  owned_event copied_;
  pending pending_[requests_in_flight];
  double numbers_[outputs + 1]{};  // of the last step that is settled
  std::shared_ptr<kept_losses> losses_ = std::make_shared<kept_losses>();
  device_resources resources_;  // whose stream outlives the model's
  std::recursive_mutex own_;
  std::int64_t given_ = 0, settled_ = 0, launched_ = 0, taken_ = 0;
  bool drops_ = false;
};

/// A program of training steps on a GPU: what a policy's `stepper` is.
template <class Program, bool Own, library_precision Precision, int Slots, int Scalars>
class gpu_stepper {
  static constexpr auto const& tables = Program::tables;
  using steps_type = gpu_steps<Program, Own, Precision, Slots, Scalars>;

 public:
  /// A step's loss: converting it to a number waits for the step.
  class loss {
   public:
    loss() = default;
    loss(std::shared_ptr<kept_losses> const& of, std::int64_t step) : of_(of), step_(step) {}
    operator float() const { return of_ ? of_->at(step_) : std::numeric_limits<float>::quiet_NaN(); }

   private:
    std::shared_ptr<kept_losses> of_;
    std::int64_t step_ = -1;
  };
  /// How many steps may be launched before the host knows their losses.
  static constexpr int in_flight = requests_in_flight - 1;

  gpu_stepper() : steps_(std::make_unique<steps_type>()) {}

  /// Where the host writes input k of the next step.
  char* input(int k) const { return steps_->input(k); }
  /// No memory that the host could read.
  char const* arena() const { return nullptr; }
  /// How many steps were taken.
  std::int64_t steps() const { return steps_->taken(); }
  /// The next step is taken as the one behind so many.
  void resume(std::int64_t steps) { steps_->resume(steps); }
  /// What the optimizer keeps, on the device.
  char* slots() const { return steps_->slots(); }
  /// Output k of the last step, a number.
  float number(int k) const { return steps_->number(k); }
  /// Steps behind one that is not finite are not taken either.
  void drop_behind_not_finite() { steps_->drop_behind_not_finite(); }

  /// Launches a step. Where its loss is not finite it is not taken, and the states are as before.
  template <class Source>
  loss step(run_memory const& m, device_resources const& resources, Source const& source) {
    std::int64_t const number = steps_->give(m, resources, source);
    return {steps_->losses(), number};
  }
  /// Says what makes the results of a step not finite, if anything does: it runs kernel by kernel, of which none is a
  /// library's, and without its update; afterwards the states are as before.
  template <class Source>
  void explain(run_memory const& m, Source const& source, non_finite& why) {
    steps_->explain(m, source, why);
  }

 private:
  std::unique_ptr<steps_type> steps_;
};

}  // namespace ashlar::inline ASHLAR_ABI::detail::inline ASHLAR_DEVICE_ABI
