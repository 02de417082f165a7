// SPDX-License-Identifier: MIT
#ifndef CASTORE_MESSAGING_MESSAGE_JSON_HPP
#define CASTORE_MESSAGING_MESSAGE_JSON_HPP

/// @file
/// Messages as JSON in Castore's shape, both ways, by nlohmann_json's `json = message` and `json.get<Message>()`:
/// `{"eventStoreId", "aggregateId", "initialEventTimestamp"}`, `{"eventStoreId", "event"}` and
/// `{"eventStoreId", "event", "aggregate"}`. Source: \@castore/core 2.4.2, messaging/message.
/// An aggregate is what its codec makes of it, an object, plus `aggregateId` and `version`.

#include <castore/core/codec.hpp>
#include <castore/core/errors.hpp>
#include <castore/core/event.hpp>
#include <castore/core/event_codec.hpp>
#include <castore/core/events.hpp>
#include <castore/core/timestamp.hpp>
#include <castore/fwd.hpp>
#include <castore/json.hpp>
#include <castore/json/kinds.hpp>
#include <castore/json/storable.hpp>
#include <castore/messaging/errors.hpp>
#include <castore/messaging/message.hpp>

#include <nlohmann/json.hpp>

#include <cstdint>
#include <exception>
#include <new>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace castore {

namespace detail {

template <class Events>
inline constexpr bool are_encodable = false;
template <class... Payloads>
inline constexpr bool are_encodable<Events<Payloads...>> = (EncodablePayload<Payloads> && ...);

template <class Message>
struct MessageJson {
  static constexpr bool is_possible = true;
};
template <class Events>
struct MessageJson<NotificationMessage<Events>> {
  static constexpr bool is_possible = are_encodable<Events>;
};
template <class Events, class Aggregate>
struct MessageJson<StateCarryingMessage<Events, Aggregate>> {
  static constexpr bool is_possible = are_encodable<Events> && HasCodec<Aggregate>;
};
template <class... Messages>
struct MessageJson<AnyOfMessages<Messages...>> {
  static constexpr bool is_possible = (MessageJson<Messages>::is_possible && ...);
};

inline const nlohmann::json& message_field(const nlohmann::json& json, const char* name, nlohmann::json::value_t type) {
  const auto found = json.is_object() ? json.find(name) : json.end();
  if (found == json.end()) throw InvalidMessageError{name, "it is missing"};
  if (found->type() != type) {
    throw InvalidMessageError{name,
                              type == nlohmann::json::value_t::string ? "it must be a string" : "it must be an object"};
  }
  return *found;
}

inline std::string message_string(const nlohmann::json& json, const char* name) {
  return message_field(json, name, nlohmann::json::value_t::string).get<std::string>();
}

/// Gives what goes wrong in a part of a message the part's name.
template <class Function>
auto in_message_field(const char* name, Function function) {
  try {
    return function();
  } catch (const std::bad_alloc&) {
    throw;
  } catch (const std::exception& error) {
    const auto* const named = dynamic_cast<const InvalidMessageError*>(&error);
    if (named != nullptr && named->field() == name) throw;
    std::throw_with_nested(InvalidMessageError{name, without_prefix(error.what())});
  }
}

/// An aggregate that is stored by its fields, with the id among them, which has another name in a message.
template <class Aggregate>
inline constexpr bool has_found_id = PlainStruct<Aggregate> && requires { codec<Aggregate>::explain(); };

template <class Aggregate>
nlohmann::json aggregate_to_json(const Aggregate& aggregate) {
  return in_message_field("aggregate", [&] {
    const std::string text = codec<Aggregate>::encode(aggregate);
    nlohmann::json object = text.empty() ? nlohmann::json::object() : text_to_json(text);
    if (!object.is_object()) throw InvalidMessageError{"aggregate", "its codec must make an object of it"};
    if constexpr (has_found_id<Aggregate>) object.erase("aggregate_id");
    object["aggregateId"] = aggregate.aggregate_id;
    object["version"] = aggregate.version;
    return object;
  });
}

template <class Aggregate>
Aggregate aggregate_from_json(const nlohmann::json& message) {
  const nlohmann::json& json = message_field(message, "aggregate", nlohmann::json::value_t::object);
  return in_message_field("aggregate", [&] {
    const auto decode = [&json] {
      if constexpr (has_found_id<Aggregate>) {
        nlohmann::json with_id = json;
        with_id["aggregate_id"] = message_string(json, "aggregateId");
        return codec<Aggregate>::decode(json_to_text(with_id));
      } else {
        return codec<Aggregate>::decode(json_to_text(json));
      }
    };
    Aggregate aggregate = decode();
    aggregate.aggregate_id = message_string(json, "aggregateId");
    const auto version = json.find("version");
    if (version == json.end() || !version->is_number_integer() ||
        (version->is_number_unsigned() && !std::in_range<Version>(version->template get<std::uint64_t>()))) {
      throw InvalidMessageError{"aggregate", "its version must be an integer of 64 bits"};
    }
    aggregate.version = version->template get<Version>();
    return aggregate;
  });
}

/// A serializer assigns what it has made at the end: nlohmann_json frees nothing of a value whose serializer throws.
template <class Message>
nlohmann::json message_to_json(const Message& message) {
  nlohmann::json json{{"eventStoreId", message.event_store_id}};
  json["event"] = message.event;
  return json;
}

template <class Events>
Event<Events> event_from_json(const nlohmann::json& message) {
  const nlohmann::json& json = message_field(message, "event", nlohmann::json::value_t::object);
  return in_message_field("event", [&] { return json.get<Event<Events>>(); });
}

}  // namespace detail

/// @brief Messages with a JSON form: their events' payloads and, if they carry state, the aggregates have codecs.
template <class Message>
concept EncodableMessage = MessageType<Message> && detail::MessageJson<Message>::is_possible;

/// @brief True for JSON with an aggregate's id, as only a message without an event has. It and the next three are
/// Castore's guards; they look at the shape only.
inline bool is_aggregate_exists_message(const nlohmann::json& message) { return message.contains("aggregateId"); }
/// @brief True for JSON with an event: a notification or a state-carrying message.
inline bool is_event_carrying_message(const nlohmann::json& message) { return message.contains("event"); }
/// @brief True for JSON with an event alone.
inline bool is_notification_message(const nlohmann::json& message) {
  return is_event_carrying_message(message) && !message.contains("aggregate");
}
/// @brief True for JSON with an event and the aggregate after it.
inline bool is_state_carrying_message(const nlohmann::json& message) {
  return is_event_carrying_message(message) && message.contains("aggregate");
}

}  // namespace castore

/// @throws castore::InvalidMessageError on the way back.
template <>
struct nlohmann::adl_serializer<castore::AggregateExistsMessage> {
  static void to_json(json& json, const castore::AggregateExistsMessage& message) {
    json = nlohmann::json{{"eventStoreId", message.event_store_id},
                          {"aggregateId", message.aggregate_id},
                          {"initialEventTimestamp", castore::format_timestamp(message.initial_event_timestamp)}};
  }
  static castore::AggregateExistsMessage from_json(const json& json) {
    castore::AggregateExistsMessage message{.event_store_id = castore::detail::message_string(json, "eventStoreId"),
                                            .aggregate_id = castore::detail::message_string(json, "aggregateId")};
    const std::optional<castore::Timestamp> time =
        castore::parse_timestamp(castore::detail::message_string(json, "initialEventTimestamp"));
    if (!time) throw castore::InvalidMessageError{"initialEventTimestamp", "it is not an ISO 8601 date and time"};
    message.initial_event_timestamp = *time;
    return message;
  }
};

/// @throws castore::InvalidMessageError on the way back, what is wrong with the event is nested.
template <class Events>
struct nlohmann::adl_serializer<castore::NotificationMessage<Events>> {
  static void to_json(json& json, const castore::NotificationMessage<Events>& message) {
    json = castore::detail::message_to_json(message);
  }
  static castore::NotificationMessage<Events> from_json(const json& json) {
    return {.event_store_id = castore::detail::message_string(json, "eventStoreId"),
            .event = castore::detail::event_from_json<Events>(json)};
  }
};

/// @throws castore::InvalidMessageError both ways.
template <class Events, class Aggregate>
struct nlohmann::adl_serializer<castore::StateCarryingMessage<Events, Aggregate>> {
  static void to_json(json& json, const castore::StateCarryingMessage<Events, Aggregate>& message) {
    auto whole = castore::detail::message_to_json(message);
    whole["aggregate"] = castore::detail::aggregate_to_json(message.aggregate);
    json = std::move(whole);
  }
  static castore::StateCarryingMessage<Events, Aggregate> from_json(const json& json) {
    return {.event_store_id = castore::detail::message_string(json, "eventStoreId"),
            .event = castore::detail::event_from_json<Events>(json),
            .aggregate = castore::detail::aggregate_from_json<Aggregate>(json)};
  }
};

/// @brief A message of one of several stores. The way back needs the stores' ids: see a channel's `parse_message`.
template <class... Messages>
struct nlohmann::adl_serializer<castore::AnyOfMessages<Messages...>> {
  static void to_json(json& json, const castore::AnyOfMessages<Messages...>& message) {
    message.visit([&json](const auto& one) { json = one; });
  }
};

#endif
