// SPDX-License-Identifier: MIT
#ifndef CASTORE_CORE_RETRY_HPP
#define CASTORE_CORE_RETRY_HPP

/// @file
/// How often and when a command tries again after a conflict.

#include <castore/core/errors.hpp>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <exception>
#include <functional>
#include <stdexcept>
#include <thread>

namespace castore {

/// @brief Which attempt met a conflict.
struct CommandAttempt {
  int attempt_number = 1;  ///< From 1.
  int retries_left = 0;    ///< 0: the error is thrown after the call.
};

/// @brief How long a command waits before it tries again; it does not wait unless told to.
///
/// The wait before retry n is drawn evenly from 0 to `first * 2^(n-1)`, at most `longest`: "full jitter"
/// (https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/). Reach for it when many writers meet at
/// one aggregate.
/// @code
/// auto level_up = level_up_pokemon(pokemons, {.event_already_exists_retries = 9,
///                                             .backoff = {.first = std::chrono::milliseconds{5}}});
/// @endcode
struct CommandBackoff {
  std::chrono::microseconds first{0};            ///< 0: no wait.
  std::chrono::microseconds longest{1'000'000};  ///< No wait is longer.
  /// @brief Waits; by default it puts the thread to sleep.
  std::function<void(std::chrono::microseconds)> sleep{
      [](std::chrono::microseconds duration) { std::this_thread::sleep_for(duration); }};
};

/// @brief Options of a `Command`.
struct CommandOptions {
  /// @brief How often a command tries again after a conflict, from 0.
  int event_already_exists_retries = 2;
  /// @brief Called on every conflict, also the last; what it throws ends the command.
  std::function<void(const EventAlreadyExistsError&, CommandAttempt)> on_event_already_exists{};
  CommandBackoff backoff{};  ///< No wait unless given.
};

namespace detail {

/// Calls `function` with the conflict that an exception is or was caused by; false when it is none. An event that was
/// stored before its hook failed must not be pushed again, whatever the hook met.
template <class Function>
bool with_conflict(const std::exception_ptr& error, const Function& function) {
  if (!error) return false;
  std::exception_ptr cause;
  try {
    std::rethrow_exception(error);
  } catch (const OnEventPushedError&) {
    return false;
  } catch (const EventAlreadyExistsError& conflict) {
    return function(conflict);
  } catch (const std::nested_exception& nested) {
    cause = nested.nested_ptr();
  } catch (...) {
    return false;
  }
  return with_conflict(cause, function);
}

inline void check_options(const CommandOptions& options) {
  if (options.event_already_exists_retries < 0) {
    throw std::invalid_argument{"castore: event_already_exists_retries is negative; 0 means no retry"};
  }
  if (!options.backoff.sleep) {
    throw std::invalid_argument{"castore: backoff.sleep is empty; leave it out, or give a function that waits"};
  }
}

/// SplitMix64 (Steele, Lea, Flood: Fast Splittable Pseudorandom Number Generators, OOPSLA 2014), begun by each thread
/// at the clock and an address of its own. `<random>` would do, but costs each file that includes it 0.15 s.
inline std::uint64_t random_below(std::uint64_t bound) noexcept {
  static thread_local std::uint64_t state =
      static_cast<std::uint64_t>(std::chrono::steady_clock::now().time_since_epoch().count()) ^
      reinterpret_cast<std::uintptr_t>(&state);
  std::uint64_t bits = state += 0x9E3779B97F4A7C15U;
  bits = (bits ^ (bits >> 30U)) * 0xBF58476D1CE4E5B9U;
  bits = (bits ^ (bits >> 27U)) * 0x94D049BB133111EBU;
  return (bits ^ (bits >> 31U)) % bound;
}

inline void wait(const CommandBackoff& backoff, int retry) {
  using Count = std::chrono::microseconds::rep;
  if (backoff.first.count() <= 0) return;
  const Count longest = std::max<Count>(0, backoff.longest.count());
  Count limit = (std::min)(backoff.first.count(), longest);
  for (; retry > 1 && limit < longest; --retry) limit = limit > longest / 2 ? longest : 2 * limit;
  backoff.sleep(std::chrono::microseconds{static_cast<Count>(random_below(static_cast<std::uint64_t>(limit) + 1))});
}

/// Counts the attempts of one run of a command.
class Retries {
 public:
  explicit Retries(const CommandOptions& options) : options_{options} {}

  /// Reports a conflict, and waits if there is a retry left. @return Whether there is.
  bool again(const EventAlreadyExistsError& conflict) {
    const int retries_left = options_.event_already_exists_retries - (attempt_number_ - 1);
    if (options_.on_event_already_exists) {
      options_.on_event_already_exists(conflict, {.attempt_number = attempt_number_, .retries_left = retries_left});
    }
    if (retries_left == 0) return false;
    wait(options_.backoff, attempt_number_);
    ++attempt_number_;
    return true;
  }

  /// The same for the exception being handled; false also when it is not a conflict.
  bool again_after_exception() {
    return with_conflict(std::current_exception(),
                         [this](const EventAlreadyExistsError& conflict) { return again(conflict); });
  }

 private:
  const CommandOptions& options_;
  int attempt_number_ = 1;
};

}  // namespace detail

}  // namespace castore

#endif
