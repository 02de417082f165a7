// SPDX-License-Identifier: MIT
#ifndef CASTORE_LOG_SUBSCRIPTION_OPTIONS_HPP
#define CASTORE_LOG_SUBSCRIPTION_OPTIONS_HPP

#include <castore/core/observer.hpp>
#include <castore/fwd.hpp>
#include <castore/log/checkpoint_store.hpp>
#include <castore/log/event_place.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string_view>
#include <variant>

namespace castore {

/// @brief An answer to an error: try the event again after a while.
struct Retry {
  std::chrono::milliseconds after{0};  ///< From 0.
};
/// @brief An answer to an error: leave the event out, and keep it as a dead letter.
struct Skip {};
/// @brief An answer to an error: stop before the event, with a `SubscriptionStoppedError`.
struct Stop {};
/// @brief What `on_error` answers. A lambda with several answers names it: `[](...) -> castore::ErrorAnswer { ... }`.
using ErrorAnswer = std::variant<Retry, Skip, Stop>;

/// @brief Where a subscription begins that has no checkpoint yet.
/// @code
/// castore::Subscription mails{"mails", storage, std::tie(pokemons), {.start = castore::SubscriptionStart::end()}};
/// @endcode
class SubscriptionStart {
 public:
  /// @brief With the first event that there is. The default.
  static constexpr SubscriptionStart beginning() noexcept { return {Kind::position, 0}; }
  /// @brief After the events that are there when it is first polled; to find that place, all of them are walked over.
  static constexpr SubscriptionStart end() noexcept { return {Kind::end, 0}; }
  /// @brief After the checkpoint of an earlier version of the same name: for a reaction or relay that must not do again
  /// what its predecessor did.
  static constexpr SubscriptionStart after_version(int version) noexcept { return {Kind::version, version}; }
  /// @brief After a position.
  constexpr SubscriptionStart(Position position) noexcept  // NOLINT(google-explicit-constructor): .start = 17
      : SubscriptionStart{Kind::position, position} {}

  /// @brief True when it is `end()`.
  constexpr bool is_end() const noexcept { return kind_ == Kind::end; }
  /// @brief True when it is `after_version()`.
  constexpr bool is_after_version() const noexcept { return kind_ == Kind::version; }
  /// @brief The position or version.
  constexpr std::int64_t value() const noexcept { return value_; }

 private:
  enum class Kind { position, end, version };
  constexpr SubscriptionStart(Kind kind, std::int64_t value) noexcept : kind_{kind}, value_{value} {}

  Kind kind_;
  std::int64_t value_;
};

/// @brief One of several runners that share the work: those of equal `count` and different `index` see each event once
/// together, and all events of an aggregate are seen by one of them. Each has a checkpoint of its own, so a change of
/// `count` begins again.
/// @code
/// castore::Subscription first{"mails", storage, std::tie(pokemons), {.partition = {.index = 0, .count = 2}}};
/// @endcode
struct SubscriptionPartition {
  std::size_t index = 0;  ///< Below `count`.
  std::size_t count = 1;  ///< From 1.
};

/// @brief Options of a `Subscription`, an `AsyncProjection` and an `OutboxRelay`.
struct SubscriptionOptions {
  std::size_t batch_size = 500;                              ///< How many events to read at once, from 1.
  SubscriptionStart start = SubscriptionStart::beginning();  ///< Where to begin without a checkpoint.
  std::shared_ptr<CheckpointStore> checkpoints{};            ///< The storage's unless given.
  std::chrono::milliseconds max_wait{1000};                  ///< How long `run` waits at most between two looks.
  SubscriptionPartition partition{};                         ///< All of the work unless given.
  /// @brief Asked when an event could not be decoded, or its handler threw; `attempt` counts from 1. `Stop{}` unless
  /// given. Not asked for errors of the storage that may pass by themselves: those leave `poll`, and `run` tries again.
  std::function<ErrorAnswer(std::exception_ptr error, const EventPlace& place, int attempt)> on_error{};
  int version = 1;         ///< Of the subscription, a part of its checkpoint's key, from 1.
  AnyObserver observer{};  ///< Told of each look for events, with the handling of what is found; see `Observer`.
};

/// @brief What one look at the storage did.
struct PollResult {
  std::size_t events = 0;     ///< How many were handled.
  Position position = 0;      ///< The checkpoint.
  bool is_caught_up = false;  ///< There was nothing more to handle.

  friend bool operator==(const PollResult&, const PollResult&) = default;
};

namespace detail {

/// The same on every machine (FNV-1a, 64 bits): which partition an aggregate belongs to must not depend on a program.
constexpr std::uint64_t hash_of_aggregate(std::string_view event_store_id, std::string_view aggregate_id) noexcept {
  std::uint64_t hash = 0xCBF29CE484222325U;
  const auto add = [&hash](char byte) { hash = (hash ^ static_cast<unsigned char>(byte)) * 0x100000001B3U; };
  for (const char byte : event_store_id) add(byte);
  add('\0');
  for (const char byte : aggregate_id) add(byte);
  return hash ^ (hash >> 32U);
}

/// @throws std::invalid_argument
inline void check_options(std::string_view name, const SubscriptionOptions& options) {
  if (name.empty()) throw std::invalid_argument{"castore: the name of a subscription is empty"};
  if (name.find('#') != std::string_view::npos) {
    throw std::invalid_argument{"castore: the name of a subscription holds '#', which is for the library's own names"};
  }
  if (options.version < 1) throw std::invalid_argument{"castore: the version of a subscription is from 1"};
  if (options.batch_size == 0) throw std::invalid_argument{"castore: batch_size is from 1"};
  if (options.max_wait.count() < 0) throw std::invalid_argument{"castore: max_wait is negative"};
  if (options.partition.count == 0 || options.partition.index >= options.partition.count) {
    throw std::invalid_argument{"castore: the index of a partition is below its count"};
  }
}

}  // namespace detail

}  // namespace castore

#endif
