// SPDX-License-Identifier: MIT
#ifndef CASTORE_TESTING_MESSAGE_CHANNEL_CONFORMANCE_CHANNEL_UNDER_TEST_HPP
#define CASTORE_TESTING_MESSAGE_CHANNEL_CONFORMANCE_CHANNEL_UNDER_TEST_HPP

/// @file
/// From whatever makes a message channel adapter to what the laws talk to.

#include <castore/core/event.hpp>
#include <castore/core/events.hpp>
#include <castore/core/timestamp.hpp>
#include <castore/fwd.hpp>
#include <castore/json.hpp>
#include <castore/messaging/message.hpp>
#include <castore/messaging/message_channel_adapter.hpp>
#include <castore/messaging/message_json.hpp>

#include <nlohmann/json.hpp>

#include <chrono>
#include <concepts>
#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace castore::testing {

/// @brief The event of the messages that the laws publish.
struct ChannelNoted {
  static constexpr std::string_view type = "NOTED";  ///< The event type's name.
  std::string text{};                                ///< Anything.
  NLOHMANN_DEFINE_TYPE_INTRUSIVE(ChannelNoted, text)
};

/// @brief The messages that the laws publish; an adapter for messages of one type is made with this one.
using ChannelLawMessage = NotificationMessage<Events<ChannelNoted>>;

/// @brief A message as it came out of a channel.
struct ReceivedMessage {
  std::string json{};   ///< In Castore's shape.
  bool replay = false;  ///< Whether it came as one of the past.
};

/// @brief What an adapter says of itself by constants of these names in itself or in its fixture, all of them optional.
/// A law that does not apply is not among the adapter's laws.
struct MessageChannelProperties {
  bool keeps_order = true;       ///< The messages of one aggregate come in the order of publishing.
  bool delivers_once = true;     ///< A message comes once for each time it was published; else at least once.
  bool carries_replay = true;    ///< Who receives a message can tell whether it is a replay.
  std::size_t max_messages = 0;  ///< A call with more messages is refused, at least in part; 0: no call is too large.
};

/// @brief What makes an adapter for the laws: an object with `adapter()` and `std::vector<ReceivedMessage>
/// receive(std::size_t count)`, which returns what has come since the last call: it may wait until `count` have.
template <class Fixture>
concept MessageChannelFixture = requires(Fixture& fixture, std::size_t count) {
  requires MessageChannelAdapter<std::remove_cvref_t<decltype(fixture.adapter())>>;
  { fixture.receive(count) } -> std::same_as<std::vector<ReceivedMessage>>;
};

namespace detail {

template <class Source>
constexpr void read_channel_properties(MessageChannelProperties& properties) {
  if constexpr (requires { Source::keeps_order; }) properties.keeps_order = Source::keeps_order;
  if constexpr (requires { Source::delivers_once; }) properties.delivers_once = Source::delivers_once;
  if constexpr (requires { Source::carries_replay; }) properties.carries_replay = Source::carries_replay;
  if constexpr (requires { Source::max_messages; }) properties.max_messages = Source::max_messages;
}

}  // namespace detail

/// @brief The properties of an adapter; where the fixture says otherwise of this instance, the fixture is right.
template <MessageChannelFixture Fixture>
constexpr MessageChannelProperties message_channel_properties() {
  MessageChannelProperties properties;
  detail::read_channel_properties<std::remove_cvref_t<decltype(std::declval<Fixture&>().adapter())>>(properties);
  detail::read_channel_properties<Fixture>(properties);
  return properties;
}

/// @brief An adapter as the laws see it.
class ChannelUnderTest {
 public:
  /// @brief Refers to a fixture, which must outlive it.
  template <MessageChannelFixture Fixture>
  explicit ChannelUnderTest(Fixture& fixture)
      : properties_{message_channel_properties<Fixture>()},
        publish_{[&fixture](const std::vector<ChannelLawMessage>& messages, bool replay) {
          std::vector<MessageView> views;
          for (const ChannelLawMessage& message : messages) views.emplace_back(message);
          fixture.adapter().publish_messages(views, PublishMessageOptions{.replay = replay});
        }},
        receive_{[&fixture](std::size_t count) { return fixture.receive(count); }} {}

  /// @brief What the adapter says of itself.
  const MessageChannelProperties& properties() const noexcept { return properties_; }

  /// @brief Publishes the messages in one call. @throws What the adapter throws
  void publish(const std::vector<ChannelLawMessage>& messages, bool replay = false) const {
    publish_(messages, replay);
  }

  /// What has come: where messages may come several times, without those repetitions.
  std::vector<ReceivedMessage> receive(std::size_t count) const {
    std::vector<ReceivedMessage> received = receive_(count);
    if (properties_.delivers_once) return received;
    std::vector<ReceivedMessage> once;
    for (ReceivedMessage& message : received) {
      const nlohmann::json json = nlohmann::json::parse(message.json);
      bool is_new = true;
      for (const ReceivedMessage& other : once) {
        is_new = is_new && !(other.replay == message.replay && nlohmann::json::parse(other.json) == json);
      }
      if (is_new) once.push_back(std::move(message));
    }
    return once;
  }

 private:
  MessageChannelProperties properties_;
  std::function<void(const std::vector<ChannelLawMessage>&, bool)> publish_;
  std::function<std::vector<ReceivedMessage>(std::size_t)> receive_;
};

namespace detail {

inline ChannelLawMessage channel_message(std::string store, std::string id, Version version, std::string text = {}) {
  return {std::move(store), EventDetail<ChannelNoted>{.aggregate_id = std::move(id),
                                                      .version = version,
                                                      .timestamp = Timestamp{std::chrono::milliseconds{version % 1000}},
                                                      .payload = {std::move(text)}}};
}

/// "STORE/id#version" of what came, in the order it came.
inline std::vector<std::string> names_of(const std::vector<ReceivedMessage>& received) {
  std::vector<std::string> names;
  for (const ReceivedMessage& message : received) {
    const auto json = nlohmann::json::parse(message.json);
    names.push_back(json.at("eventStoreId").get<std::string>() + "/" +
                    json.at("event").at("aggregateId").get<std::string>() + "#" +
                    json.at("event").at("version").dump());
  }
  return names;
}

}  // namespace detail

}  // namespace castore::testing

#endif
