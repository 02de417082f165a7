// SPDX-License-Identifier: MIT
#ifndef CASTORE_CORE_COMMAND_CALL_HPP
#define CASTORE_CORE_COMMAND_CALL_HPP

/// @file
/// The options of a command's call, and its result.

#include <castore/core/context.hpp>
#include <castore/fwd.hpp>

#include <optional>
#include <string_view>
#include <utility>
#include <vector>

namespace castore {

/// @brief What a decide command returns: the aggregate after the push, and the events that were pushed.
/// @tparam State `Aggregate`. It is `std::optional<Aggregate>` if the decide function takes that and may decide that
/// nothing happens (it returns a vector, an optional, nothing ...).
template <class State, class Event>
struct CommandResult {
  State aggregate;              ///< The aggregate after the push.
  std::vector<Event> events{};  ///< Empty when the decision was to do nothing.
  /// @brief The place of the last event in the order of all events of its storage, if the storage has one and tells it.
  std::optional<Position> position{};
};

/// @brief Options of one call of a command; see `Command::with`.
struct CommandCallOptions {
  EventContext context{};  ///< Which request the pushed events belong to, and what led to them.
};

/// @brief What `Command::with` returns: the command, to be called with these options. The command must outlive it.
template <class CommandType>
class CommandCall {
 public:
  /// @brief For the library itself: `Command::with` makes one.
  CommandCall(const CommandType& command, CommandCallOptions options)
      : command_{command}, options_{std::move(options)} {}

  /// @brief Calls the command's own `operator()`, with the options.
  template <class... Arguments>
  auto operator()(std::string_view aggregate_id, Arguments&&... arguments) const {
    return command_.template call<Arguments...>(options_, aggregate_id, arguments...);
  }
  /// @brief Calls the command's own `call_json`, with the options.
  template <class Json, class... Arguments>
  auto call_json(std::string_view aggregate_id, const Json& json, Arguments&&... arguments) const {
    return command_.call_with_json(options_, aggregate_id, json, arguments...);
  }

 private:
  const CommandType& command_;
  CommandCallOptions options_;
};

}  // namespace castore

#endif
