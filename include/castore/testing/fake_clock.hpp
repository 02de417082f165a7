// SPDX-License-Identifier: MIT
#ifndef CASTORE_TESTING_FAKE_CLOCK_HPP
#define CASTORE_TESTING_FAKE_CLOCK_HPP

#include <castore/fwd.hpp>

#include <chrono>
#include <memory>
#include <mutex>
#include <utility>

namespace castore::testing {

/// @brief A clock that stands still until it is told otherwise. Give a copy to `EventStoreOptions::clock`.
/// @code
/// castore::testing::FakeClock clock;
/// PokemonStore pokemons{"POKEMONS", storage, {.clock = clock}};
/// clock.advance(std::chrono::hours{1});
/// @endcode
/// **Guarantees:** copies show the same time. Threads may use one clock at the same time; while it has a step, no two
/// readings are equal.
class FakeClock {
 public:
  /// @brief Starts at 2022-01-01T00:00:00.000Z.
  FakeClock() : FakeClock{std::chrono::sys_days{std::chrono::year{2022} / 1 / 1}} {}
  /// @param step How far the clock goes on by itself after each reading.
  explicit FakeClock(Timestamp start, std::chrono::milliseconds step = {})
      : state_{std::make_shared<State>(start, step)} {}

  /// @brief Reads the clock, as an event store does.
  Timestamp operator()() const {
    const std::scoped_lock lock{state_->mutex};
    return std::exchange(state_->now, state_->now + state_->step);
  }

  /// @brief Reads the clock without letting it go on.
  Timestamp now() const {
    const std::scoped_lock lock{state_->mutex};
    return state_->now;
  }
  /// @brief Sets the time, also back.
  void set(Timestamp now) {
    const std::scoped_lock lock{state_->mutex};
    state_->now = now;
  }
  /// @brief Lets the clock go on by so much, or back when it is negative.
  void advance(std::chrono::milliseconds duration) {
    const std::scoped_lock lock{state_->mutex};
    state_->now += duration;
  }
  /// @brief Sets how far the clock goes on by itself after each reading.
  void set_step(std::chrono::milliseconds step) {
    const std::scoped_lock lock{state_->mutex};
    state_->step = step;
  }

 private:
  struct State {
    State(Timestamp now_, std::chrono::milliseconds step_) : now{now_}, step{step_} {}

    std::mutex mutex;
    Timestamp now;
    std::chrono::milliseconds step;
  };

  std::shared_ptr<State> state_;
};

}  // namespace castore::testing

#endif
