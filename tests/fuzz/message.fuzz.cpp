// SPDX-License-Identifier: MIT
// A message is read or refused. One that was read is the same out of the parsed JSON, and when it was written again.
#include "fuzz/fuzz.hpp"

#include <castore/castore.hpp>
#include <castore/messaging.hpp>

#include <nlohmann/json.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace {

struct Appeared {
  static constexpr auto type = "APPEARED";
  std::string name{};
  std::int64_t level = 0;
  std::optional<double> weight{};
  bool operator==(const Appeared&) const = default;
};
struct Fainted {
  static constexpr auto type = "FAINTED";
  bool operator==(const Fainted&) const = default;
};
struct Monster {
  std::string aggregate_id{};
  castore::Version version = 0;
  std::string name{};
  bool operator==(const Monster&) const = default;
};
struct Reducer {
  void operator()(Monster& monster, const Appeared& event) const { monster.name = event.name; }
  void operator()(Monster&, const Fainted&) const {}
};

using Events = castore::Events<Appeared, Fainted>;
using Store = castore::EventStore<Events, Monster, Reducer>;

template <class Channel>
void try_channel(const Channel& channel, std::string_view input) {
  using Message = typename Channel::Message;
  std::optional<Message> message;
  const bool is_of_store = castore_fuzz::is_taken<castore::MessageChannelEventStoreNotFoundError>(
      [&] { castore_fuzz::is_taken<castore::InvalidMessageError>([&] { message = channel.parse_message(input); }); });
  if (!is_of_store || !message) return;
  const nlohmann::json parsed = nlohmann::json::parse(input, nullptr, false);
  // A number out of its range is no JSON for nlohmann_json, in a member that is not read either.
  if (!parsed.is_discarded()) {
    castore_fuzz::require(parsed.get<Message>() == *message, "the parsed JSON is the same message");
  }
  std::optional<std::string> text;
  castore_fuzz::is_taken<castore::InvalidMessageError>([&] { text = castore::MessageView{*message}.to_json(); });
  castore_fuzz::require(text && channel.parse_message(*text) == *message, "it comes back");
}

}  // namespace

void try_input(std::string_view input) {
  static const Store store{"MONSTERS"};
  static const castore::NotificationMessageQueue notifications{"QUEUE", store};
  static const castore::StateCarryingMessageQueue states{"QUEUE", store};
  static const castore::AggregateExistsMessageQueue aggregates{"QUEUE", store};
  try_channel(notifications, input);
  try_channel(states, input);
  try_channel(aggregates, input);
}
